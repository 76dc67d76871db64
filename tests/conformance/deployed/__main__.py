"""Verify a deployment over its own endpoints: responses, log lines, metrics, traces, alarms and times.

`make verify-deployed` runs this as a program. Region, credentials and, for the embedded AWS, its address come from the
environment, as in every AWS tool. It writes nothing unless it is told to run the journeys.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http.client import HTTPException
from pathlib import Path
from typing import Final

import httpx2
from botocore.exceptions import BotoCoreError, ClientError

from tests.conformance.deployed import responses
from tests.conformance.deployed.report import Report, Timing
from tests.conformance.deployed.sending import Sender
from tests.conformance.deployed.target import NotFoundError, Target
from tests.conformance.deployed.telemetry import ReadBack
from tests.conformance.found import profile

RESPONSES: Final = {
    "Health": responses.health,
    "OpenAPI and documentation": responses.documents,
    "Problems": responses.problems,
    "Headers that protect callers": responses.protection,
    "CORS": responses.cors,
    "Hostile requests": responses.hostile,
}
# What a check may meet if the deployment, or the way to it, is broken.
BROKEN: Final = (httpx2.HTTPError, HTTPException, OSError, ValueError, BotoCoreError, ClientError)


def verify(target: Target, sender: Sender, options: argparse.Namespace) -> tuple[Report, str]:
    """Run every check, and return the report and its page."""
    report = Report()
    moment = datetime.now(UTC).isoformat(timespec="seconds")
    for name, check in RESPONSES.items():
        report.results[name] = _problems(lambda check=check: check(target, sender))  # type: ignore[misc]
    if options.journeys:
        report.results["Journeys"] = _problems(lambda: _journeys(target, sender))
    measured: dict[str, list[float]] = {}
    report.results["Repeated requests"] = _problems(lambda: _measure(target, sender, options.requests, measured))
    read_back = ReadBack(target, sender, time.monotonic() + options.deadline)
    report.results["Logs"] = _problems(read_back.logs)
    report.results["Metrics"] = _problems(read_back.metrics)
    report.results["Traces"] = _problems(read_back.traces)
    report.results["Alarms"] = _problems(read_back.alarm_states)
    # Last, because Lambda writes its record after the line of the request.
    report.results["Cold starts"] = _problems(read_back.read_inits)
    timings = [
        Timing(
            function.service,
            measured.get(function.service, []),
            [line["duration_ms"] for line in lines if line["route"] == f"{function.address}/health"],
            read_back.init_milliseconds.get(function.service, []),
            sum(line["cold_start"] for line in lines),
        )
        for function in target.functions
        for lines in [list(read_back.lines.get(function.service, {}).values())]
    ]
    return report, report.text(target, read_back, timings, moment)


def _problems(check: Callable[[], Iterator[str]]) -> list[str]:
    """Return what a check finds, and what kept it from finding more."""
    found: list[str] = []
    try:
        found.extend(check())
    except BROKEN as error:
        found.append(f"{type(error).__name__}: {' '.join(str(error).split())}")
    return found


def _journeys(target: Target, sender: Sender) -> Iterator[str]:
    """Run the journey of each service that has one, and yield those that fail."""
    for function in target.functions:
        journey = profile(function.service).journey
        try:
            if journey:
                journey(sender.api)
        except AssertionError as error:
            yield f"{function.service}: {' '.join(str(error).split())[:300]}"


def _measure(target: Target, sender: Sender, requests: int, measured: dict[str, list[float]]) -> Iterator[str]:
    """Send requests to each service, one after the other, and yield the statuses that are not 200."""
    for function in target.functions:
        for _ in range(requests):
            status = sender.api.get(f"{function.address}/health").status_code
            if status != 200:
                yield f"{function.address}/health responds {status}"
        measured[function.service] = [each.milliseconds for each in sender.sent[-requests:]]


def main(arguments: list[str]) -> int:
    """Verify the deployment that the arguments name, and return the exit code."""
    parser = argparse.ArgumentParser(prog="make verify-deployed", description=__doc__)
    parser.add_argument("--environment", required=True, help="Terraform's variable environment")
    parser.add_argument("--name", help="Terraform's variable name, if it is not that of product.json")
    parser.add_argument("--base-url", help="where the API is served (default: API Gateway's own address)")
    parser.add_argument("--report", type=Path, help="file to write the report to (default: standard output)")
    parser.add_argument("--requests", type=int, default=50, help="for the times of each service (default: 50)")
    parser.add_argument("--deadline", type=float, default=600, help="seconds to wait for telemetry (default: 600)")
    parser.add_argument("--journeys", action="store_true", help="also run the services' journeys, which write data")
    options = parser.parse_args(arguments)
    try:
        target = Target.find(options.environment, options.base_url, options.name)
    except (NotFoundError, BotoCoreError, ClientError) as error:
        print(f"verify-deployed: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    with Sender(target.base_url) as sender:
        report, page = verify(target, sender, options)
    if options.report:
        options.report.write_text(page)
    else:
        print(page)
    for failure in report.failures:
        print(f"verify-deployed: {failure}", file=sys.stderr)
    return 1 if report.failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
