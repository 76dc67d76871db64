"""Protects an interface on loopback from other web sites, which can send requests to it from any browser tab."""

from collections.abc import Mapping

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class SameOrigin:
    """Serves `app` only under its own address and to its own pages, with `headers` in every response.

    DNS rebinding is detected by `Host`, a page of another origin by `Origin`
    (https://fetch.spec.whatwg.org/#origin-header). Programs send no `Origin` and are served.
    """

    def __init__(self, app: ASGIApp, headers: Mapping[str, str]) -> None:
        self._app = app
        self._headers = headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(self._headers)
            await send(message)

        app = _refusal(scope) or self._app
        await app(scope, receive, send_with_headers)


def _refusal(scope: Scope) -> JSONResponse | None:
    port = scope["server"][1]
    own = {f"127.0.0.1:{port}", f"localhost:{port}"}
    headers = Headers(scope=scope)
    if headers.getlist("host") not in [[host] for host in own]:
        return JSONResponse({"message": f"use the address 127.0.0.1:{port}"}, status_code=421)
    if not {f"http://{host}" for host in own}.issuperset(headers.getlist("origin")):
        return JSONResponse({"message": "other origins are not served"}, status_code=403)
    return None
