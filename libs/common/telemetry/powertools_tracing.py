"""Traces by Powertools' Tracer and the X-Ray SDK, which gets security fixes only, until 25 February 2027.

Importing this module imports the SDK: it is done with TRACING=powertools only.
"""

import functools
import os
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any, Final, override

from aws_lambda_powertools import Tracer
from aws_xray_sdk.core.models.throwable import Throwable
from mangum.types import LambdaContext

from common.failures import Failure, Throttled, Unavailable
from common.telemetry.trace_context import VARIABLE, from_xray
from common.telemetry.tracing import Call, Handler, Outcome, Tracing

STACK_DEPTH: Final = 10


class PowertoolsTracing(Tracing):
    """X-Ray subsegments.

    Attributes:
        handler: The subsegment `## handler` during a sampled invocation; otherwise None, and no other subsegment is
            created.
    """

    def __init__(self) -> None:
        self._tracer = Tracer(auto_patch=False)
        # Powertools' type for the recorder lacks some of its methods.
        self._recorder: Any = self._tracer.provider
        self.handler: Any = None

    @override
    def traced[Answer](self, handler: Handler[Answer]) -> Handler[Answer]:
        @functools.wraps(handler)
        def opened(event: dict[str, Any], context: LambdaContext) -> Answer:
            current = self._recorder.current_subsegment()
            self.handler = current if current is not None and current.sampled else None
            try:
                return handler(event, context)
            finally:
                self.handler = None

        captured = self._tracer.capture_lambda_handler(opened, capture_response=False, capture_error=False)

        @functools.wraps(handler)
        def separate(event: dict[str, Any], context: LambdaContext) -> Answer:
            # Otherwise a second invocation in the same trace gets the parent and the sampling of the first.
            self._recorder.clear_trace_entities()
            answer: Answer = captured(event, context)
            return answer

        return separate

    @override
    def is_recording(self) -> bool:
        return self.handler is not None

    @override
    @contextmanager
    def operation(self, name: str) -> Iterator[None]:
        span = self._recorder.begin_subsegment(name)
        try:
            yield
        except Failure as failure:
            match failure:
                case Unavailable():
                    span.add_fault_flag()
                case Throttled():
                    span.apply_status_code(HTTPStatus.TOO_MANY_REQUESTS)
                case _:
                    span.add_error_flag()
            raise
        except Exception as bug:
            _note_bug(span, bug)
            raise
        finally:
            self._recorder.end_subsegment()

    @override
    def annotate(self, annotations: Mapping[str, str | int]) -> None:
        for name, value in annotations.items():
            self.handler.put_annotation(name, value)

    @override
    def note_bug(self, bug: Exception) -> None:
        _note_bug(self.handler, bug)

    @override
    def note_status(self, status: int) -> None:
        self.handler.apply_status_code(status)

    @override
    def begin_call(self, call: Call, request: dict[str, Any]) -> Any:
        span = self._recorder.begin_subsegment(call.service, namespace="aws")
        span.set_aws({"operation": call.operation, "region": call.region})
        if call.table:
            span.aws["table_name"] = call.table
        return span

    @override
    def end_call(self, span: Any, outcome: Outcome) -> None:
        if outcome.status is None:
            span.add_fault_flag()
        else:
            span.aws |= {"request_id": outcome.request_id, "retries": outcome.retries}
            span.put_http_meta("status", outcome.status)
        if outcome.error:
            _note(span, outcome.error, remote=True)
        if outcome.throttled:
            span.add_throttle_flag()
        self._recorder.end_subsegment()

    @override
    def carrier(self) -> dict[str, str]:
        header = os.environ.get(VARIABLE, "")
        found = from_xray(header)
        if not found.trace_id or not found.span_id:
            return {}
        flags = "01" if found.sampled else "00"
        return {"X-Amzn-Trace-Id": header, "traceparent": f"00-{found.trace_id}-{found.span_id}-{flags}"}


def _note_bug(span: Any, bug: Exception) -> None:
    span.add_fault_flag()
    _note(span, type(bug).__name__, traceback.extract_tb(bug.__traceback__, limit=-STACK_DEPTH), remote=False)


def _note(span: Any, kind: str, stack: Any = (), *, remote: bool) -> None:
    thrown = Throwable(None, stack, remote)
    thrown.type, thrown.message = kind, None
    # A separate exception, because the library would make it a reference to the operation's.
    span.cause = {"exceptions": [thrown], "working_directory": os.getcwd()}  # noqa: PTH109 - as in the library
