"""What the average request uses, from the log files of the embedded AWS."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import yaml

from cost.estimate import Request

FILE: Final = Path(__file__).with_suffix(".yaml")

# CloudWatch Logs counts these bytes for each event beside its message.
# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html
OVERHEAD = 26
ACCESS = ".access.jsonl"


class NothingMeasuredError(Exception):
    """The folder has no log file with a request."""


def measure(logs: Path) -> Request:
    """Return the averages over all requests in the log files of `make up`, such as `.local/up/logs`.

    Raises:
        NothingMeasuredError: There is no request.
    """
    log_bytes = 0
    responses: list[int] = []
    billed: list[float] = []
    inits: list[float] = []
    for file in sorted(logs.glob("*.jsonl")):
        for message in _messages(file):
            log_bytes += len(message.encode()) + OVERHEAD
            line = _decoded(message)
            if file.name.endswith(ACCESS):
                responses.append(_number(line.get("responseLength")))
            elif line.get("type") == "platform.report":
                metrics = line["record"]["metrics"]
                init = metrics.get("initDurationMs", 0.0)
                # The first invocation of an environment is billed with its INIT.
                billed.append(metrics["billedDurationMs"] - init)
                inits += [init] if init else []
    if not responses or not billed:
        raise NothingMeasuredError(f"There is no request in {logs}: send some while `make up` runs.")
    return Request(
        billed_ms=round(sum(billed) / len(billed), 1),
        init_ms=round(sum(inits) / len(inits), 1) if inits else 0.0,
        log_bytes=round(log_bytes / len(responses)),
        response_bytes=round(sum(responses) / len(responses)),
    )


def write(request: Request, of: str) -> None:
    """Write the averages, and what they were measured of, to the file that the estimates read."""
    text = yaml.safe_dump({"of": of, "request": asdict(request)}, sort_keys=False, width=100)
    FILE.write_text(f"# Written by `make measure-costs`.\n{text}")


def read() -> tuple[Request, str]:
    """Return the averages, and what they were measured of."""
    found: dict[str, Any] = yaml.safe_load(FILE.read_text())
    return Request(**found["request"]), found["of"]


def _messages(file: Path) -> Iterator[str]:
    for line in file.read_text().splitlines():
        yield json.loads(line)["message"]


def _decoded(message: str) -> dict[str, Any]:
    line: dict[str, Any] = json.loads(message) if message.startswith("{") else {}
    return line


def _number(text: object) -> int:
    """Return a value of the access log, which has `-` for none."""
    return int(str(text)) if str(text).isdigit() else 0
