"""The trace's context, taken from Lambda and given to others as headers."""

import os
from typing import Any, Final, override

from opentelemetry.context import Context, get_current
from opentelemetry.propagators.textmap import (
    CarrierT,
    Getter,
    Setter,
    TextMapPropagator,
    default_getter,
    default_setter,
)
from opentelemetry.trace import (
    NonRecordingSpan,
    SpanContext,
    TraceFlags,
    get_current_span,
    set_span_in_context,
)

from common.telemetry.trace_context import VARIABLE, TraceContext, from_traceparent, from_xray

XRAY_HEADER: Final = "X-Amzn-Trace-Id"
TRACEPARENT: Final = "traceparent"
SAMPLED: Final = TraceFlags(TraceFlags.SAMPLED)


class Propagator(TextMapPropagator):
    """Passes on both X-Ray's header and `traceparent`, but neither `tracestate` nor baggage.

    The invocation's trace is the context of everything, whatever headers the caller has sent: FastAPI's and other
    instrumentation then records below `## handler`, and only what Lambda samples.
    """

    @override
    def extract(
        self, carrier: CarrierT, context: Context | None = None, getter: Getter[CarrierT] = default_getter
    ) -> Context:
        if get_current_span(context).get_span_context().is_valid:
            return get_current() if context is None else context
        return as_parent(from_xray(os.environ.get(VARIABLE, "")), context)

    @override
    def inject(
        self, carrier: CarrierT, context: Context | None = None, setter: Setter[CarrierT] = default_setter
    ) -> None:
        for name, value in headers(get_current_span(context).get_span_context()).items():
            setter.set(carrier, name, value)

    @property
    @override
    def fields(self) -> set[str]:
        return {XRAY_HEADER, TRACEPARENT}


def as_parent(found: TraceContext, context: Context | None = None) -> Context:
    """Return a context in which new spans are children of a span elsewhere; an unchanged one if there is none."""
    if not found.trace_id or not found.span_id:
        return get_current() if context is None else context
    flags = SAMPLED if found.sampled else None
    parent = SpanContext(int(found.trace_id, 16), int(found.span_id, 16), is_remote=True, trace_flags=flags)
    return set_span_in_context(NonRecordingSpan(parent), context)


def headers(current: SpanContext) -> dict[str, str]:
    """Return the headers that make a callee's spans children of a span, or of Lambda's segment without a valid one."""
    given = os.environ.get(VARIABLE, "")
    invocation = from_xray(given)
    if not current.is_valid:
        if not invocation.trace_id or not invocation.span_id:
            return {}
        flags = "01" if invocation.sampled else "00"
        return {XRAY_HEADER: given, TRACEPARENT: f"00-{invocation.trace_id}-{invocation.span_id}-{flags}"}
    parent = f"00-{current.trace_id:032x}-{current.span_id:016x}-{current.trace_flags & TraceFlags.SAMPLED:02x}"
    return {XRAY_HEADER: xray_header(current), TRACEPARENT: parent}


def xray_header(current: SpanContext) -> str:
    """Return X-Ray's header that makes a callee's spans children of a span."""
    trace_id, sampled = f"{current.trace_id:032x}", current.trace_flags & TraceFlags.SAMPLED
    # Lambda detects loops of functions by it.
    lineage = from_xray(os.environ.get(VARIABLE, "")).lineage
    rest = f"Parent={current.span_id:016x};Sampled={sampled:d}{';Lineage=' if lineage else ''}{lineage}"
    return f"Root=1-{trace_id[:8]}-{trace_id[8:]};{rest}"


def called_by(event: dict[str, Any], invocation: TraceContext) -> TraceContext:
    """Return the place of the caller that an event of API Gateway names, else that of the invocation.

    A caller may refuse sampling, but not demand it: otherwise anyone could make each request wait for a backend.
    """
    given = (event.get("headers") or {}).get(TRACEPARENT, "")
    caller = from_traceparent(given) if isinstance(given, str) else TraceContext()
    return caller._replace(sampled=caller.sampled and invocation.sampled) if caller.trace_id else invocation
