"""curl as a program: what it prints for a request."""

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx2

SECONDS = 60


@dataclass(frozen=True)
class Received:
    """One response, as `curl --include` prints it."""

    status_code: int
    headers: httpx2.Headers
    content: bytes

    def json(self) -> Any:
        """Return the parsed body."""
        return httpx2.Response(self.status_code, content=self.content).json()


def curl(*arguments: str) -> bytes:
    """Return what curl prints. Fail unless it exits with 0."""
    command = ["curl", "--silent", "--show-error", "--noproxy", "*", "--max-time", str(SECONDS), *arguments]
    finished = subprocess.run(command, capture_output=True, timeout=SECONDS + 5, check=False)
    assert finished.returncode == 0, (command, finished.stderr.decode())
    return finished.stdout


def include(*arguments: str) -> Received:
    """Return the last response to one request; interim ones such as `100 Continue` are skipped."""
    printed = curl("--include", *arguments)
    while True:
        head, _, printed = printed.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        status = int(first.split()[1])
        if status >= httpx2.codes.OK:
            fields = [(name, value.strip()) for name, _, value in (line.partition(":") for line in lines)]
            return Received(status, httpx2.Headers(fields), printed)


def header_options(headers: Mapping[str, str]) -> list[str]:
    """Return curl's options that send the headers."""
    return [part for name, value in headers.items() for part in ("--header", f"{name}: {value}")]


def connections(requests: Sequence[Sequence[str]]) -> list[tuple[int, int]]:
    """Send the requests one after the other from one curl; return status and number of new connections of each."""
    arguments: list[str] = []
    for request in requests:
        separator = ["--next"] if arguments else []
        arguments += [*separator, "--output", "/dev/null", "--write-out", "%{http_code} %{num_connects}\n", *request]
    lines = curl(*arguments).decode().splitlines()
    return [(int(status), int(made)) for status, made in (line.split() for line in lines)]
