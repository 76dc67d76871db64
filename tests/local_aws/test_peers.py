"""Other users of the machine reach neither the page nor a Runtime API."""

import asyncio
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from starlette.responses import PlainTextResponse

from local_aws.apigateway.loopback_server import LoopbackServer
from local_aws.awslambda.runtime_api import RuntimeApi
from local_aws.peers import TABLE, Address, is_own
from tests.local_aws.zips import CREDENTIALS

ANOTHER = 65534  # nobody
GET = """
import socket, sys
with socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=20) as connection:
    try:
        connection.sendall(f"GET {sys.argv[2]} HTTP/1.1\\r\\nHost: 127.0.0.1:{sys.argv[1]}\\r\\n\\r\\n".encode())
        print(connection.recv(12).decode())
    except ConnectionResetError:
        print()
"""


def test_own_connection_is_known_from_that_of_another_user(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        ends = client.getsockname(), server.getsockname()
        assert is_own(*ends)
        assert not is_own(ends[0], ("127.0.0.1", 1))
        table = tmp_path / "tcp"
        lines = [line.split() for line in TABLE.read_text().splitlines()]
        table.write_text("\n".join(" ".join([*line[:7], str(os.getuid() + 1), *line[8:]]) for line in lines))
        assert not is_own(*ends, table)
        table.write_text("\n".join(" ".join([*line[:9], "0", *line[10:]]) for line in lines))
        assert not is_own(*ends, table)


def test_closed_connection_is_nobodys_and_not_roots() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        with socket.create_connection(server.getsockname()) as client:
            ends = client.getsockname(), server.getsockname()
            client.sendall(b"GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\n\r\n")
        assert not is_own(*ends)


class Others:
    """Takes every connection for that of another user, and remembers both addresses."""

    def __init__(self) -> None:
        self.connections: list[tuple[Address, Address]] = []

    def is_own(self, peer: Address, own: Address) -> bool:
        self.connections.append((peer, own))
        return False


ROOT = pytest.mark.skipif(os.getuid() != 0, reason="only root can connect as another user; Others stands in for it")
# The caller, and what decides whose a connection is.
CALLERS = [
    pytest.param(None, None, True, id="own user"),
    pytest.param(None, Others(), False, id="another user, by a stand-in"),
    pytest.param(ANOTHER, None, False, id="another user", marks=ROOT),
]


@pytest.mark.parametrize(("user", "others", "served"), CALLERS)
def test_another_user_reads_nothing_of_the_page(user: int | None, others: Others | None, *, served: bool) -> None:
    async def run() -> tuple[str, int]:
        serves = is_own if others is None else others.is_own
        async with LoopbackServer(PlainTextResponse("private"), serves=serves) as server:
            port = int(server.url.rpartition(":")[2])
            return await asyncio.to_thread(get, port, "/", user), port

    response, port = asyncio.run(run())
    assert response == ("HTTP/1.1 200" if served else "")
    check(others, port)


@pytest.mark.parametrize(("user", "others", "served"), CALLERS)
def test_another_user_gets_nothing_of_a_runtime_api(user: int | None, others: Others | None, *, served: bool) -> None:
    async def run() -> tuple[str, int]:
        api = RuntimeApi(CREDENTIALS) if others is None else RuntimeApi(CREDENTIALS, others.is_own)
        port = int((await api.start()).rpartition(":")[2])
        try:
            return await asyncio.to_thread(get, port, "/nowhere", user), port
        finally:
            await api.close()

    response, port = asyncio.run(run())
    assert response == ("HTTP/1.1 404" if served else "")
    check(others, port)


def check(others: Others | None, port: int) -> None:
    """Check that the stand-in was asked about the last connection to the port."""
    if others is not None:
        (host, _), own = others.connections[-1]
        assert (host, own) == ("127.0.0.1", ("127.0.0.1", port))


def get(port: int, path: str, user: int | None) -> str:
    """Return the beginning of the response to a request of this user."""
    python = getattr(sys, "_base_executable", sys.executable) if user is None else "/usr/bin/python3"
    if not Path(python).exists():
        pytest.skip("another user cannot run this Python")
    return subprocess.check_output([python, "-c", GET, str(port), path], text=True, user=user, cwd="/").strip()
