"""A service's handler as in Lambda, and the metrics and traces of each request."""

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
    """A handler whose log lines and subsegments are read after each request."""

    def __init__(self, handler: Handler, traces: Traces, written: Callable[[], str]) -> None:
        self._handler = handler
        self._written = written
        self.traces = traces
        self.counted: list[Blob] = []

    def send(self, method: str, path: str, **sent: Any) -> dict[str, Any]:
        """Send a request in a trace of its own and return the response."""
        self.traces.next()
        self._written()
        response = self._handler(http_event(method, path, **sent), FakeLambdaContext())
        self.counted = blobs(json.loads(line) for line in self._written().splitlines())
        return response

    def domain_metrics(self) -> dict[str, float]:
        """Return the metrics of the last request whose only dimension is the service."""
        return next((each.counted() for each in self.counted if set(each.dimensions) == {"service"}), {})


@contextmanager
def watched(service: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Watched]:
    """Yield the handler of a service on a table of its own."""
    with recorded_traces(monkeypatch) as traces, packaged_like(service, monkeypatch) as handler:
        yield Watched(handler, traces, lambda: capsys.readouterr().out)
