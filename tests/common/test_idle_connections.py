"""Connections that died while nothing used them, such as in a frozen environment."""

import http.client
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest

from common import aws_calls, aws_clients
from common.aws_calls import IDLE_SECONDS, AwsCall, CallFailed
from common.aws_clients import make_client

REQUEST = {"TableName": "things", "Key": {"pk": {"S": "A"}}}
RESPONSE = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
RESET = struct.pack("ii", 1, 0)  # of SO_LINGER: the connection is reset when it is closed

type Afterwards = Callable[[socket.socket], None]


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


class Server:
    """Serves one request on each connection, and then does something with it."""

    def __init__(self, afterwards: Afterwards) -> None:
        self._afterwards = afterwards
        self.connections = 0
        self.done = threading.Event()

    def serve(self, server: socket.socket) -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection:
                self.connections += 1
                assert read_request(connection)
                connection.sendall(RESPONSE)
                self._afterwards(connection)
            self.done.set()


def read_request(connection: socket.socket) -> bool:
    """Read a whole request, which may arrive in parts; return False if the connection has ended."""
    file = connection.makefile("rb")
    if not file.readline():
        return False
    file.read(int(http.client.parse_headers(file)["content-length"]))
    return True


def vanish(connection: socket.socket) -> None:
    """Keep silent until the next request, as a host that is gone: its network resets the connection then."""
    connection.recv(1)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)


def close(_: socket.socket) -> None:
    """Close the connection."""


def serve_again(connection: socket.socket) -> None:
    while read_request(connection):
        connection.sendall(RESPONSE)


@contextmanager
def serving(afterwards: Afterwards) -> Iterator[tuple[Server, str]]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = Server(afterwards)
        thread = threading.Thread(target=server.serve, args=[listening])
        thread.start()
        try:
            yield server, f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def client_of(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> Callable[[str], Any]:
    def made(endpoint: str) -> Any:
        aws_clients.session.cache_clear()
        monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
        return make_client("dynamodb", aws_calls.config(3.0), clock)

    return made


def call(client: Any) -> AwsCall:
    """Make a call of one attempt."""
    made = AwsCall(client, "get_item", aws_calls.judged, attempts=1)
    made.make(REQUEST)
    return made


def test_connection_that_died_in_a_long_pause_is_not_used(client_of: Callable[[str], Any], clock: Clock) -> None:
    with serving(vanish) as (server, endpoint), closing(client_of(endpoint)) as client:
        call(client)
        clock.now += IDLE_SECONDS
        assert not call(client).lost
    assert server.connections == 2


def test_call_on_a_connection_that_died_in_a_short_pause_is_lost(client_of: Callable[[str], Any], clock: Clock) -> None:
    with serving(vanish) as (_, endpoint), closing(client_of(endpoint)) as client:
        call(client)
        clock.now += IDLE_SECONDS - 1
        with pytest.raises(CallFailed, match="ConnectionClosedError"):
            call(client)


def test_connection_that_the_server_has_closed_is_not_used(client_of: Callable[[str], Any]) -> None:
    with serving(close) as (server, endpoint), closing(client_of(endpoint)) as client:
        call(client)
        assert server.done.wait(10)
        assert not call(client).lost
    assert server.connections == 2


def test_connection_is_kept_for_a_short_pause(client_of: Callable[[str], Any], clock: Clock) -> None:
    with serving(serve_again) as (server, endpoint), closing(client_of(endpoint)) as client:
        for _ in range(3):
            call(client)
            clock.now += IDLE_SECONDS - 1
    assert server.connections == 1
