"""HTTP requests as clients send them, byte for byte, and as API Gateway hands them to a function."""

import base64
import http.client
import json
import re
import socket
import ssl
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any, Final, Self
from urllib.parse import unquote, urlencode, urlsplit

import httpx2

from common.http.body import FORM, JSON
from tests.support.http_events import http_event
from tests.support.profile import Sent

SECONDS: Final = 60.0
TEXT = re.compile(r"text/|[^/]+/([^;]+\+)?(json|xml|javascript)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Request:
    """A request: target as in the request line, header names in lower case."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    @classmethod
    def of(cls, method: str, target: str, sent: Sent, headers: Mapping[str, str]) -> Self:
        """Return the request with the arguments of a profile.

        Args:
            method: Its method.
            target: Its path, encoded, and its query if `sent` has none.
            sent: The arguments.
            headers: By which the caller authenticates.
        """
        body, media_type = _body(sent)
        named = {name.lower(): value for name, value in {**headers, **sent.get("headers", {})}.items()}
        if body:
            named.setdefault("content-type", media_type)
        if sent.get("params"):
            target = f"{target}?{urlencode(sent['params'], errors='surrogatepass')}"
        return cls(method, target, tuple(named.items()), body)

    def header(self, name: str) -> str | None:
        """Return the values of a header joined by commas, or None."""
        found = [value for each, value in self.headers if each == name]
        return ",".join(found) if found else None

    def with_headers(self, *changes: tuple[str, str | None]) -> Self:
        """Return the request with these headers in the place of those of the same names; None removes one."""
        names = {name for name, _ in changes}
        kept = [header for header in self.headers if header[0] not in names]
        return replace(self, headers=(*kept, *((name, value) for name, value in changes if value is not None)))

    def event(self, request_id: str) -> dict[str, Any]:
        """Return the request as an event of payload format 2.0, with the path decoded and equal headers joined."""
        path, _, query = self.target.partition("?")
        event = http_event(self.method, unquote(path), request_id=request_id)
        event["rawQueryString"] = query
        event["headers"] |= {name: self.header(name) for name, _ in self.headers if name != "cookie"}
        if cookies := [value for name, value in self.headers if name == "cookie"]:
            event["cookies"] = [cookie.strip() for value in cookies for cookie in value.split(";")]
        if not self.header("transfer-encoding"):
            event["headers"].setdefault("content-length", str(len(self.body)))
        if self.body:
            event["body"], event["isBase64Encoded"] = self._event_body()
        return event

    def raw(self, host: str) -> bytes:
        """Return the bytes of the request; it closes the connection."""
        headers = dict.fromkeys(name for name, _ in self.headers)
        own = [("connection", "close")]
        if "host" not in headers:
            own.append(("host", host))
        if "content-length" not in headers and "transfer-encoding" not in headers:
            own.append(("content-length", str(len(self.body))))
        lines = [
            f"{self.method} {self.target} HTTP/1.1",
            *(f"{name}: {value}" for name, value in (*own, *self.headers)),
        ]
        body = self.body
        if self.header("transfer-encoding"):
            body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body) if body else b"0\r\n\r\n"
        return "\r\n".join((*lines, "", "")).encode() + body

    def _event_body(self) -> tuple[str, bool]:
        if not self.header("content-encoding") and TEXT.match(self.header("content-type") or "text/plain"):
            try:
                return self.body.decode(), False
            except UnicodeDecodeError:
                pass
        return base64.b64encode(self.body).decode(), True


def _body(sent: Sent) -> tuple[bytes, str]:
    if "text" in sent:
        return sent["text"].encode(), "text/plain"
    if "data" in sent:
        return urlencode(sent["data"]).encode(), FORM
    return (json.dumps(sent["json"], ensure_ascii=False).encode() if "json" in sent else b""), JSON


def send(base_url: str, request: Request) -> httpx2.Response:
    """Send the bytes of a request over a connection of its own.

    Raises:
        OSError: The server cannot be reached, or sends no response within a minute.
        http.client.HTTPException: The response is not HTTP.
    """
    url = urlsplit(base_url)
    secure = url.scheme == "https"
    port = url.port or (443 if secure else 80)
    with socket.create_connection((url.hostname, port), timeout=SECONDS) as plain:
        connection = ssl.create_default_context().wrap_socket(plain, server_hostname=url.hostname) if secure else plain
        with connection:
            with suppress(ConnectionError):  # The response to a request that is too large may come before its end.
                connection.sendall(request.raw(url.netloc))
            response = http.client.HTTPResponse(connection, method=request.method)
            response.begin()
            # `read` ignores a body that the response must not have.
            has_no_body = request.method == "HEAD" or response.status in {
                HTTPStatus.NO_CONTENT,
                HTTPStatus.NOT_MODIFIED,
            }
            content = response.fp.read() if has_no_body else response.read()
            return httpx2.Response(response.status, headers=response.getheaders(), content=content)
