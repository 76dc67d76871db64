"""Methods and paths that no route has to declare: HEAD, OPTIONS, and a slash at the end."""

from http import HTTPStatus
from typing import Final

from fastapi.routing import iter_route_contexts
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

METHODS_OF_EVERY_PATH: Final = {"OPTIONS"}


def allowed_methods(scope: Scope) -> list[str]:
    """Return the methods of the request's path: those of all its routes, HEAD where there is GET, and OPTIONS."""
    allowed = set(METHODS_OF_EVERY_PATH)
    for route in iter_route_contexts(scope["app"].routes):
        if route.path_regex.match(scope["path"]):
            allowed |= route.methods or set()
    if "GET" in allowed:
        allowed.add("HEAD")
    return sorted(allowed)


class MethodsMiddleware:
    """Serve HEAD as GET, and OPTIONS on every path; ignore a slash at the end of a path.

    The response to HEAD keeps its body, because the server in front of the application, such as API Gateway, drops it
    and computes the content length from it, which must be that of GET (RFC 9110 sections 8.6 and 9.3.2).

    OPTIONS is for callers that ask for the methods, and for preflights that API Gateway leaves to the function, to
    whose responses it adds the CORS headers (RFC 9110 sections 9.3.2 and 9.3.7).
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        # Starlette's patterns would match a line feed at the end of a path.
        path = scope["path"].replace("\n", "%0A")
        scope["path"] = path[:-1] if path.endswith("/") and path != "/" else path
        match scope["method"]:
            case "OPTIONS":
                response = Response(
                    status_code=HTTPStatus.NO_CONTENT, headers={"Allow": ", ".join(allowed_methods(scope))}
                )
                await response(scope, receive, send)
            case "HEAD":
                await self._head(scope, receive, send)
            case _:
                await self._app(scope, receive, send)

    async def _head(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_to_head(message: Message) -> None:
            # The server looks at the method when it sends the body.
            scope["method"] = "HEAD"
            await send(message)

        scope["method"] = "GET"
        try:
            await self._app(scope, receive, send_to_head)
        finally:
            scope["method"] = "HEAD"
