"""The trace context of a request: W3C Trace Context level 1 (https://www.w3.org/TR/trace-context-1/), and X-Ray's.

Nothing here is a regular expression, because compiling one costs more of a cold start than reading a header.
"""

import functools
import secrets
from collections.abc import Sequence
from typing import Final, NamedTuple

VARIABLE: Final = "_X_AMZN_TRACE_ID"
"""The variable in which Lambda's runtime puts X-Ray's header of each invocation."""

_HEXADECIMAL: Final = frozenset("0123456789abcdef")


class TraceContext(NamedTuple):
    """The place of a request in a trace; ids in lower-case hexadecimal.

    Attributes:
        trace_id: 32 digits; None: the header names no valid trace.
        span_id: 16 digits; None: the header names no valid parent.
        sampled: Whether the trace is recorded.
        lineage: What Lambda needs to detect loops, to be passed on unchanged; an empty string without it.
    """

    trace_id: str | None = None
    span_id: str | None = None
    sampled: bool = False
    lineage: str = ""


@functools.lru_cache(maxsize=1)
def from_xray(header: str) -> TraceContext:
    """Return the context in X-Ray's tracing header, whose malformed parts are ignored.

    Format: https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader
    """
    fields = dict(part.partition("=")[::2] for part in header.split(";"))
    version, _, root = fields.get("Root", "").partition("-")
    parent, sampled = fields.get("Parent", ""), fields.get("Sampled") == "1"
    trace_id = root.replace("-", "", 1) if version == "1" and root[8:9] == "-" else ""
    return TraceContext(
        trace_id if _is_id(trace_id, 32) else None,
        parent if _is_id(parent, 16) else None,
        sampled,
        fields.get("Lineage", ""),
    )


def from_traceparent(header: str) -> TraceContext:
    """Return the context in a `traceparent` header (section 3.2, version 00); an empty one if it is not valid."""
    version, _, rest = header.partition("-")
    trace_id, span_id, flags = rest[:32], rest[33:49], rest[50:]
    separated = len(header) == 55 and rest[32] == rest[49] == "-"  # noqa: PLR2004 - the length of version 00
    if version != "00" or not separated or not _HEXADECIMAL.issuperset(flags):
        return TraceContext()
    if not _is_id(trace_id, 32) or not _is_id(span_id, 16):
        return TraceContext()
    return TraceContext(trace_id, span_id, sampled=bool(int(flags, 16) & 1))


def traceparent(given: Sequence[str], xray: str) -> str:
    """Return the caller's `traceparent` if it is valid (version 00, section 3.2), else a new one.

    Args:
        given: Every header of that name.
        xray: X-Ray's tracing header of this invocation, or an empty string. If it names them, a new `traceparent` has
            its trace, the function's segment as parent, and its sampling decision.
    """
    if len(given) == 1 and from_traceparent(given[0]).trace_id:
        return given[0]
    trace_id, span_id, sampled, _ = from_xray(xray)
    if trace_id is None:
        return f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-00"
    return f"00-{trace_id}-{span_id or secrets.token_hex(8)}-{'01' if sampled else '00'}"


def _is_id(text: str, digits: int) -> bool:
    return len(text) == digits and _HEXADECIMAL.issuperset(text) and text.strip("0") != ""
