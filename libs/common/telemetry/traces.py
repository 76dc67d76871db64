"""X-Ray traces. No other module imports the tracing library.

Powertools imports that library with the first `Tracer`, which is created in Lambda only, and not with TRACING=off.
"""

import functools
import os
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any, ClassVar, Final, Optional

from aws_lambda_powertools import Tracer
from botocore.client import BaseClient
from mangum.types import LambdaContext

from common.failures import Failure, Throttled, Unavailable
from common.throttling import THROTTLES

STACK_DEPTH: Final = 10
TABLE: Final = "common.table"
SPAN: Final = "common.span"


class Tracing:
    """X-Ray subsegments of this process: the handler, operations of the domain, and calls to AWS.

    Exceptions are recorded by type and stack, never by message, which may quote input.

    Attributes:
        current: The process's tracing; None outside Lambda and with TRACING=off.
        handler: The subsegment `## handler` during a sampled invocation; otherwise None, and no other subsegment is
            created.
    """

    current: ClassVar[Optional["Tracing"]] = None

    def __init__(self) -> None:
        self._tracer = Tracer(auto_patch=False)
        # Powertools' type for the recorder lacks some of its methods.
        self._recorder: Any = self._tracer.provider
        self.handler: Any = None

    def traced[Answer](
        self, handler: Callable[[dict[str, Any], LambdaContext], Answer]
    ) -> Callable[[dict[str, Any], LambdaContext], Answer]:
        """Wrap the handler so that each invocation is a subsegment."""

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

    @contextmanager
    def operation(self, name: str) -> Iterator[None]:
        """Record the code below `with` as a subsegment."""
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
            self.note_bug(span, bug)
            raise
        finally:
            self._recorder.end_subsegment()

    def note_bug(self, span: Any, bug: Exception) -> None:
        """Mark a subsegment as faulty."""
        span.add_fault_flag()
        _note(span, type(bug).__name__, traceback.extract_tb(bug.__traceback__, limit=-STACK_DEPTH), remote=False)

    def watch(self, client: BaseClient) -> None:
        """Record every call of a client as a subsegment.

        This uses botocore's events (https://docs.aws.amazon.com/boto3/latest/guide/events.html), because the library's
        own patch marks failed conditions as faults, but neither calls without a response nor throttling.
        """
        client.meta.events.register("before-parameter-build", self._note_table)
        client.meta.events.register("before-call", self._begin_call)
        client.meta.events.register("after-call", self._end_call)
        client.meta.events.register("after-call-error", self._end_failed_call)

    def _note_table(self, params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        # All writes of a transaction go to one table.
        of_one = [params, *(write for item in params.get("TransactItems", ()) for write in item.values())]
        context[TABLE] = next((part["TableName"] for part in of_one if "TableName" in part), None)

    def _begin_call(self, model: Any, context: dict[str, Any], **_: Any) -> None:
        if self.handler is None:
            return
        context[SPAN] = span = self._recorder.begin_subsegment(model.service_model.endpoint_prefix, namespace="aws")
        span.set_aws({"operation": model.name, "region": context["client_region"]})
        if context[TABLE]:
            span.aws["table_name"] = context[TABLE]

    def _end_call(self, parsed: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        span = context.pop(SPAN, None)
        if span is None:
            return
        metadata = parsed["ResponseMetadata"]
        span.aws |= {"request_id": metadata.get("RequestId"), "retries": metadata.get("RetryAttempts", 0)}
        span.put_http_meta("status", metadata["HTTPStatusCode"])
        if metadata["HTTPStatusCode"] >= HTTPStatus.MULTIPLE_CHOICES:
            code = parsed.get("Error", {}).get("Code", "Unknown")
            _note(span, code, remote=True)
            if THROTTLES.intersection(
                [code, *(reason.get("Code") for reason in parsed.get("CancellationReasons", ()))]
            ):
                span.add_throttle_flag()
        self._recorder.end_subsegment()

    def _end_failed_call(self, exception: Exception, context: dict[str, Any], **_: Any) -> None:
        span = context.pop(SPAN, None)
        if span is None:
            return
        span.add_fault_flag()
        _note(span, type(exception).__name__, remote=True)
        self._recorder.end_subsegment()


def start(*, wanted: bool) -> None:
    """Turn tracing on if it is wanted and the process runs in Lambda, else off."""
    Tracing.current = Tracing() if wanted and "LAMBDA_TASK_ROOT" in os.environ else None


def traced[Answer](
    handler: Callable[[dict[str, Any], LambdaContext], Answer],
) -> Callable[[dict[str, Any], LambdaContext], Answer]:
    """Wrap the handler so that each sampled invocation is the subsegment `## handler`."""
    tracing = Tracing.current
    return handler if tracing is None else tracing.traced(handler)


def watch(client: BaseClient) -> None:
    """Trace every call of an AWS client with its operation, table, status and error code."""
    if Tracing.current is not None:
        Tracing.current.watch(client)


@contextmanager
def operation(name: str) -> Iterator[None]:
    """Trace an operation of the domain; a failure marks it as an error, an unavailable dependency as a fault."""
    tracing = Tracing.current
    if tracing is None or tracing.handler is None:
        yield
        return
    with tracing.operation(name):
        yield


def annotate(**annotations: str | int) -> None:
    """Put annotations, which traces can be searched by, on the handler's subsegment."""
    tracing = Tracing.current
    if tracing is not None and tracing.handler is not None:
        for name, value in annotations.items():
            tracing.handler.put_annotation(name, value)


def note_bug(bug: Exception) -> None:
    """Mark the handler's subsegment as faulty."""
    tracing = Tracing.current
    if tracing is not None and tracing.handler is not None:
        tracing.note_bug(tracing.handler, bug)


def note_status(status: int) -> None:
    """Mark the handler's subsegment according to the status of the response."""
    tracing = Tracing.current
    if tracing is not None and tracing.handler is not None:
        tracing.handler.apply_status_code(status)


def _note(span: Any, kind: str, stack: Any = (), *, remote: bool) -> None:
    from aws_xray_sdk.core.models.throwable import Throwable  # noqa: PLC0415 - imported only when tracing

    thrown = Throwable(None, stack, remote)
    thrown.type, thrown.message = kind, None
    # A separate exception, because the library would make it a reference to the operation's.
    span.cause = {"exceptions": [thrown], "working_directory": os.getcwd()}  # noqa: PTH109 - as the library has it
