"""Reads the gateway's request from an ASGI scope, and sends its response."""

import ipaddress
import re

from starlette.types import Receive, Scope, Send

from local_aws.apigateway.events import Request, Response
from local_aws.xray.trace import TraceHeader

_LAST_PORT = 65_535
_BODILESS = frozenset({204, 304})
# https://www.rfc-editor.org/rfc/rfc3986#section-3.2.2, without IP addresses of future versions
_HOST = re.compile(
    rb"(?:\[(?P<address>[0-9A-Fa-f:.]+)\]|(?:[\w.~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+)(?::(?P<port>\d{1,5}))?"
)


def head_size(scope: Scope) -> int:
    """Return the bytes of the request line and of the values of all headers."""
    line = len(f"{scope['method']}  HTTP/{scope['http_version']}") + len(scope["raw_path"])
    query = len(scope["query_string"]) + 1 if scope["query_string"] else 0
    return line + query + sum(len(value) for _, value in scope["headers"])


def has_valid_host(scope: Scope) -> bool:
    """Return whether Host is a host with an optional port (https://www.rfc-editor.org/rfc/rfc9112#section-3.2).

    A request of HTTP/1.0 may lack it. Empty hosts and ports are not valid here, although the RFC's grammar has them.
    """
    sent = next((value for name, value in scope["headers"] if name == b"host"), None)
    if sent is None:
        return True
    host = _HOST.fullmatch(sent)
    if host is None or int(host["port"] or 0) > _LAST_PORT:
        return False
    if host["address"]:
        try:
            ipaddress.IPv6Address(host["address"].decode())
        except ValueError:
            return False
    return True


def declared_length(scope: Scope) -> int:
    """Return the request's Content-Length, or 0 without one."""
    return int(next((value for name, value in scope["headers"] if name == b"content-length"), 0))


async def read_body(receive: Receive, limit: int) -> bytes | None:
    """Return the body, at most one part more than `limit` bytes, or None when the client disconnected."""
    body = bytearray()
    more = True
    while more and len(body) <= limit:
        part = await receive()
        if part["type"] == "http.disconnect":
            return None
        body += part.get("body", b"")
        more = part.get("more_body", False)
    return bytes(body)


def read_request(scope: Scope, body: bytes) -> Request:
    """Return the request with the given body."""
    headers = tuple((name.decode("latin-1"), _text(value)) for name, value in scope["headers"])
    trace = next((value for name, value in headers if name == "x-amzn-trace-id"), "")
    return Request(
        method=scope["method"],
        path=_path(scope["raw_path"].decode("latin-1")),
        query=scope["query_string"].decode("latin-1"),
        headers=headers,
        body=body,
        source_ip=scope["client"][0],
        port=scope["server"][1],
        protocol=f"HTTP/{scope['http_version']}",
        trace=TraceHeader.parse(trace),
    )


async def send_response(send: Send, response: Response, added: tuple[tuple[str, str], ...]) -> None:
    """Send a response with additional headers; ignore a client that disconnected."""
    pairs = (*response.headers, *added)
    headers = [(name.encode(), value.encode(errors="replace")) for name, value in pairs]
    if response.status not in _BODILESS:
        headers.append((b"content-length", str(len(response.body)).encode()))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": response.body})


def _path(target: str) -> str:
    """Return the path of a request target, which may include the host (https://www.rfc-editor.org/rfc/rfc9112#section-3.2.2)."""
    if not target.startswith(("http://", "https://")):
        return target
    # Without `urlsplit`, which raises an error on an invalid host. The host does not matter here.
    return "/" + target.partition("://")[2].partition("/")[2]


def _text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")
