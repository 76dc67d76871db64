"""Spans are encoded as OpenTelemetry's own library decodes them, and none is lost because it is too large."""

import base64
import socket
from collections.abc import Iterator
from contextlib import closing
from enum import IntEnum
from http import HTTPStatus
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from opentelemetry.trace import Link, SpanContext, SpanKind, StatusCode

from common.telemetry import logs
from common.telemetry.otel import encoding
from common.telemetry.otel.export import DATAGRAM, PREFIX, DaemonExporter
from common.telemetry.otel.spans import RecordingSpan, Scope
from tests.common.lines import Lines

SCOPE = Scope("things", "1.2")
TRACE_ID = 0x67891233_ABCDEF012345678912345678


class Level(IntEnum):
    HIGH = 3


def a_span(name: str = "things.do", *, scope: Scope = SCOPE, **attributes: Any) -> RecordingSpan:
    span = RecordingSpan(
        lambda _: None, scope, name, SpanKind.CLIENT, (TRACE_ID, 7), began=1, attributes=attributes, links=()
    )
    span.ended = 2
    return span


def decoded(*spans: RecordingSpan) -> ExportTraceServiceRequest:
    resource = encoding.resource({"service.name": "things"})
    encoded = encoding.request(resource, [(span.scope, encoding.span(span)) for span in spans])
    request: ExportTraceServiceRequest = ExportTraceServiceRequest.FromString(encoded)
    return request


def only(request: ExportTraceServiceRequest) -> Span:
    [of_resource] = request.resource_spans
    [of_scope] = of_resource.scope_spans
    span: Span
    [span] = of_scope.spans
    return span


def test_span_has_its_ids_times_kind_and_status() -> None:
    recorded = a_span()
    recorded.status = StatusCode.ERROR
    span = only(decoded(recorded))
    assert (span.trace_id.hex(), span.parent_span_id.hex()) == (f"{TRACE_ID:032x}", "0000000000000007")
    assert int.from_bytes(span.span_id) == recorded.span_id
    assert (span.name, span.kind) == ("things.do", Span.SPAN_KIND_CLIENT)
    assert (span.start_time_unix_nano, span.end_time_unix_nano) == (1, 2)
    assert span.status.code == 2
    assert not span.status.message


def test_span_without_a_parent_has_none() -> None:
    recorded = a_span()
    recorded.parent_id = 0
    assert only(decoded(recorded)).parent_span_id == b""


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        ("text", "string_value", "text"),
        ("", "string_value", ""),
        ("ü" * 100, "string_value", "ü" * 100),
        ("\ud800", "string_value", "?"),
        (True, "bool_value", True),
        (False, "bool_value", False),
        (0, "int_value", 0),
        (1, "int_value", 1),
        (-1, "int_value", -1),
        (2**63 - 1, "int_value", 2**63 - 1),
        (-(2**63), "int_value", -(2**63)),
        (2**63, "string_value", str(2**63)),
        (Level.HIGH, "int_value", 3),
        (HTTPStatus.NOT_FOUND, "int_value", 404),
        (0.5, "double_value", 0.5),
        (b"\x00\xff", "bytes_value", b"\x00\xff"),
        (object, "string_value", "<class 'object'>"),
    ],
)
def test_attribute_keeps_its_type(value: Any, kind: str, expected: Any) -> None:
    # Twice, because most values are remembered.
    for _ in range(2):
        [attribute] = only(decoded(a_span(value=value))).attributes
        assert attribute.value.WhichOneof("value") == kind
        assert getattr(attribute.value, kind) == expected


def test_equal_values_of_different_types_are_told_apart() -> None:
    kinds = [
        only(decoded(a_span(value=value))).attributes[0].value.WhichOneof("value") for value in (1, True, 1.0, 1, True)
    ]
    assert kinds == ["int_value", "bool_value", "double_value", "int_value", "bool_value"]


def test_collections_are_nested() -> None:
    span = only(decoded(a_span(several=("a", "b"), mixed=[1, None, {"c": True}])))
    several, mixed = (attribute.value for attribute in span.attributes)
    assert [value.string_value for value in several.array_value.values] == ["a", "b"]
    number, nothing, mapping = mixed.array_value.values
    assert (number.int_value, nothing.WhichOneof("value")) == (1, None)
    assert mapping.kvlist_value.values[0].value.bool_value


def test_events_and_links() -> None:
    recorded = a_span()
    recorded.ended = 0
    recorded.add_event("exception", {"exception.type": "KeyError"}, 5)
    recorded.add_link(SpanContext(1, 2, is_remote=True), {"why": "retry"})
    recorded.links = [*recorded.links, Link(SpanContext(3, 4, is_remote=True))]
    span = only(decoded(recorded))
    [event] = span.events
    assert (event.name, event.time_unix_nano, event.attributes[0].value.string_value) == ("exception", 5, "KeyError")
    assert [(int.from_bytes(link.trace_id), int.from_bytes(link.span_id)) for link in span.links] == [(1, 2), (3, 4)]
    assert span.links[0].attributes[0].key == "why"


def test_spans_are_grouped_by_their_scope() -> None:
    request = decoded(a_span("a"), a_span("b", scope=Scope("other")), a_span("c"))
    [of_resource] = request.resource_spans
    assert of_resource.resource.attributes[0].value.string_value == "things"
    assert [
        (one.scope.name, one.scope.version, [span.name for span in one.spans]) for one in of_resource.scope_spans
    ] == [
        ("things", "1.2", ["a", "c"]),
        ("other", "", ["b"]),
    ]


@pytest.fixture
def daemon() -> Iterator[socket.socket]:
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as daemon:
        daemon.bind(("127.0.0.1", 0))
        # A large datagram takes more than its size.
        daemon.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        daemon.setblocking(False)  # what was sent on loopback has arrived
        yield daemon


def start_logs() -> None:
    """Start logging. Not in a fixture, because the logger keeps the stream of the moment, which pytest replaces."""
    logs.start("INFO", environment="test", version="0")


def received(daemon: socket.socket) -> list[list[Span]]:
    """Return the spans of each datagram."""
    found: list[list[Span]] = []
    while True:
        try:
            datagram = daemon.recv(1 << 17)
        except BlockingIOError:
            return found
        assert datagram.startswith(PREFIX)
        assert len(datagram) <= DATAGRAM
        request = ExportTraceServiceRequest.FromString(base64.b64decode(datagram.removeprefix(PREFIX)))
        found.append([span for one in request.resource_spans[0].scope_spans for span in one.spans])


@pytest.fixture
def export(daemon: socket.socket, function_environment: dict[str, str]) -> Iterator[DaemonExporter]:
    assert function_environment
    export = DaemonExporter(f"127.0.0.1:{daemon.getsockname()[1]}", encoding.resource({"service.name": "things"}))
    yield export
    export.close()


def test_spans_of_an_invocation_are_one_datagram(export: DaemonExporter, daemon: socket.socket) -> None:
    export([a_span("a"), a_span("b")])
    [spans] = received(daemon)
    assert [span.name for span in spans] == ["a", "b"]


def test_many_spans_are_split_between_datagrams(export: DaemonExporter, daemon: socket.socket, lines: Lines) -> None:
    start_logs()
    names = [f"span {number}" for number in range(300)]
    export(
        [a_span(name, text="x" * 500, scope=Scope("things" * (number % 3 + 1))) for number, name in enumerate(names)]
    )
    found = received(daemon)
    assert 3 <= len(found) <= 6
    assert sorted(span.name for spans in found for span in spans) == sorted(names)
    assert lines() == []


@pytest.mark.parametrize(
    "attributes",
    [
        {"text": "x" * 100_000},
        {"text": "ü" * 70_000},
        {f"text{number}": "x" * 1000 for number in range(100)},
        {"k" * 60_000: 1},
        {"several": ["x" * 1000] * 100},
        {f"{number}" * 200: ["😀" * 5000] * 50 for number in range(60)},
    ],
)
def test_span_that_is_too_large_is_shortened_marked_and_reported(
    export: DaemonExporter, daemon: socket.socket, lines: Lines, attributes: dict[str, Any]
) -> None:
    start_logs()
    large = a_span("large", **attributes)
    large.status = StatusCode.ERROR
    large.ended = 0
    for _ in range(60):
        large.add_event("e" * 10_000, {"k" * 1000: ["😀" * 5000] * 50})
    large.ended = 2
    export([a_span("before"), large, a_span("after")])
    found = [span for spans in received(daemon) for span in spans]
    assert [span.name for span in found] == ["before", "large", "after"]
    marked = {attribute.key: attribute.value for attribute in found[1].attributes}[encoding.CUT]
    assert marked.bool_value
    assert (int.from_bytes(found[1].span_id), found[1].status.code) == (large.span_id, 2)
    [line] = lines()
    assert (line["level"], line["span"], line["most"] < line["bytes"]) == ("WARNING", "large", True)


def test_socket_receives_from_the_daemon_alone(export: DaemonExporter, daemon: socket.socket) -> None:
    export([a_span()])
    assert export._socket is not None
    assert export._socket.getsockname()[0] == "127.0.0.1"
    assert export._socket.getpeername() == daemon.getsockname()


def test_daemon_that_does_not_listen_costs_nothing(function_environment: dict[str, str], lines: Lines) -> None:
    assert function_environment
    start_logs()
    export = DaemonExporter("127.0.0.1:9", b"")
    for _ in range(3):
        export([a_span()])
    export.close()
    assert lines() == []


def test_daemon_that_starts_later_gets_the_next_spans(export: DaemonExporter, daemon: socket.socket) -> None:
    address = daemon.getsockname()
    daemon.close()
    export([a_span("lost")])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as later:
        later.bind(address)
        later.setblocking(False)
        export([a_span("kept")])
        assert [[span.name for span in spans] for spans in received(later)] == [["kept"]]


def test_spans_that_cannot_be_sent_are_reported(function_environment: dict[str, str], lines: Lines) -> None:
    assert function_environment
    start_logs()
    export = DaemonExporter("255.255.255.255:9", b"")  # broadcasting is not permitted
    export([a_span(), a_span()])
    export.close()
    [line] = lines()
    assert {name: line[name] for name in ("level", "message", "spans", "error")} == {
        "level": "WARNING",
        "message": "Spans were not sent to X-Ray",
        "spans": 2,
        "error": "PermissionError",
    }
