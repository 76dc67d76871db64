"""Headers that protect callers' data: see OWASP's list, https://cheatsheetseries.owasp.org."""

from typing import Final

from fastapi import Response
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    # Most responses contain personal data, so that no other cache than the caller's own program may keep them.
    "Cache-Control": "no-store",
}


def revalidated(response: Response) -> None:
    """Let caches keep this response, as it is the same for every caller; they have to ask whether it has changed."""
    response.headers["Cache-Control"] = "no-cache"


class ProtectionMiddleware:
    """Add `HEADERS` to every response that does not have them, and `Strict-Transport-Security` if the app wants it.

    `app.state.hsts_seconds` says for how long browsers shall use HTTPS only (RFC 6797); 0: the header is left out.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_protected(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                if seconds := getattr(scope["app"].state, "hsts_seconds", 0):
                    headers["Strict-Transport-Security"] = f"max-age={seconds}; includeSubDomains"
            await send(message)

        await self._app(scope, receive, send_protected)
