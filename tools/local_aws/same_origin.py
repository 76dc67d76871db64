"""Protects an interface on loopback from web sites, which can send requests to it from any browser tab.

Every HTTP interface of the embedded AWS uses it, except API Gateway, which is for browsers.
"""

import hmac
import json
from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import NamedTuple
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Values that a browser sends for the interface's own pages, and for an address that the user has entered.
# https://www.w3.org/TR/fetch-metadata/#sec-fetch-site-header
_OWN_SITES = {"none", "same-origin"}


class Rejection(NamedTuple):
    """The status of a request that is not served, and the reason."""

    status: HTTPStatus
    message: str


UNKNOWN_CALLER = Rejection(HTTPStatus.UNAUTHORIZED, "send `Authorization: Bearer <AWS_SECRET_ACCESS_KEY of this run>`")


def bearing(token: str) -> dict[str, str]:
    """Return the header that shows a token."""
    return {"Authorization": f"Bearer {token}"}


def shows(token: str, authorization: str) -> bool:
    """Return whether the header `Authorization` has this bearer token, such as this run's AWS_SECRET_ACCESS_KEY."""
    return hmac.compare_digest(bearing(token)["Authorization"].encode(), authorization.encode())


def rejection(
    port: int, hosts: Sequence[str], origins: Sequence[str] = (), sites: Sequence[str] = ()
) -> Rejection | None:
    """Return why a request is not served, or None.

    DNS rebinding is detected by `Host`, a page of another origin by `Origin`
    (https://fetch.spec.whatwg.org/#origin-header), and by `Sec-Fetch-Site` where a browser sends no `Origin`.
    Programs send only `Host`.

    Args:
        port: The port on 127.0.0.1 that the request came to.
        hosts: The request's `Host` headers.
        origins: Its `Origin` headers.
        sites: Its `Sec-Fetch-Site` headers.
    """
    own = {f"127.0.0.1:{port}", f"localhost:{port}"}
    if len(hosts) != 1 or hosts[0] not in own:
        return Rejection(HTTPStatus.MISDIRECTED_REQUEST, f"use the address 127.0.0.1:{port}")
    if not ({f"http://{host}" for host in own}.issuperset(origins) and _OWN_SITES.issuperset(sites)):
        return Rejection(HTTPStatus.FORBIDDEN, "other origins are not served")
    return None


class SameOrigin:
    """Serves an ASGI application only under its own address and to its own pages.

    Args:
        app: The application.
        headers: Added to every response.
        token: What a caller has to show for anything but GET and HEAD, as `shows` says.
    """

    def __init__(self, app: ASGIApp, headers: Mapping[str, str], token: str) -> None:
        self._app = app
        self._headers = headers
        self._token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(self._headers)
            await send(message)

        app = _refusal(scope, self._token) or self._app
        await app(scope, receive, send_with_headers)


class SameOriginWsgi:
    """Serves a WSGI application only under its own address and to its own pages. Rejections are problems (RFC 9457).

    Args:
        application: The application.
        token: What a caller has to show, as `shows` says; empty for an application that authenticates its callers.
    """

    def __init__(self, application: WSGIApplication, token: str = "") -> None:
        self._application = application
        self._token = token

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Serve one request."""
        names = ("HTTP_HOST", "HTTP_ORIGIN", "HTTP_SEC_FETCH_SITE")
        hosts, origins, sites = ([environ[name]] if name in environ else [] for name in names)
        if "://" in environ.get("REQUEST_URI", "").partition("?")[0]:
            hosts = []  # The server would take the host of an absolute target in place of this one.
        rejected = rejection(int(environ["SERVER_PORT"]), hosts, origins, sites)
        if rejected is None and self._token and not shows(self._token, environ.get("HTTP_AUTHORIZATION", "")):
            rejected = UNKNOWN_CALLER
        if rejected is None:
            return self._application(environ, start_response)
        status, phrase = rejected.status, rejected.status.phrase
        body = json.dumps(
            {"type": "about:blank", "title": phrase, "status": status, "detail": rejected.message}
        ).encode()
        headers = [("Content-Type", "application/problem+json"), ("Content-Length", str(len(body)))]
        if status is HTTPStatus.UNAUTHORIZED:
            headers.append(("WWW-Authenticate", "Bearer"))
        start_response(f"{status} {phrase}", [*headers, ("Connection", "close")])
        return [body]


def _refusal(scope: Scope, token: str) -> JSONResponse | None:
    headers = Headers(scope=scope)
    sent = (headers.getlist(name) for name in ("host", "origin", "sec-fetch-site"))
    rejected = rejection(scope["server"][1], *sent)
    reads = scope["method"] in ("GET", "HEAD")
    if rejected is None and not reads and not shows(token, headers.get("authorization", "")):
        rejected = UNKNOWN_CALLER
    return None if rejected is None else JSONResponse({"message": rejected.message}, status_code=rejected.status)
