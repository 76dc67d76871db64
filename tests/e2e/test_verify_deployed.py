"""`make verify-deployed` on the running deployment, told of it by nothing but AWS's own variables."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import override
from urllib.parse import urlsplit

import pytest

from local_aws.session import Session
from tests.support.moto_servers import aws_client
from tests.support.services import PREFIX, ROOT, SERVICES

CHECKS = [
    "Health",
    "OpenAPI and documentation",
    "Problems",
    "Headers that protect callers",
    "CORS",
    "Hostile requests",
    "Journeys",
    "Repeated requests",
    "Logs",
    "Metrics",
    "Traces",
    "Cold starts",
    "Alarms",
]


def verify(session: Session, report: Path, *arguments: str, url: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run the program and return the finished process."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return subprocess.run(
        [
            *(sys.executable, "-m", "tests.conformance.deployed", "--environment", "dev"),
            *("--base-url", url or session.url, "--report", str(report), "--deadline", "60", *arguments),
        ],
        cwd=ROOT,
        env=inherited | session.control_plane | {"PYTHONPATH": "libs:services:tools:."},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_deployment_passes_every_check(session: Session, tmp_path: Path) -> None:
    report = tmp_path / "report.md"
    done = verify(session, report, "--journeys", "--requests=20")
    text = report.read_text()
    # The tests before this one set off alarms, which stay on for some seconds: it waits for them.
    assert (done.returncode, done.stderr) == (0, ""), text
    assert text.startswith(f"# Verification of {PREFIX}: passed")
    for check in CHECKS:
        assert f"| {check} | passed |" in text
    for service in SERVICES:
        assert f"| {service} | 20 |" in text


@contextmanager
def without(header: str, url: str) -> Iterator[str]:
    """Yield the address of a proxy that drops a header of every response."""
    upstream = urlsplit(url).netloc

    class Responder(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def __getattr__(self, name: str) -> object:
            # Requests of any method, such as those that no server knows.
            if name.startswith("do_"):
                return self._respond
            raise AttributeError(name)

        def _respond(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            connection = HTTPConnection(upstream, timeout=60)
            try:
                connection.request(self.command, self.path, body, dict(self.headers.items()))
                response = connection.getresponse()
                content = response.read()
            finally:
                connection.close()
            self.send_response_only(response.status)
            for name, value in response.getheaders():
                if name.lower() not in {header, "content-length", "connection"}:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        @override
        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Responder) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def test_missing_header_and_alarm_fail_in_one_line_each(session: Session, tmp_path: Path) -> None:
    name = f"{PREFIX}-verified"
    with (
        aws_client("cloudwatch", session.control_plane) as cloudwatch,
        without("x-content-type-options", session.url) as url,
    ):
        # No data ever changes its state again.
        cloudwatch.put_metric_alarm(
            AlarmName=name,
            Namespace="Tests",
            MetricName="Nothing",
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="GreaterThanThreshold",
            TreatMissingData="ignore",
        )
        try:
            cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="The test says so.")
            done = verify(session, tmp_path / "report.md", "--requests=1", "--deadline=15", url=url)
        finally:
            cloudwatch.delete_alarms(AlarmNames=[name])
    assert done.returncode == 1
    lines = done.stderr.splitlines()
    assert f"verify-deployed: Alarms: {name} is in ALARM: The test says so." in lines
    missing = [line for line in lines if "X-Content-Type-Options is None instead of nosniff" in line]
    assert len(missing) == len(SERVICES)
    assert (tmp_path / "report.md").read_text().startswith(f"# Verification of {PREFIX}: failed")


@pytest.mark.parametrize("environment", ["nowhere"])
def test_unknown_environment_is_one_line(session: Session, tmp_path: Path, environment: str) -> None:
    done = verify(session, tmp_path / "report.md", "--environment", environment)
    assert done.returncode == 2
    [line] = done.stderr.splitlines()
    assert "There are 0 APIs called" in line
