"""The provider of OpenTelemetry's API, which keeps spans until the invocation ends.

OpenTelemetry's SDK does the same and more, but costs more than all the rest of tracing: see docs/decisions/0041. Where
it is needed, its provider is set before `create_handler` runs, and then this one is not used.
"""

import functools
import inspect
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any, Final, Protocol, Self, override

from opentelemetry.context import Context, attach, detach
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    Span,
    SpanKind,
    StatusCode,
    TraceFlags,
    Tracer,
    TracerProvider,
    get_current_span,
    set_span_in_context,
)

from common.telemetry import logs
from common.telemetry.otel.spans import Attributes, Keep, RecordingSpan, Scope

FULL: Final = 256
"""Number of spans that are sent before the invocation ends, so that a loop cannot fill the memory."""


class Exporter(Protocol):
    """Sends spans that have ended."""

    def __call__(self, spans: Sequence[RecordingSpan], /) -> None:
        """Send them."""

    def close(self) -> None:
        """Close connections; sending opens others."""


class Activation(AbstractContextManager[Span, None]):
    """A context manager, for one `with` at a time, and a decorator of functions and coroutines."""

    def __init__(
        self, begin: Callable[[], Span], *, record_exception: bool, set_status_on_exception: bool, end_on_exit: bool
    ) -> None:
        self._begin = begin
        self._options = {
            "record_exception": record_exception,
            "set_status_on_exception": set_status_on_exception,
            "end_on_exit": end_on_exit,
        }

    @override
    def __enter__(self) -> Span:
        self._span = self._begin()
        self._token = attach(set_span_in_context(self._span))
        return self._span

    @override
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        detach(self._token)
        if isinstance(error, Exception):
            if self._options["record_exception"]:
                self._span.record_exception(error)
            if self._options["set_status_on_exception"]:
                self._span.set_status(StatusCode.ERROR)
        if self._options["end_on_exit"]:
            self._span.end()

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function with a span of its own around each call."""
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def awaited(*arguments: Any, **named: Any) -> Any:
                with self._again():
                    return await function(*arguments, **named)

            return awaited

        @functools.wraps(function)
        def called(*arguments: Any, **named: Any) -> Any:
            with self._again():
                return function(*arguments, **named)

        return called

    def _again(self) -> Self:
        return type(self)(self._begin, **self._options)


class SpanTracer(Tracer):
    """Starts the spans of one scope. Without a sampled parent a span is not recorded, because Lambda samples."""

    def __init__(self, keep: Keep, scope: Scope) -> None:
        self._keep = keep
        self._scope = scope

    @override
    def start_span(
        self,
        name: str,
        context: Context | None = None,
        kind: SpanKind = SpanKind.INTERNAL,
        attributes: Attributes | None = None,
        links: Sequence[Link] | None = None,
        start_time: int | None = None,
        record_exception: bool = True,
        set_status_on_exception: bool = True,
    ) -> Span:
        parent = get_current_span(context)
        if isinstance(parent, RecordingSpan):
            ids = parent.trace_id, parent.span_id
        else:
            above = parent.get_span_context()
            if not above.trace_flags & TraceFlags.SAMPLED or not above.is_valid:
                return NonRecordingSpan(above)
            ids = above.trace_id, above.span_id
        return RecordingSpan(
            self._keep,
            self._scope,
            name,
            kind,
            ids,
            began=start_time,
            attributes=attributes,
            links=links or (),
        )

    @override
    def start_as_current_span(  # type: ignore[override] # the API's type is a private class
        self,
        name: str,
        context: Context | None = None,
        kind: SpanKind = SpanKind.INTERNAL,
        attributes: Attributes | None = None,
        links: Sequence[Link] | None = None,
        start_time: int | None = None,
        record_exception: bool = True,
        set_status_on_exception: bool = True,
        end_on_exit: bool = True,
    ) -> Activation:
        return Activation(
            functools.partial(self.start_span, name, context, kind, attributes, links, start_time),
            record_exception=record_exception,
            set_status_on_exception=set_status_on_exception,
            end_on_exit=end_on_exit,
        )


class SpanProvider(TracerProvider):
    """The process's provider, which OpenTelemetry allows to be set once.

    A span that ends after its invocation, such as a thread's, is sent with the next one that is sampled.

    Attributes:
        send: Sends spans that have ended; None: they are dropped, as after a test.
    """

    def __init__(self) -> None:
        self.send: Exporter | None = None
        self._ended: list[RecordingSpan] = []

    @override
    def get_tracer(
        self,
        instrumenting_module_name: str,
        instrumenting_library_version: str | None = None,
        schema_url: str | None = None,
        attributes: Attributes | None = None,
    ) -> SpanTracer:
        # None is not valid, but must not fail either: https://opentelemetry.io/docs/specs/otel/trace/api/#get-a-tracer
        return SpanTracer(self.keep, Scope(instrumenting_module_name or "", instrumenting_library_version or ""))

    def keep(self, span: RecordingSpan) -> None:
        """Keep a span that has ended until the next flush."""
        self._ended.append(span)
        if len(self._ended) >= FULL:
            self.force_flush()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:  # noqa: ARG002 - the exporter has its own timeout
        """Send what was kept, and return whether that did not fail. The SDK's provider has this method too."""
        spans = self.drop()
        try:
            if spans and self.send is not None:
                self.send(spans)
        except Exception as error:  # noqa: BLE001 - no request may fail because of its trace
            lost = {"spans": len(spans), "error": type(error).__name__}
            logs.logger().warning("Spans were not sent", extra=lost)
            return False
        return True

    def shutdown(self) -> None:
        """Send what was kept, as the SDK's provider does."""
        self.force_flush()

    def drop(self) -> list[RecordingSpan]:
        """Return what was kept, and keep it no longer."""
        # No thread can run between both assignments, because CPython switches at calls and jumps only.
        spans, self._ended = self._ended, []
        return spans
