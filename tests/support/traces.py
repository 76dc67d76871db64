"""X-Ray subsegments of a handler that runs here as in Lambda, recorded instead of sent."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import pytest
from aws_lambda_powertools import Tracer
from aws_xray_sdk import global_sdk_config
from aws_xray_sdk.core import xray_recorder
from aws_xray_sdk.core.lambda_launcher import LambdaContext
from aws_xray_sdk.core.sampling.local.sampler import LocalSampler

from common.telemetry import traces
from common.telemetry.traces import Tracing

FUNCTION_ID: Final = "53995c3f42cd8ad8"


class Traces:
    """The documents for the X-Ray daemon, and the trace header of the next invocation."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch
        self.documents: list[dict[str, Any]] = []
        self._count = 0

    def send_entity(self, entity: Any) -> None:
        """Record a document."""
        self.documents.append(json.loads(entity.serialize()))

    def next(self, *, sampled: str = "1", trace_id: str | None = None, parent: str = FUNCTION_ID) -> None:
        """Set the trace of the next invocation as Lambda does, and drop the recorded documents."""
        self.documents.clear()
        self._count += 1
        root = trace_id or f"1-67891233-{self._count:024x}"
        self._monkeypatch.setenv("_X_AMZN_TRACE_ID", f"Root={root};Parent={parent};Sampled={sampled}")

    def one(self, name: str) -> dict[str, Any]:
        """Return the only subsegment of that name."""
        [found] = [document for document in self.documents if document["name"] == name]
        return found

    def tree(self) -> dict[str, Any]:
        """Return the names of all subsegments as a tree."""

        def below(parent: str) -> dict[str, Any]:
            children = sorted((each for each in self.documents if each["parent_id"] == parent), key=_start)
            return {child["name"]: below(child["id"]) for child in children}

        return below(FUNCTION_ID)


def _start(document: dict[str, Any]) -> float:
    start: float = document["start_time"]
    return start


def flags(document: dict[str, Any]) -> set[str]:
    """Return the marks of a subsegment."""
    return {flag for flag in ("error", "fault", "throttle") if document.get(flag)}


@contextmanager
def recorded_traces(monkeypatch: pytest.MonkeyPatch) -> Iterator[Traces]:
    """Record the subsegments of this process; invocations are sampled unless a test says otherwise."""
    sent = Traces(monkeypatch)
    monkeypatch.setenv("LAMBDA_TASK_ROOT", "/var/task")
    sent.next()
    before = {name: getattr(xray_recorder, name) for name in ("context", "emitter", "sampler")}
    # Lambda decides what is sampled. The recorder's default sampler would make an X-Ray client at each configuration.
    xray_recorder.configure(context=LambdaContext(), emitter=sent, sampler=LocalSampler())
    Tracer._reset_config()  # type: ignore[no-untyped-call]
    global_sdk_config.set_sdk_enabled(True)
    traces.start(wanted=True)
    try:
        yield sent
    finally:
        Tracing.current = None
        global_sdk_config.set_sdk_enabled(False)
        Tracer._reset_config()  # type: ignore[no-untyped-call]
        for name, value in before.items():
            setattr(xray_recorder, name, value)
