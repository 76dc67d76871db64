"""Spans of OpenTelemetry become the documents that X-Ray would store."""

import base64
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue, KeyValueList
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span, Status

from local_aws.xray.daemon import SegmentError, parse_datagram
from local_aws.xray.summary import summary
from local_aws.xray.waterfall import waterfall

HEADER = b'{"format":"json","version":1}\n'
ROOT = "1-5759e988-bd862e3fe1be46a994272793"
TRACE_ID = bytes.fromhex("5759e988bd862e3fe1be46a994272793")
PARENT = bytes.fromhex("53995c3f42cd8ad8")
SDK = {"telemetry.sdk.name": "opentelemetry", "telemetry.sdk.language": "python", "telemetry.sdk.version": "1.45"}
STACK = """Traceback (most recent call last):
  File "/var/task/things/routes.py", line 7, in get_thing
    read()
  File "/opt/python/common/table.py", line 70, in read
KeyError: 'id'
"""


FIELDS = {str: "string_value", bool: "bool_value", int: "int_value", float: "double_value", bytes: "bytes_value"}


def any_value(value: Any) -> AnyValue:
    if isinstance(value, list):
        return AnyValue(array_value=ArrayValue(values=[any_value(part) for part in value]))
    if isinstance(value, dict):
        return AnyValue(kvlist_value=KeyValueList(values=pairs(value)))
    return AnyValue() if value is None else AnyValue(**{FIELDS[type(value)]: value})


def pairs(attributes: dict[str, Any]) -> list[KeyValue]:
    return [KeyValue(key=key, value=any_value(value)) for key, value in attributes.items()]


def a_span(kind: int = Span.SPAN_KIND_INTERNAL, *, name: str = "work", **fields: Any) -> Span:
    identified: dict[str, Any] = {"trace_id": TRACE_ID, "span_id": b"\1" * 8, "parent_span_id": PARENT} | fields
    times = {"start_time_unix_nano": 1_500_000_000, "end_time_unix_nano": 2_500_000_000}
    return Span(name=name, kind=kind, **times, **identified)  # type: ignore[arg-type]


def datagram(*spans: Span, resource: dict[str, Any] | None = None, prefix: bytes = b"T1S") -> bytes:
    request = ExportTraceServiceRequest(
        resource_spans=[
            ResourceSpans(resource=Resource(attributes=pairs(resource or SDK)), scope_spans=[ScopeSpans(spans=spans)])
        ]
    )
    return HEADER + prefix + base64.b64encode(request.SerializeToString())


def document(*, kind: int = Span.SPAN_KIND_INTERNAL, resource: dict[str, Any] | None = None, **fields: Any) -> Any:
    attributes = fields.pop("attributes", {})
    [found] = parse_datagram(datagram(a_span(kind, attributes=pairs(attributes), **fields), resource=resource))
    return found


def test_span_below_lambdas_segment_is_a_subsegment() -> None:
    assert document() == {
        "type": "subsegment",
        "name": "work",
        "id": "01" * 8,
        "parent_id": PARENT.hex(),
        "trace_id": ROOT,
        "start_time": 1.5,
        "end_time": 2.5,
        "aws": {"xray": {"sdk": "opentelemetry for python", "sdk_version": "1.45", "auto_instrumentation": False}},
    }


def test_call_to_aws_has_its_service_and_its_fields() -> None:
    attributes = {
        "rpc.system": "aws-api",
        "rpc.service": "dynamodb",
        "rpc.method": "GetItem",
        "aws.region": "eu-central-1",
        "aws.table_name": "shop-dev-orders",
        "aws.request_id": "r-1",
        "http.response.status_code": 200,
        "http.request.resend_count": 1,
    }
    found = document(kind=Span.SPAN_KIND_CLIENT, name="DynamoDB.GetItem", attributes=attributes)
    assert (found["name"], found["namespace"], found["type"]) == ("dynamodb", "aws", "subsegment")
    assert {key: value for key, value in found["aws"].items() if key != "xray"} == {
        "operation": "GetItem",
        "region": "eu-central-1",
        "request_id": "r-1",
        "table_name": "shop-dev-orders",
    }
    assert found["http"] == {"response": {"status": 200}}
    # X-Ray has no field for them.
    assert found["metadata"]["default"] == {
        "rpc.system": "aws-api",
        "rpc.service": "dynamodb",
        "http.request.resend_count": 1,
    }


def test_server_is_a_segment_named_by_its_service() -> None:
    attributes = {"url.scheme": "https", "server.address": "example.com", "url.path": "/orders/7", "enduser.id": "9"}
    found = document(kind=Span.SPAN_KIND_SERVER, name="GET", attributes=attributes, resource={"service.name": "orders"})
    assert "type" not in found
    assert (found["name"], found["parent_id"], found["user"]) == ("orders", PARENT.hex(), "9")
    assert found["http"]["request"]["url"] == "https://example.com/orders/7"
    assert found["metadata"]["default"] == {"otel.resource.service.name": "orders"}


def test_span_without_parent_is_a_segment() -> None:
    found = document(parent_span_id=b"")
    assert not {"type", "parent_id"} & found.keys()


@pytest.mark.parametrize(
    ("status", "failed", "marks"),
    [
        (200, False, set()),
        (200, True, {"fault"}),
        (None, False, set()),
        (None, True, {"fault"}),
        (404, False, {"error"}),
        (404, True, {"error"}),
        (429, False, {"error", "throttle"}),
        (503, False, {"fault"}),
        (600, False, set()),
    ],
)
def test_marks_are_those_of_the_http_status_or_else_of_the_span(
    *, status: int | None, failed: bool, marks: set[str]
) -> None:
    found = document(
        attributes={} if status is None else {"http.response.status_code": status},
        status=Status(code=Status.STATUS_CODE_ERROR if failed else Status.STATUS_CODE_UNSET),
    )
    assert {mark for mark in ("error", "fault", "throttle") if found.get(mark)} == marks


def test_exception_has_its_type_and_the_innermost_frame_first() -> None:
    event = Span.Event(
        name="exception", attributes=pairs({"exception.type": "KeyError", "exception.stacktrace": STACK})
    )
    found = document(events=[Span.Event(name="other"), event])
    [exception] = found["cause"]["exceptions"]
    assert (exception["type"], exception["message"], exception["remote"]) == ("KeyError", "", False)
    assert exception["stack"] == [
        {"path": "/opt/python/common/table.py", "line": 70, "label": "read"},
        {"path": "/var/task/things/routes.py", "line": 7, "label": "get_thing"},
    ]
    assert "stack" not in document(events=[event], resource={"a": "b"})["cause"]["exceptions"][0]
    assert document(kind=Span.SPAN_KIND_CLIENT, events=[event])["cause"]["exceptions"][0]["remote"]


def test_listed_attributes_are_annotations_and_the_others_metadata() -> None:
    attributes = {
        "aws.xray.annotations": ["route", "a b", "list"],
        "route": "/orders/{id}",
        "a b": True,
        "list": ["x"],
        "other": 1.5,
        "raw": b"\1",
        "nothing": None,
        "map": {"a": 1},
        "aws.xray.metadata.own": '{"a": 1}',
        "aws.xray.metadata.broken": "{",
    }
    found = document(attributes=attributes)
    assert found["annotations"] == {"route": "/orders/{id}", "a_b": True}
    assert found["metadata"]["own"] == {"a": 1}
    assert found["metadata"]["default"] == {
        "list": ["x"],
        "other": 1.5,
        "raw": "AQ==",
        "nothing": None,
        "map": {"a": 1},
        "aws.xray.metadata.broken": "{",
    }


@pytest.mark.parametrize(
    ("attributes", "kind", "name"),
    [
        ({"peer.service": "bank", "rpc.service": "x"}, Span.SPAN_KIND_CLIENT, "bank"),
        ({"aws.service": "S3"}, Span.SPAN_KIND_CLIENT, "S3"),
        ({"aws.remote.service": "AWS::SQS", "rpc.system": "aws-api"}, Span.SPAN_KIND_PRODUCER, "SQS"),
        ({"aws.remote.service": "AWS.SDK.SQS", "rpc.system": "aws-api"}, Span.SPAN_KIND_CLIENT, "SQS"),
        ({"aws.remote.service": "AWS::bank"}, Span.SPAN_KIND_CLIENT, "AWS::bank"),
        ({"aws.local.service": "own"}, Span.SPAN_KIND_SERVER, "own"),
        ({}, Span.SPAN_KIND_INTERNAL, "ab"),
    ],
)
def test_name_is_that_of_the_service_if_one_is_known(attributes: dict[str, Any], kind: int, name: str) -> None:
    assert document(attributes=attributes, kind=kind, name="a?b")["name"] == name


def test_name_without_allowed_characters_is_replaced() -> None:
    assert document(name="?!")["name"] == "span"
    assert len(document(name="x" * 300)["name"]) == 200


def test_unsampled_spans_are_not_stored() -> None:
    assert parse_datagram(datagram(a_span(), prefix=b"T1U")) == []


@pytest.mark.parametrize(
    "data",
    [
        HEADER + b"T1S*",
        HEADER + b"T1S" + base64.b64encode(b"\xff\xff"),
        HEADER + b"T2S" + base64.b64encode(b""),
        datagram(a_span(trace_id=b"\1")),
        datagram(a_span(span_id=b"")),
        datagram(a_span(parent_span_id=b"\1")),
    ],
)
def test_invalid_spans_are_rejected(data: bytes) -> None:
    with pytest.raises(SegmentError):
        parse_datagram(data)


def rows(documents: list[dict[str, Any]]) -> list[tuple[str, int, tuple[str, ...], str]]:
    return [(row.name, row.depth, row.flags, row.detail) for row in waterfall(documents)]


def test_waterfall_and_summary_are_those_of_segment_documents() -> None:
    spans = [
        a_span(Span.SPAN_KIND_INTERNAL, name="## handler", attributes=pairs({"http.response.status_code": 503})),
        a_span(
            Span.SPAN_KIND_CLIENT,
            name="DynamoDB.GetItem",
            span_id=b"\2" * 8,
            parent_span_id=b"\1" * 8,
            attributes=pairs(
                {
                    "rpc.system": "aws-api",
                    "rpc.service": "dynamodb",
                    "rpc.method": "GetItem",
                    "aws.table_name": "orders",
                    "http.response.status_code": 429,
                }
            ),
        ),
    ]
    common = {"trace_id": ROOT, "type": "subsegment", "start_time": 1.5, "end_time": 2.5}
    segments: list[dict[str, Any]] = [
        {**common, "id": "01" * 8, "parent_id": PARENT.hex(), "name": "## handler", "fault": True},
        {
            **common,
            "id": "02" * 8,
            "parent_id": "01" * 8,
            "name": "dynamodb",
            "namespace": "aws",
            "error": True,
            "throttle": True,
            "aws": {"operation": "GetItem", "table_name": "orders"},
        },
    ]
    found = parse_datagram(datagram(*spans))
    assert rows(found) == rows(segments)
    assert [row.detail for row in waterfall(found)] == ["", "GetItem orders"]
    marks = ("HasFault", "HasError", "HasThrottle", "Duration")
    assert [summary(ROOT, found)[mark] for mark in marks] == [summary(ROOT, segments)[mark] for mark in marks]
