"""An ASGI application on a loopback port, inside the running event loop."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from http import HTTPStatus
from typing import Self, override

import h11
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from local_aws.peers import Serves

_KEEP_ALIVE = 60  # seconds
_BACKLOG = 2048
_HEAD_BYTES = 1024 * 1024  # the gateway's own limit is lower
_GRACE = 2  # seconds: for requests in progress when the server ends, and for clients whose request is malformed


class _Server(uvicorn.Server):
    @override
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Do not handle signals: the program that contains this server does."""
        yield


class _Protocol(H11Protocol):
    """Reads on after a 400: closing at once would reset the connection of a client that is still sending.

    The client would then lose the response (RFC 9112 section 9.6).
    """

    _rejected = False

    @override
    def data_received(self, data: bytes) -> None:
        if not self._rejected:
            super().data_received(data)

    @override
    def send_400_response(self, msg: str) -> None:
        headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
        response = h11.Response(status_code=HTTPStatus.BAD_REQUEST, headers=headers, reason=b"Bad Request")
        for event in (response, h11.Data(data=msg.encode("ascii")), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event))
        self._rejected = True
        self.transport.write_eof()
        self.loop.call_later(_GRACE, self.transport.close)


def _serving(serves: Serves) -> type[_Protocol]:
    """Return the protocol that drops other connections."""

    class Private(_Protocol):
        @override
        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            if not serves(transport.get_extra_info("peername"), transport.get_extra_info("sockname")):
                transport.abort()

    return Private


class LoopbackServer:
    """Serves `app` on 127.0.0.1 while the block runs; port 0 takes a free one.

    Args:
        app: The application.
        port: To listen on.
        serves: Decides which connections are served, such as `is_own`; None: all are.

    Raises:
        OSError: on entering, when the port is taken.
    """

    def __init__(self, app: ASGIApp, port: int = 0, *, serves: Serves | None = None) -> None:
        self._server = _Server(
            uvicorn.Config(
                app,
                http=_Protocol if serves is None else _serving(serves),
                h11_max_incomplete_event_size=_HEAD_BYTES,
                lifespan="off",
                ws="none",
                log_config=None,
                log_level="critical",
                access_log=False,
                server_header=False,
                proxy_headers=False,  # A client's X-Forwarded-For must not replace the peer's address.
                timeout_keep_alive=_KEEP_ALIVE,
                timeout_graceful_shutdown=_GRACE,
            )
        )
        self._port = port

    async def __aenter__(self) -> Self:
        # Listening here, not in uvicorn's task, so that a client can connect as soon as the block begins.
        # asyncio sets TCP_NODELAY only when the protocol is named. Without it each response takes 40 ms (Nagle).
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._socket.bind(("127.0.0.1", self._port))
        except OSError:
            self._socket.close()
            raise
        self._socket.listen(_BACKLOG)
        self._port = self._socket.getsockname()[1]
        self._task = asyncio.create_task(self._server.serve(sockets=[self._socket]))
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.should_exit = True
        await self._task

    @property
    def url(self) -> str:
        """The address to send requests to."""
        return f"http://127.0.0.1:{self._port}"
