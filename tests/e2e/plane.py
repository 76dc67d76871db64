"""A data plane as its callers and its operators see it: the API, the log files, the traces."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import httpx2

from tests.e2e.invocations import SERVICES, Invocation, access_lines, invocations
from tests.e2e.spans import Trace

SECONDS = 60.0


@dataclass(frozen=True)
class Plane:
    """What is asked, and what is left of it."""

    api: httpx2.Client
    admin: httpx2.Client
    logs: Path

    def left_by(self, answer: httpx2.Response) -> Invocation:
        """What the invocation behind an answer has logged, once it is over."""
        request_id = answer.headers["apigw-requestid"]

        def find() -> Invocation | None:
            for service in SERVICES:
                for invocation in invocations(self.logs, service, request_id):
                    if any(line.get("request_id") == request_id for line in invocation.lines):
                        return invocation if invocation.ended else None
            return None

        return awaited(find, f"what {request_id} has logged")

    def access_line(self, answer: httpx2.Response) -> dict[str, object]:
        """API Gateway's line of an answer."""
        request_id = answer.headers["apigw-requestid"]

        def find() -> dict[str, object] | None:
            return next((line for line in access_lines(self.logs) if line["requestId"] == request_id), None)

        return awaited(find, f"API Gateway's line of {request_id}")

    def received(self, trace_id: str) -> Trace:
        """What has arrived of a trace by now."""
        answer = self.admin.get(f"/traces/{trace_id}").json()
        return Trace(answer.get("segments", ()))

    def received_ids(self) -> list[str]:
        """The ids of the latest traces."""
        found: list[str] = self.admin.get("/traces").json()["traces"]
        return found

    def trace(self, trace_id: str) -> Trace:
        """A trace, once it is complete: each segment arrives by itself."""

        def find() -> Trace | None:
            found = self.received(trace_id)
            return found if found.is_complete() else None

        return awaited(find, f"the trace {trace_id}")

    def trace_of(self, answer: httpx2.Response) -> Trace:
        """The trace of a sampled request."""
        return self.trace(self.left_by(answer).access()["xray_trace_id"])


def awaited[Found](find: Callable[[], Found | None], what: str) -> Found:
    """What is found in the end."""
    deadline = time.monotonic() + SECONDS
    while True:
        found = find()
        if found is not None:
            return found
        assert time.monotonic() < deadline, f"nowhere: {what}"
        time.sleep(0.05)
