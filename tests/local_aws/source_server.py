"""`make dev` as a child of the tests."""

import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx2

from tests.support.deployed.up import ROOT, environment, local_aws

SECONDS = 60.0


@contextmanager
def served_from_source() -> Iterator[str]:
    """Yield the address of all services while the block runs; `make dev` must end without a traceback."""
    port = _free_port()
    roots = ":".join(str(ROOT / root) for root in ("libs", "services", "tools"))
    with subprocess.Popen(
        local_aws("dev", "--port", str(port)),
        env=environment() | {"PYTHONPATH": roots},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    ) as process:
        try:
            _wait_for(f"http://127.0.0.1:{port}/")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.send_signal(signal.SIGINT)
            output, _ = process.communicate(timeout=30)
    assert b"Traceback" not in output


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def _wait_for(url: str) -> None:
    """Poll until the first response, because uvicorn does not report when its reloaded child serves."""
    deadline = time.monotonic() + SECONDS
    while True:
        try:
            httpx2.get(url, timeout=30)
        except httpx2.TransportError:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        else:
            return
