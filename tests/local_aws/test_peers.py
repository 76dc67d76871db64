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
from local_aws.peers import TABLE, is_own
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


@pytest.mark.skipif(os.getuid() != 0, reason="only root can connect as another user")
@pytest.mark.parametrize(("user", "served"), [(None, "HTTP/1.1 200"), (ANOTHER, "")])
def test_another_user_reads_nothing_of_the_page(user: int | None, served: str) -> None:
    async def run() -> str:
        async with LoopbackServer(PlainTextResponse("private"), private=True) as server:
            return await asyncio.to_thread(get, server.url.rpartition(":")[2], "/", user)

    assert asyncio.run(run()) == served


@pytest.mark.skipif(os.getuid() != 0, reason="only root can connect as another user")
@pytest.mark.parametrize(("user", "served"), [(None, "HTTP/1.1 404"), (ANOTHER, "")])
def test_another_user_gets_nothing_of_a_runtime_api(user: int | None, served: str) -> None:
    async def run() -> str:
        api = RuntimeApi(CREDENTIALS)
        port = (await api.start()).rpartition(":")[2]
        try:
            return await asyncio.to_thread(get, port, "/nowhere", user)
        finally:
            await api.close()

    assert asyncio.run(run()) == served


def get(port: str, path: str, user: int | None) -> str:
    """Return the beginning of the response to a request of this user."""
    python = getattr(sys, "_base_executable", sys.executable) if user is None else "/usr/bin/python3"
    if not Path(python).exists():
        pytest.skip("another user cannot run this Python")
    return subprocess.check_output([python, "-c", GET, port, path], text=True, user=user, cwd="/").strip()
