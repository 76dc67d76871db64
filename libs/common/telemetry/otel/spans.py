"""Spans that implement OpenTelemetry's API."""

import os
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple, override

from opentelemetry.trace import Link, Span, SpanContext, SpanKind, Status, StatusCode, TraceFlags

STACK_DEPTH: Final = 10
_SAMPLED: Final = TraceFlags(TraceFlags.SAMPLED)
# The names that OpenTelemetry's conventions have for messages of exceptions, and for stacks that end with them.
_MESSAGES: Final = frozenset({"exception.message", "exception.stacktrace", "error.message"})

type Attributes = Mapping[str, Any]
type Keep = Callable[["RecordingSpan"], None]


class Scope(NamedTuple):
    """The code that records spans, such as a library of instrumentation."""

    name: str
    version: str = ""


class Event(NamedTuple):
    """What happened at a moment (nanoseconds since the epoch) of a span."""

    name: str
    time: int
    attributes: Attributes


class RecordingSpan(Span):
    """A span of a sampled trace.

    The message of an exception, and the description of a status, which repeats it, may quote input. They are dropped,
    also if another library sets them by the names of OpenTelemetry's conventions; so is a stack that it sets.

    Attributes:
        parent_id: Id of the parent, 0 if there is none.
        began: Nanoseconds since the epoch.
        ended: The same; 0 while the span is recorded.
        cut: Whether it was too large to be sent as a whole.
    """

    cut: bool = False

    def __init__(
        self,
        keep: "Keep",
        scope: Scope,
        name: str,
        kind: SpanKind,
        ids: tuple[int, int],
        *,
        began: int | None,
        attributes: Attributes | None,
        links: Sequence[Link],
    ) -> None:
        self._keep = keep
        self._context: SpanContext | None = None
        self.scope = scope
        self.name = name
        self.kind = kind
        self.trace_id, self.parent_id = ids
        # Not from `random`, whose state is the same in all environments of a snapshot.
        self.span_id = int.from_bytes(os.urandom(8)) or 1
        self.attributes: dict[str, Any] = _kept(attributes) if attributes else {}
        self.events: list[Event] = []
        self.links = [Link(link.context, _kept(link.attributes or {})) for link in links] if links else []
        self.status = StatusCode.UNSET
        self.began = time.time_ns() if began is None else began
        self.ended = 0

    @override
    def end(self, end_time: int | None = None) -> None:
        if not self.ended:
            self.ended = time.time_ns() if end_time is None else end_time
            self._keep(self)

    @override
    def get_span_context(self) -> SpanContext:
        if self._context is None:
            self._context = SpanContext(self.trace_id, self.span_id, is_remote=False, trace_flags=_SAMPLED)
        return self._context

    @override
    def set_attributes(self, attributes: Attributes) -> None:
        if attributes and not self.ended:
            self.attributes.update(_kept(attributes))

    @override
    def set_attribute(self, key: str, value: Any) -> None:
        if not self.ended and key not in _MESSAGES:
            self.attributes[key] = tuple(value) if type(value) is list else value

    @override
    def add_event(self, name: str, attributes: Attributes | None = None, timestamp: int | None = None) -> None:
        if not self.ended:
            self._add_event(name, _kept(attributes or {}), timestamp)

    def _add_event(self, name: str, attributes: Attributes, timestamp: int | None) -> None:
        self.events.append(Event(name, time.time_ns() if timestamp is None else timestamp, attributes))

    @override
    def add_link(self, context: SpanContext, attributes: Attributes | None = None) -> None:
        if not self.ended:
            self.links.append(Link(context, _kept(attributes or {})))

    @override
    def update_name(self, name: str) -> None:
        if not self.ended:
            self.name = name

    @override
    def is_recording(self) -> bool:
        return not self.ended

    @override
    def set_status(self, status: Status | StatusCode, description: str | None = None) -> None:
        # OK is final, and UNSET is ignored: https://opentelemetry.io/docs/specs/otel/trace/api/#set-status
        code = status.status_code if isinstance(status, Status) else status
        if not self.ended and self.status is not StatusCode.OK and code is not StatusCode.UNSET:
            self.status = code

    @override
    def record_exception(
        self,
        exception: BaseException,
        attributes: Attributes | None = None,
        timestamp: int | None = None,
        escaped: bool = False,
    ) -> None:
        if not self.ended:
            own = {"exception.type": type(exception).__name__, "exception.stacktrace": stack(exception)}
            self._add_event("exception", own | _kept(attributes or {}), timestamp)


def _kept(attributes: Attributes) -> dict[str, Any]:
    """Return a copy without messages of exceptions. Lists are copied too, because the caller may change them."""
    return {
        key: tuple(value) if type(value) is list else value for key, value in attributes.items() if key not in _MESSAGES
    }


def stack(error: BaseException) -> str:
    """Return the innermost frames of an exception as Python shows them, but without source lines and message."""
    frames = []
    traceback = error.__traceback__
    while traceback is not None:
        code = traceback.tb_frame.f_code
        frames.append(f'  File "{code.co_filename}", line {traceback.tb_lineno}, in {code.co_name}')
        traceback = traceback.tb_next
    return "\n".join(["Traceback (most recent call last):", *frames[-STACK_DEPTH:], type(error).__name__])


def shortened(span: RecordingSpan, characters: int, items: int) -> RecordingSpan:
    """Return a copy whose texts have at most so many characters, and whose collections at most so many items.

    It has no links.
    """

    def few(attributes: Attributes) -> Attributes:
        return {key[:characters]: short(value) for key, value in list(attributes.items())[:items]}

    def short(value: Any) -> Any:
        if isinstance(value, bool | int | float):
            return value
        if isinstance(value, list | tuple):
            return [str(part)[:characters] for part in value[:items]]
        return str(value)[:characters]

    copy = RecordingSpan(
        span._keep,  # noqa: SLF001 - its own class
        span.scope,
        span.name[:characters],
        span.kind,
        (span.trace_id, span.parent_id),
        began=span.began,
        attributes=few(span.attributes),
        links=(),
    )
    copy.span_id, copy.status, copy.ended, copy.cut = span.span_id, span.status, span.ended, True
    copy.events = [Event(event.name[:characters], event.time, few(event.attributes)) for event in span.events[:items]]
    return copy
