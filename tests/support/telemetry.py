"""A service's handler as in Lambda, with the metrics and subsegments of each request."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from common.lambda_handler import Handler
from tests.support.emf import Blob, blobs
from tests.support.handlers import packaged_like
from tests.support.http_events import http_event
from tests.support.lambda_context import FakeLambdaContext
from tests.support.traces import Traces, recorded_traces


class Watched:
    """A handler whose lines and subsegments are read after each request."""

    def __init__(self, handler: Handler, traces: Traces, written: Callable[[], str]) -> None:
        self._handler = handler
        self._written = written
        self.traces = traces
        self.counted: list[Blob] = []

    def ask(self, method: str, path: str, **sent: Any) -> dict[str, Any]:
        """Send a request in a new trace."""
        self.traces.next()
        self._written()
        answer = self._handler(http_event(method, path, **sent), FakeLambdaContext())
        self.counted = blobs(json.loads(line) for line in self._written().splitlines())
        return answer

    def domain_metrics(self) -> dict[str, float]:
        """Return the metrics of the last request whose only dimension is the service."""
        return next((each.counted() for each in self.counted if set(each.dimensions) == {"service"}), {})

    def operations(self) -> dict[str, set[str]]:
        """Return the tree of subsegments below the handler's for the last request."""
        [(name, below)] = self.traces.tree().items()
        assert name == "## handler"
        return {operation: set(calls) for operation, calls in below.items()}


@contextmanager
def watched(service: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Watched]:
    """Return the handler of a service with its own table."""
    with recorded_traces(monkeypatch) as traces, packaged_like(service, monkeypatch) as handler:
        yield Watched(handler, traces, lambda: capsys.readouterr().out)
