"""The tracing library that `common.telemetry.traces` uses, and the AWS calls that it records."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from http import HTTPStatus
from typing import Any, Final, NamedTuple

from botocore.client import BaseClient
from mangum.types import LambdaContext

from common.throttling import THROTTLES

type Handler[Answer] = Callable[[dict[str, Any], LambdaContext], Answer]

TABLE: Final = "common.table"
SPAN: Final = "common.span"


class Call(NamedTuple):
    """A call to AWS: `dynamodb`, `GetItem`, the region, and the table if there is one."""

    service: str
    operation: str
    region: str
    table: str | None


class Outcome(NamedTuple):
    """How a call to AWS ended.

    Attributes:
        status: HTTP status; None: AWS did not respond.
        request_id: AWS's id of the call.
        retries: Number of attempts after the first one.
        error: AWS's code of the error, or the type of the exception if there was no response.
        throttled: Whether AWS throttled the call, or cancelled a transaction because of that.
    """

    status: int | None = None
    request_id: str | None = None
    retries: int = 0
    error: str | None = None
    throttled: bool = False


class Tracing(ABC):
    """Records spans of this process: the handler, operations of the domain, and calls to AWS.

    Exceptions are recorded by type and stack, never by message, which may quote input.
    """

    @abstractmethod
    def traced[Answer](self, handler: Handler[Answer]) -> Handler[Answer]:
        """Wrap the handler so that each sampled invocation is the span `## handler`."""

    def renew(self) -> None:
        """Drop what was recorded before a snapshot of the process, and close connections."""
        return

    @abstractmethod
    def is_recording(self) -> bool:
        """Return whether a sampled invocation is running. Otherwise the following methods must not be called."""

    @abstractmethod
    def operation(self, name: str) -> AbstractContextManager[object]:
        """Record the code below `with` as a span: a failure is an error, a bug or an unavailable dependency a fault."""

    @abstractmethod
    def annotate(self, annotations: Mapping[str, str | int]) -> None:
        """Put annotations, which traces can be searched by, on the handler's span."""

    @abstractmethod
    def note_bug(self, bug: Exception) -> None:
        """Mark the handler's span as faulty."""

    @abstractmethod
    def note_status(self, status: int) -> None:
        """Mark the handler's span according to the status of the response."""

    @abstractmethod
    def begin_call(self, call: Call, request: dict[str, Any]) -> Any:
        """Begin the span of a call to AWS. It may add headers to the request, which is in botocore's format."""

    @abstractmethod
    def end_call(self, span: Any, outcome: Outcome) -> None:
        """End a span that `begin_call` returned."""

    @abstractmethod
    def carrier(self) -> dict[str, str]:
        """Return the headers that make a callee's spans children of the current span."""

    def watch(self, client: BaseClient) -> None:
        """Record every call of a client.

        This uses botocore's events (https://docs.aws.amazon.com/boto3/latest/guide/events.html), because patches of
        tracing libraries mark failed conditions as faults, but neither calls without a response nor throttling.
        """
        client.meta.events.register("before-parameter-build", self._note_table)
        client.meta.events.register("before-call", self._begin)
        client.meta.events.register("after-call", self._end)
        client.meta.events.register("after-call-error", self._end_without_response)

    def _note_table(self, params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        if not self.is_recording():
            return
        # All writes of a transaction go to one table.
        of_one = [params, *(write for item in params.get("TransactItems", ()) for write in item.values())]
        context[TABLE] = next((part["TableName"] for part in of_one if "TableName" in part), None)

    def _begin(self, model: Any, params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        if self.is_recording():
            service = model.service_model.endpoint_prefix
            call = Call(service, model.name, context["client_region"], context.get(TABLE))
            context[SPAN] = self.begin_call(call, params)

    def _end(self, parsed: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        span = context.pop(SPAN, None)
        if span is None:
            return
        metadata = parsed["ResponseMetadata"]
        status, error, throttled = metadata["HTTPStatusCode"], None, False
        if status >= HTTPStatus.MULTIPLE_CHOICES:
            error = parsed.get("Error", {}).get("Code", "Unknown")
            reasons = (reason.get("Code") for reason in parsed.get("CancellationReasons", ()))
            throttled = not THROTTLES.isdisjoint([error, *reasons])
        self.end_call(
            span, Outcome(status, metadata.get("RequestId"), metadata.get("RetryAttempts", 0), error, throttled)
        )

    def _end_without_response(self, exception: Exception, context: dict[str, Any], **_: Any) -> None:
        span = context.pop(SPAN, None)
        if span is not None:
            self.end_call(span, Outcome(error=type(exception).__name__))
