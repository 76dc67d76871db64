"""Converts HTTP requests to Lambda events of payload format 2.0, and functions' responses back to HTTP.

Rules: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html.
"""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, unquote

from local_aws.apigateway.routing import Match
from local_aws.model.deployment import Api
from local_aws.xray.trace import TraceHeader

_TEXT = re.compile(r"text/|[^/]+/(json|xml|javascript)\b|[^/]+/[^;]+\+(json|xml)\b", re.IGNORECASE)
_PORT = re.compile(r":\d*$")
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_NOT_IN_A_VALUE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_OWNED_BY_THE_GATEWAY = frozenset(
    {
        "apigw-requestid",
        "connection",
        "content-length",
        "date",
        "keep-alive",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
_HOP_BY_HOP = frozenset({"connection", "expect", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"})
_WITHOUT_BODY = frozenset({204, 205, 304})


class AnswerError(ValueError):
    """API Gateway does not accept the function's response: the client gets a 500."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request as the gateway received it: `path` and `query` as sent, header names in lower case, a whole body."""

    method: str
    path: str
    query: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    source_ip: str
    port: int
    protocol: str
    trace: TraceHeader

    def header(self, name: str) -> str:
        """Return the values of a header joined by commas, or an empty string."""
        return ",".join(value for header, value in self.headers if header == name)

    @property
    def host(self) -> str:
        """The host without its port, in lower case."""
        return _PORT.sub("", self.header("host")).lower()


@dataclass(frozen=True, slots=True)
class Response:
    """The response to the client."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


def message(status: int, text: str) -> Response:
    """Return a response of the gateway itself: a JSON object with the single key `message`."""
    body = json.dumps({"message": text}, separators=(",", ":")).encode()
    return Response(status, (("content-type", "application/json"),), body)


def request_context(
    request: Request, route_key: str | None, api: Api, *, account: str, request_id: str, now: datetime
) -> dict[str, Any]:
    """Return the event's `requestContext`; `route_key` is None when no route matches, `now` has a time zone."""
    host = request.host
    return {
        "accountId": account,
        "apiId": api.id,
        "domainName": host,
        "domainPrefix": host.partition(".")[0],
        "http": {
            "method": request.method,
            "path": unquote(request.path),
            "protocol": request.protocol,
            "sourceIp": request.source_ip,
            "userAgent": request.header("user-agent"),
        },
        "requestId": request_id,
        "routeKey": route_key,
        "stage": api.stage,
        "time": now.strftime("%d/%b/%Y:%H:%M:%S %z"),
        "timeEpoch": int(now.timestamp() * 1000),
    }


def event(request: Request, match: Match, api: Api, context: Mapping[str, Any]) -> dict[str, Any]:
    """Return the event of payload format 2.0, without the keys that the request has no value for."""
    body, is_base64 = _body(request)
    cookies = [cookie for name, value in request.headers if name == "cookie" for cookie in value.split(";")]
    optional: dict[str, Any] = {
        "cookies": [cookie.strip() for cookie in cookies if cookie.strip()],
        "queryStringParameters": _joined(parse_qsl(request.query, keep_blank_values=True)),
        "pathParameters": dict(match.path_parameters),
        "stageVariables": dict(api.stage_variables),
        "body": body,
    }
    return {
        "version": "2.0",
        "routeKey": match.route.key,
        "rawPath": unquote(request.path),
        "rawQueryString": request.query,
        "headers": _event_headers(request),
        "requestContext": dict(context),
        "isBase64Encoded": is_base64,
    } | {key: value for key, value in optional.items() if value}


def _event_headers(request: Request) -> dict[str, str]:
    own = {
        "content-length": str(len(request.body)),
        "x-amzn-trace-id": str(request.trace),
        "x-forwarded-for": ", ".join(filter(None, [request.header("x-forwarded-for"), request.source_ip])),
        "x-forwarded-port": str(request.port),
        "x-forwarded-proto": "http",
    }
    sent = [header for header in request.headers if header[0] not in own | dict.fromkeys((*_HOP_BY_HOP, "cookie"))]
    return dict(sorted((_joined(sent) | own).items()))


def _joined(pairs: list[tuple[str, str]]) -> dict[str, str]:
    joined: dict[str, str] = {}
    for name, value in pairs:
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    return joined


def _body(request: Request) -> tuple[str, bool]:
    """Return the body of textual media types as text, and any other body (forms too) as base64, as HTTP APIs do."""
    content_type = request.header("content-type")
    if not request.header("content-encoding") and (not content_type or _TEXT.match(content_type)):
        try:
            return request.body.decode(), False
        except UnicodeDecodeError:
            pass
    return base64.b64encode(request.body).decode(), bool(request.body)


def response(payload: bytes) -> Response:
    """Return the function's response. JSON without `statusCode` becomes the body of a 200.

    Raises:
        AnswerError: the response is not JSON, or a part of it is not of the documented type.
    """
    try:
        answer = json.loads(payload)
    except ValueError as error:
        raise AnswerError("the response is not JSON") from error
    if isinstance(answer, dict) and "statusCode" in answer:
        return _full(answer)
    body = answer.encode(errors="replace") if isinstance(answer, str) else payload
    return Response(200, (("content-type", "application/json"),), body)


def _full(answer: Mapping[str, Any]) -> Response:
    status = _status(answer["statusCode"])
    headers = _headers(answer.get("headers") or {})
    body = b"" if status in _WITHOUT_BODY else _answered_body(answer)
    if body and not any(name == "content-type" for name, _ in headers):
        headers.append(("content-type", "text/plain; charset=utf-8"))
    cookies = answer.get("cookies") or []
    if not isinstance(cookies, list):
        raise AnswerError("cookies is not a list")
    return Response(status, (*headers, *(("set-cookie", _value(cookie)) for cookie in cookies)), body)


def _status(value: object) -> int:
    if isinstance(value, str) and value.isdecimal():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not 200 <= value <= 599:  # noqa: PLR2004
        raise AnswerError(f"statusCode is {value!r}")
    return value


def _headers(headers: object) -> list[tuple[str, str]]:
    if not isinstance(headers, dict):
        raise AnswerError("headers is not an object")
    pairs = [(name.lower(), _value(value)) for name, value in headers.items() if value is not None]
    if not all(_TOKEN.fullmatch(name) for name, _ in pairs):
        raise AnswerError("a header's name is not a token")
    return [pair for pair in pairs if pair[0] not in _OWNED_BY_THE_GATEWAY]


def _value(value: object) -> str:
    if isinstance(value, bool | int | float):
        return json.dumps(value)
    if not isinstance(value, str) or _NOT_IN_A_VALUE.search(value):
        raise AnswerError("a header's value is not a string that fits into a header")
    return value.strip()


def _answered_body(answer: Mapping[str, Any]) -> bytes:
    body = answer.get("body") or ""
    if not isinstance(body, str):
        raise AnswerError("body is not a string")
    if not answer.get("isBase64Encoded"):
        return body.encode(errors="replace")
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError) as error:
        raise AnswerError("body is not base64") from error
