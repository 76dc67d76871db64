"""Converts spans of OpenTelemetry, which functions send to the daemon as OTLP, to X-Ray's segment documents.

AWS does not document how X-Ray converts them. This follows AWS's exporter of OpenTelemetry's collector, without links,
SQL and resources other than Lambda:
https://github.com/open-telemetry/opentelemetry-collector-contrib/tree/main/exporter/awsxrayexporter
"""

import base64
import binascii
import json
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

type Attributes = Mapping[str, Any]

SAMPLED, UNSAMPLED = b"T1S", b"T1U"
"""What follows the header of a datagram with spans; those that are not sampled are counted but not stored."""

_INVALID = re.compile(r"[^ \w.:/%&#=+\\\-@]")
_NAME_LENGTH = 200
_DEPENDENCIES = (Span.SPAN_KIND_CLIENT, Span.SPAN_KIND_PRODUCER, Span.SPAN_KIND_CONSUMER)
_REMOTE = (Span.SPAN_KIND_CLIENT, Span.SPAN_KIND_PRODUCER)
_FRAME = re.compile(r'  File "(?P<path>[^,"]+)", line (?P<line>\d+), in (?P<label>[^,\n]+)')
# A field of the document, and the attributes that become it: the first one that is present.
_AWS = {
    "operation": ("aws.operation", "rpc.method"),
    "account_id": ("aws.account_id",),
    "region": ("aws.region",),
    "request_id": ("aws.request_id", "aws.requestId"),
    "queue_url": ("aws.queue_url", "aws.queue.url"),
    "table_name": ("aws.table_name", "aws.table.name"),
}
_STATUS = ("http.status_code", "http.response.status_code")
_REQUEST = {
    "method": ("http.method", "http.request.method"),
    "url": ("http.url", "url.full"),
    "user_agent": ("http.user_agent", "user_agent.original"),
    "client_ip": ("http.client_ip", "client.address"),
}
_SERVER = ("url.scheme", "url.path", "url.query", "server.address", "server.port")
_ANNOTATIONS = "aws.xray.annotations"
_METADATA = "aws.xray.metadata."
_CONSUMED = frozenset(
    name
    for names in (*_AWS.values(), _STATUS, *_REQUEST.values(), _SERVER, ("enduser.id", _ANNOTATIONS))
    for name in names
)


class SpanError(ValueError):
    """The datagram has no OTLP request."""


def documents(encoded: bytes) -> list[dict[str, Any]]:
    """Return a document per span of an ExportTraceServiceRequest in base64.

    Raises:
        SpanError: It is not one.
    """
    try:
        request = ExportTraceServiceRequest.FromString(base64.b64decode(encoded, validate=True))
    except (binascii.Error, DecodeError) as error:
        raise SpanError("no OTLP request") from error
    return [
        _document(span, _attributes(of_resource.resource.attributes))
        for of_resource in request.resource_spans
        for of_scope in of_resource.scope_spans
        for span in of_scope.spans
    ]


def _document(span: Span, resource: Attributes) -> dict[str, Any]:
    attributes = _attributes(span.attributes)
    trace_id = span.trace_id.hex()
    document: dict[str, Any] = {
        "name": _name(span, attributes, resource),
        "id": span.span_id.hex(),
        "trace_id": f"1-{trace_id[:8]}-{trace_id[8:]}",
        "start_time": span.start_time_unix_nano / 1e9,
        "end_time": span.end_time_unix_nano / 1e9,
        **dict.fromkeys(_marks(span, attributes), True),
        "aws": _aws(attributes, resource),
    }
    if span.parent_span_id:
        document["parent_id"] = span.parent_span_id.hex()
        if span.kind != Span.SPAN_KIND_SERVER:
            document["type"] = "subsegment"
    optional = {
        "namespace": _namespace(span, attributes),
        "http": _http(attributes),
        "cause": _cause(span, resource),
        "user": attributes.get("enduser.id"),
        **_described(attributes, {} if "type" in document else resource),
    }
    return document | {name: value for name, value in optional.items() if value}


def _name(span: Span, attributes: Attributes, resource: Attributes) -> str:
    """Return the name of a service for calls and servers, else that of the span without what X-Ray does not allow."""
    found: list[Any] = []
    if span.kind in _DEPENDENCIES and (remote := str(attributes.get("aws.remote.service", ""))):
        found.append(remote.removeprefix("AWS.SDK.").removeprefix("AWS::") if _is_aws(attributes) else remote)
    found += [attributes.get(name) for name in ("peer.service", "aws.service", "db.name")]
    if span.kind == Span.SPAN_KIND_SERVER:
        found = [attributes.get("aws.local.service"), *found, resource.get("service.name")]
    found += [attributes.get(name) for name in ("rpc.service", "http.host", "net.peer.name")]
    return str(next(filter(None, found), None) or _INVALID.sub("", span.name)[:_NAME_LENGTH] or "span")


def _is_aws(attributes: Attributes) -> bool:
    return attributes.get("rpc.system") == "aws-api"


def _namespace(span: Span, attributes: Attributes) -> str | None:
    if _is_aws(attributes) or "aws.service" in attributes:
        return "aws"
    return "remote" if span.kind == Span.SPAN_KIND_CLIENT else None


def _marks(span: Span, attributes: Attributes) -> Iterator[str]:
    """Yield the marks: by the HTTP status if it is one of an error, else by the status of the span."""
    status = _first(attributes, _STATUS)
    match status:
        case int() if 400 <= status <= 499:  # noqa: PLR2004 - 4xx
            yield "error"
            if status == 429:  # noqa: PLR2004 - Too Many Requests
                yield "throttle"
        case int() if 500 <= status <= 599:  # noqa: PLR2004 - 5xx
            yield "fault"
        case _ if span.status.code == Status.STATUS_CODE_ERROR:
            yield "fault"


def _http(attributes: Attributes) -> dict[str, Any] | None:
    request = _fields(attributes, _REQUEST)
    if "url" not in request and (address := attributes.get("server.address")):
        request["url"] = f"{attributes.get('url.scheme', 'http')}://{address}{attributes.get('url.path', '/')}"
    status = _first(attributes, _STATUS)
    parts = {"request": request, "response": {} if status is None else {"status": status}}
    return {name: part for name, part in parts.items() if part} or None


def _aws(attributes: Attributes, resource: Attributes) -> dict[str, Any]:
    name, language = resource.get("telemetry.sdk.name", ""), resource.get("telemetry.sdk.language", "")
    xray = {
        "sdk": f"{name} for {language}" if name and language else name,
        "sdk_version": resource.get("telemetry.sdk.version", ""),
    }
    return _fields(attributes, _AWS) | {
        "xray": {key: value for key, value in xray.items() if value} | {"auto_instrumentation": False}
    }


def _cause(span: Span, resource: Attributes) -> dict[str, Any] | None:
    exceptions = []
    for event in span.events:
        if event.name != "exception":
            continue
        attributes = _attributes(event.attributes)
        exception = {
            "id": secrets.token_hex(8),
            "type": attributes.get("exception.type", ""),
            "message": attributes.get("exception.message", ""),
            "remote": span.kind in _REMOTE,
        }
        frames = _FRAME.finditer(str(attributes.get("exception.stacktrace", "")))
        stack = [{**frame.groupdict(), "line": int(frame["line"])} for frame in frames]
        if stack and resource.get("telemetry.sdk.language") == "python":
            exception["stack"] = stack[::-1]
        exceptions.append(exception)
    return {"exceptions": exceptions} if exceptions else None


def _described(attributes: Attributes, resource: Attributes) -> dict[str, Any]:
    """Return annotations, which `aws.xray.annotations` lists, and metadata: all the other attributes."""
    listed = attributes.get(_ANNOTATIONS)
    indexed = set(listed) if isinstance(listed, list) else set()
    every = {**{f"otel.resource.{key}": value for key, value in resource.items()}, **attributes}
    annotations, default, metadata = {}, {}, {}
    for key, value in every.items():
        if key in indexed and isinstance(value, str | int | float):
            annotations[re.sub(r"[^0-9A-Za-z.]", "_", key)] = value
        elif key.startswith(_METADATA) and isinstance(value, str) and _is_json_object(value):
            metadata[key.removeprefix(_METADATA)] = json.loads(value)
        elif key not in _CONSUMED:
            default[key] = value
    if default:
        metadata["default"] = default
    return {"annotations": annotations, "metadata": metadata}


def _is_json_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False


def _fields(attributes: Attributes, fields: Mapping[str, tuple[str, ...]]) -> dict[str, Any]:
    found = {field: _first(attributes, names) for field, names in fields.items()}
    return {field: value for field, value in found.items() if value not in (None, "")}


def _first(attributes: Attributes, names: Iterable[str]) -> Any:
    return next((attributes[name] for name in names if name in attributes), None)


def _attributes(pairs: Iterable[KeyValue]) -> dict[str, Any]:
    return {pair.key: _value(pair.value) for pair in pairs}


def _value(value: AnyValue) -> Any:
    match value.WhichOneof("value"):
        case None:
            return None
        case "array_value":
            return [_value(part) for part in value.array_value.values]
        case "kvlist_value":
            return _attributes(value.kvlist_value.values)
        case "bytes_value":
            return base64.b64encode(value.bytes_value).decode()
        case kind:
            return getattr(value, kind)
