import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.local_aws.processes import ended, watch
from tests.local_aws.zips import Zips

SECONDS = 60.0
ROOT = Path(__file__).parents[3]

# A program with a data plane, as `make up` is one, in the middle of a request.
PROGRAM = """
import asyncio, signal, sys
from pathlib import Path
from local_aws.data_plane.server import DataPlane
from local_aws.model.deployment import Archive
from tests.local_aws.zips import CONTROL_PLANE, a_deployment, a_function, assume, deliver

async def main():
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, asyncio.current_task().cancel)
    code = Archive(sys.argv[1], sys.argv[2])
    deployment = a_deployment(a_function(code=code, timeout=600, variables={"PORT": sys.argv[4]}))
    fakes = {"read": lambda _: deployment, "assume": assume, "deliver": deliver}
    fakes["mountable"] = lambda _: sys.argv[5] == "True"
    async with DataPlane(CONTROL_PLANE, Path(sys.argv[3]), **fakes) as plane:
        print(plane.url, plane.admin_url, flush=True)
        _, port = plane.url.rsplit(":", 1)
        _, writer = await asyncio.open_connection("127.0.0.1", int(port))
        writer.write(b"GET / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n")
        await asyncio.Event().wait()

try:
    asyncio.run(main())
except asyncio.CancelledError:
    print("ended in order", flush=True)
"""

# Sends its process id and its runtime API, then stays in the request. It ignores every signal that can be ignored.
HANDLER = """
import os, signal, socket, subprocess, time
def handler(event, context):
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGIO):
        signal.signal(number, signal.SIG_IGN)
    with socket.create_connection(("127.0.0.1", int(os.environ["PORT"]))) as listener:
        listener.sendall(f"{os.getpid()} {os.environ['AWS_LAMBDA_RUNTIME_API']}".encode())
    while True:
        time.sleep(600)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_killed_data_plane_leaves_no_process_and_no_port(
    number: signal.Signals, *, mounts: bool, zips: Zips, tmp_path: Path
) -> None:
    code = zips.add({"main.py": HANDLER})
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(SECONDS)
    port = str(listener.getsockname()[1])
    program = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, code.sha256, code.location, str(tmp_path / "work"), port, str(mounts)],
        stdout=subprocess.PIPE,
        text=True,
        env={"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tools'}"},
    )
    with program, listener:
        assert program.stdout is not None
        urls = program.stdout.readline().split()
        with listener.accept()[0] as connection, connection.makefile() as reader:
            pid, runtime_api = reader.read().split()
        environment = watch(int(pid))
        program.send_signal(number)
        assert ended(environment)
        assert program.wait(20) == (0 if number is signal.SIGTERM else -signal.SIGKILL)
        assert program.stdout.read() == ("ended in order\n" if number is signal.SIGTERM else "")
    for address in (*urls, runtime_api):
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", int(address.rpartition(":")[2])))
    left = list((tmp_path / "work").glob("environments/*"))
    assert len(left) == (0 if mounts or number is signal.SIGTERM else 1)
