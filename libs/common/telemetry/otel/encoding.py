"""Spans as OTLP's ExportTraceServiceRequest in protobuf.

Messages and field numbers: https://github.com/open-telemetry/opentelemetry-proto (trace/v1/trace.proto and
common/v1/common.proto). The libraries that do the same cost 20 ms of a cold start or more.
"""

import functools
import struct
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from common.telemetry.otel.spans import Event, RecordingSpan, Scope

# Tags: the number of the field, times 8, plus its wire type (2: bytes with their length, 1: 8 bytes, 0: a varint).
_TRACE_ID: Final = b"\x0a\x10"  # field 1, 16 bytes
_SPAN_ID: Final = b"\x12\x08"  # field 2, 8 bytes
_PARENT_ID: Final = b"\x22\x08"  # field 4, 8 bytes
_TIMES: Final = struct.Struct("<BQBQ")  # fields 7 and 8
_TIME: Final = struct.Struct("<BQ")
_DOUBLE: Final = struct.Struct("<Bd")
_LARGEST: Final = 2**63
CUT: Final = "truncated"
"""The attribute that marks a span that was too large to be sent as a whole."""


def request(resource: bytes, spans: Iterable[tuple[Scope, bytes]]) -> bytes:
    """Return an ExportTraceServiceRequest with encoded spans of one resource."""
    by_scope: dict[Scope, bytes] = {}
    for scope, encoded in spans:
        by_scope[scope] = by_scope.get(scope, b"") + _field(b"\x12", encoded)
    scopes = b"".join(_field(b"\x12", _scope(scope) + inside) for scope, inside in by_scope.items())
    return _field(b"\x0a", resource + scopes)


def resource(attributes: Mapping[str, str]) -> bytes:
    """Return the field of a ResourceSpans that says which process the spans are of."""
    return _field(b"\x0a", _attributes(b"\x0a", attributes))


def span(recorded: RecordingSpan) -> bytes:
    """Return a Span."""
    parts = [_TRACE_ID, recorded.trace_id.to_bytes(16), _SPAN_ID, recorded.span_id.to_bytes(8)]
    if recorded.parent_id:
        parts += [_PARENT_ID, recorded.parent_id.to_bytes(8)]
    parts += [
        _name(recorded.name),
        # OTLP's numbers are those of the API, plus one for "unspecified".
        b"\x30",
        _varint(recorded.kind.value + 1),
        _TIMES.pack(0x39, recorded.began, 0x41, recorded.ended),
        _attributes(b"\x4a", recorded.attributes),
    ]
    if recorded.cut:
        parts.append(_attributes(b"\x4a", {CUT: True}))
    parts += [_field(b"\x5a", _event(event)) for event in recorded.events]
    for link in recorded.links:
        ids = _TRACE_ID + link.context.trace_id.to_bytes(16) + _SPAN_ID + link.context.span_id.to_bytes(8)
        parts.append(_field(b"\x6a", ids + _attributes(b"\x22", link.attributes or {})))
    if recorded.status.value:
        parts.append(_field(b"\x7a", b"\x18" + _varint(recorded.status.value)))
    return b"".join(parts)


@functools.lru_cache(maxsize=128)
def _name(name: str) -> bytes:
    return _text(b"\x2a", name)


def _event(event: Event) -> bytes:
    return _TIME.pack(0x09, event.time) + _text(b"\x12", event.name) + _attributes(b"\x1a", event.attributes)


@functools.lru_cache(maxsize=64)
def _scope(scope: Scope) -> bytes:
    return _field(b"\x0a", _text(b"\x0a", scope.name) + (_text(b"\x12", scope.version) if scope.version else b""))


def _attributes(tag: bytes, attributes: Mapping[str, Any]) -> bytes:
    parts = []
    for key, value in attributes.items():
        parts += [tag, (_remembered if key not in _IDS and _comes_again(value) else _attribute)(key, value)]
    return b"".join(parts)


def _comes_again(value: Any) -> bool:
    """Return whether the next request may have the same value, and to remember its bytes is worth the memory."""
    kind = type(value)
    if kind is str:
        return len(value) <= _LONGEST
    if kind is tuple:
        return all(type(part) is str for part in value)
    return kind is int or kind is bool


def _attribute(key: str, value: Any) -> bytes:
    """Return a KeyValue with its length."""
    return _field(b"", _text(b"\x0a", key) + _field(b"\x12", _value(value)))


_remembered: Final = functools.lru_cache(maxsize=512, typed=True)(_attribute)
_LONGEST: Final = 64
_IDS: Final = frozenset({"aws.request_id", "principal_id"})


def _value(value: Any) -> bytes:
    """Return an AnyValue; a type that OpenTelemetry does not know becomes text."""
    match value:
        case str():
            encoded = _text(b"\x0a", value)
        case bool():
            encoded = b"\x10\x01" if value else b"\x10\x00"
        case int() if -_LARGEST <= value < _LARGEST:
            encoded = b"\x18" + _varint(value & 0xFFFF_FFFF_FFFF_FFFF)
        case float():
            encoded = _DOUBLE.pack(0x21, value)
        case None:
            encoded = b""
        case bytes():
            encoded = _field(b"\x3a", value)
        case Mapping():
            encoded = _field(b"\x32", _attributes(b"\x0a", {str(key): part for key, part in value.items()}))
        case Sequence():
            encoded = _field(b"\x2a", b"".join(_field(b"\x0a", _value(part)) for part in value))
        case _:
            encoded = _text(b"\x0a", str(value))
    return encoded


def _text(tag: bytes, text: str) -> bytes:
    return _field(tag, text.encode(errors="replace"))


def _field(tag: bytes, content: bytes) -> bytes:
    length = len(content)
    return tag + (_ONE_BYTE[length] if length < 0x80 else _varint(length)) + content  # noqa: PLR2004 - seven bits


def _varint(number: int) -> bytes:
    parts = bytearray()
    while number > 0x7F:  # noqa: PLR2004 - seven bits
        parts.append(number & 0x7F | 0x80)
        number >>= 7
    parts.append(number)
    return bytes(parts)


_ONE_BYTE: Final = [bytes((number,)) for number in range(0x80)]
