"""What the functions and the gateway have written into their logs."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from tests.conformance.soak.environments import FUNCTIONS
from tests.support.emf import Blob, blobs

type Line = dict[str, Any]


@dataclass(frozen=True)
class Invocation:
    """All that an environment wrote from the beginning of an invocation to that of the next one.

    Attributes:
        function: The function's name.
        environment: The name of its log stream, which is its own.
        first: Whether it is the environment's first invocation.
        lines: The function's own lines, metrics among them.
        torn: Lines that were not written to their end.
    """

    function: str
    environment: str
    first: bool
    lines: list[Line]
    torn: list[str]

    @property
    def access(self) -> list[Line]:
        """Its access lines."""
        return [line for line in self.lines if line.get("message") == "request"]

    @cached_property
    def blobs(self) -> list[Blob]:
        """Its metrics, all of them valid."""
        return blobs(self.lines)


def gateway_lines(logs: Path) -> list[Line]:
    """What the gateway's access log says."""
    [file] = logs.glob("*.access.jsonl")
    return [json.loads(json.loads(line)["message"]) for line in file.read_text().splitlines()]


def invocations(logs: Path) -> Iterator[Invocation]:
    """Yield the invocations of all functions; a line outside of them is an error."""
    for path in sorted(path for path in logs.glob("*.jsonl") if path.stem in FUNCTIONS.values()):
        current: dict[str, Invocation] = {}
        with path.open() as file:
            for event in map(json.loads, file):
                environment, text = event["logStreamName"], event["message"]
                line = _parsed(text)
                if line is not None and "record" in line:
                    if line["type"] == "platform.start":
                        if environment in current:
                            yield current[environment]
                        current[environment] = Invocation(path.stem, environment, environment not in current, [], [])
                elif line is None:
                    current[environment].torn.append(text)
                else:
                    current[environment].lines.append(line)
        yield from current.values()


def _parsed(text: str) -> Line | None:
    try:
        line: Line = json.loads(text)
    except ValueError:
        return None
    return line
