"""`python -m local_aws up` as a child process, and the processes that it leaves."""

import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from pathlib import Path
from types import TracebackType
from typing import Self

ROOT = Path(__file__).parents[3]
STEP_SECONDS = 600
# The default limits are too low for tests that send requests as fast as possible.
UNTHROTTLED = "throttling={rate_limit=1000,burst_limit=1000}"
END_SECONDS = 30


def local_aws(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "local_aws", *arguments]


def environment(root: Path = ROOT) -> dict[str, str]:
    """Return the environment of a command of the checkout `root`."""
    return os.environ | {"PYTHONPATH": str(root / "tools")}


def run(*arguments: str, root: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run a command of the checkout `root` to its end."""
    return subprocess.run(
        local_aws(*arguments),
        env=environment(root),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=STEP_SECONDS,
        check=False,
    )


class Up:
    """A running `up` of the checkout `root` with folder `work`. `below` is a command that runs it."""

    def __init__(self, work: Path, *options: str, root: Path = ROOT, below: tuple[str, ...] = ()) -> None:
        self.work = work
        self._root = root
        self._options = options
        self._below = below
        # Every child process inherits it, except sandboxes, whose environment is Lambda's with paths in `work`.
        self._mark = str(uuid.uuid4())
        self.output: list[str] = []

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [*self._below, *local_aws("up", "--port", "0", "--work", str(self.work), *self._options)],
            env=environment(self._root) | {"END_TO_END_RUN": self._mark},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._process.poll() is None:
            self.end()
        assert self._process.stdout
        self._process.stdout.close()

    @property
    def pid(self) -> int:
        """Return the id of its process, which is the data plane."""
        return self._process.pid

    def wait_for(self, text: str) -> None:
        """Wait until `text` is printed. Fail with the output if the command ends before."""
        assert self._process.stdout
        watchdog = threading.Timer(STEP_SECONDS, self._process.kill)
        watchdog.start()
        try:
            while not any(text in line for line in self.output):
                character = self._process.stdout.read(1)
                assert character, f"up ended without saying {text!r}:\n" + "".join(self.output)
                if self.output and not self.output[-1].endswith("\n"):
                    self.output[-1] += character
                else:
                    self.output.append(character)
        finally:
            watchdog.cancel()

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and return the exit code."""
        self._process.send_signal(number)
        try:
            self._process.communicate(timeout=END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            raise
        return self._process.returncode

    def wait_for_child(self, text: str) -> None:
        """Wait until a process of this run has `text` in its command."""
        deadline = time.monotonic() + STEP_SECONDS
        while not any(text in command for command in self.left_behind()):
            assert time.monotonic() < deadline
            time.sleep(0.05)

    def left_behind(self) -> list[str]:
        """Return the commands of the processes that this run started and that still run, except its own."""
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                state = (process / "stat").read_text().rpartition(")")[2].split()[0]
                if state == "Z" or int(process.name) in (os.getpid(), self._process.pid):
                    continue
                command = (process / "cmdline").read_bytes()
                known = command + (process / "environ").read_bytes()
                # For a sandbox with its own mounts, only this file shows the folder of its code.
                mounts = (process / "mountinfo").read_bytes()
                if self._mark.encode() in known or str(self.work).encode() in known + mounts:
                    found.append(command.replace(b"\0", b" ").decode())
            except OSError:
                continue  # ended meanwhile, or of another user
        return found
