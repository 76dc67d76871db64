"""A deployment: its API, log files and traces."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import httpx2

from tests.support.deployed.invocations import Invocation, access_lines, invocations
from tests.support.deployed.spans import Trace
from tests.support.services import SERVICES

SECONDS = 60.0


@dataclass(frozen=True)
class Deployment:
    """A served API, and the logs and traces of its requests."""

    api: httpx2.Client
    admin: httpx2.Client
    logs: Path

    def invocation_of(self, response: httpx2.Response) -> Invocation:
        """Wait for the end of the invocation that gave the response, and return it."""
        request_id = response.headers["apigw-requestid"]

        def find() -> Invocation | None:
            for service in SERVICES:
                for invocation in invocations(self.logs, service, request_id):
                    if any(line.get("request_id") == request_id for line in invocation.lines):
                        return invocation if invocation.ended else None
            return None

        return awaited(find, f"the log lines of request {request_id}")

    def gateway_line(self, response: httpx2.Response) -> dict[str, object]:
        """Return API Gateway's access line of the response."""
        request_id = response.headers["apigw-requestid"]

        def find() -> dict[str, object] | None:
            return next((line for line in access_lines(self.logs) if line["requestId"] == request_id), None)

        return awaited(find, f"API Gateway's access line of request {request_id}")

    def trace_so_far(self, trace_id: str) -> Trace:
        """Return the segments of a trace that have arrived so far."""
        response = self.admin.get(f"/traces/{trace_id}").json()
        return Trace(response.get("segments", ()))

    def trace_ids(self) -> list[str]:
        """Return the ids of the latest traces."""
        found: list[str] = self.admin.get("/traces").json()["traces"]
        return found

    def trace(self, trace_id: str) -> Trace:
        """Return a trace after all its segments have arrived."""

        def find() -> Trace | None:
            found = self.trace_so_far(trace_id)
            return found if found.is_complete() else None

        return awaited(find, f"the trace {trace_id}")

    def trace_of(self, response: httpx2.Response) -> Trace:
        """Return the trace of a sampled request."""
        return self.trace(self.invocation_of(response).access()["xray_trace_id"])


def awaited[Found](find: Callable[[], Found | None], name: str) -> Found:
    """Call `find` until it returns a value. Fail with `name` after a minute."""
    deadline = time.monotonic() + SECONDS
    while True:
        found = find()
        if found is not None:
            return found
        assert time.monotonic() < deadline, f"not found within {SECONDS:.0f} s: {name}"
        time.sleep(0.05)
