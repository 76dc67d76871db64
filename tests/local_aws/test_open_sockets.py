"""The tests of open sockets see what they look for."""

import os
import socket
from contextlib import ExitStack

import pytest

from tests.support.processes import family_of, sockets_of


@pytest.mark.parametrize(
    ("family", "kind", "address"),
    [
        (socket.AF_INET, socket.SOCK_STREAM, "0.0.0.0"),  # noqa: S104 - what must be found
        (socket.AF_INET, socket.SOCK_STREAM, "127.0.0.1"),
        (socket.AF_INET, socket.SOCK_DGRAM, "0.0.0.0"),  # noqa: S104 - what must be found
        (socket.AF_INET, socket.SOCK_DGRAM, "127.0.0.2"),
        (socket.AF_INET6, socket.SOCK_STREAM, "::"),
        (socket.AF_INET6, socket.SOCK_STREAM, "::1"),
        (socket.AF_INET6, socket.SOCK_DGRAM, "::1"),
    ],
)
def test_socket_is_found_with_its_address(family: int, kind: int, address: str) -> None:
    with ExitStack() as stack:
        opened = stack.enter_context(socket.socket(family, kind))
        try:
            opened.bind((address, 0))
        except OSError as error:
            pytest.skip(f"this machine has no {address}: {error}")
        if kind == socket.SOCK_STREAM:
            opened.listen()
        found = [one for one in sockets_of({os.getpid()}) if one.port == opened.getsockname()[1]]
    assert [str(one.address) for one in found] == [address]


def test_connected_socket_of_tcp_is_not_found() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        ports = [one.port for one in sockets_of({os.getpid()})]
        assert server.getsockname()[1] in ports
        assert client.getsockname()[1] not in ports


def test_family_has_the_parents_descendants() -> None:
    assert os.getpid() in family_of(os.getppid())
    assert os.getppid() not in family_of(os.getpid())
