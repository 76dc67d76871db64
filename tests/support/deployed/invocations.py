"""The log lines of each invocation of the packaged functions, read from the log files of a data plane."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from tests.support.emf import Blob, blobs
from tests.support.services import deployed_name

INVOKED_DIRECTLY = "invoked-directly"  # the request id of events that are sent by Lambda's Invoke


@dataclass
class Invocation:
    """The lines of one invocation, from the platform's record of its start to the one of its end.

    Attributes:
        id: Of the request to Lambda.
        stream: Its execution environment.
        first: Whether it is the first one of the environment.
        lines: The log lines of the code, without metrics.
        metrics: The lines that are metrics.
        ended: Whether the platform has reported its end.
    """

    id: str
    stream: str
    first: bool
    lines: list[dict[str, Any]] = field(default_factory=list)
    metrics: list[dict[str, Any]] = field(default_factory=list)
    ended: bool = False

    def access(self) -> dict[str, Any]:
        """Return its only access line."""
        [line] = [line for line in self.lines if line["message"] == "request"]
        return line

    @cached_property
    def blobs(self) -> list[Blob]:
        """Return its metrics, which are valid: one blob for each set of dimensions."""
        return blobs(self.metrics)

    def counted(self) -> dict[frozenset[tuple[str, str]], dict[str, float]]:
        """Return the sum of each metric, by dimensions with their values; for a latency, how many there are."""
        return {
            frozenset(blob.dimensions.items()): {
                name: len(values) if name == "Latency" else sum(values) for name, (_, values) in blob.metrics.items()
            }
            for blob in self.blobs
        }


def events(file: Path, request_id: str | None = None) -> Iterator[dict[str, Any]]:
    """Return the events of a log file, as CloudWatch Logs does; with a request id, only those of its stream.

    The last line may be half-written.
    """
    text = file.read_text() if file.exists() else ""
    lines = text[: text.rfind("\n") + 1].splitlines()
    if request_id is not None:  # Most lines belong to other streams: parsing them would take most of the time.
        stream = next((json.loads(line)["logStreamName"] for line in lines if request_id in line), None)
        lines = [line for line in lines if stream is not None and stream in line]
    for line in lines:
        yield json.loads(line)


def invocations(logs: Path, service: str, request_id: str | None = None) -> list[Invocation]:
    """Return the invocations of a function, the oldest first; with a request id, those of its environment."""
    found: list[Invocation] = []
    running: dict[str, Invocation | None] = {}
    for event in events(logs / f"{deployed_name(service)}.jsonl", request_id):
        stream, line = event["logStreamName"], json.loads(event["message"])
        if line.get("type") == "platform.start":
            running[stream] = Invocation(line["record"]["requestId"], stream, first=stream not in running)
            found.append(running[stream])  # type: ignore[arg-type]
            continue
        invocation = running.get(stream)
        if "type" in line:
            if line["type"] == "platform.report" and invocation:
                invocation.ended = True
                running[stream] = None
            continue
        # Only INIT logs outside an invocation, and it logs nothing when all is well.
        assert invocation is not None, line
        (invocation.metrics if "_aws" in line else invocation.lines).append(line)
    return found


def access_lines(logs: Path) -> list[dict[str, Any]]:
    """Return the access lines of API Gateway."""
    return [json.loads(event["message"]) for file in logs.glob("*.access.jsonl") for event in events(file)]
