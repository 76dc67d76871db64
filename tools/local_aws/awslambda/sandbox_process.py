"""The process of an execution environment, its output and its end."""

import asyncio
import contextlib
import math
import os
import signal
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Self

from local_aws.awslambda.mounts import LAMBDA, Folders, mounted
from local_aws.awslambda.output_pipe import OutputPipe
from local_aws.awslambda.runtime_folder import base_interpreter

# Passed as text because the environment's mounts may hide its path.
_SANDBOX = Path(__file__).with_name("sandbox.py").read_text(encoding="utf-8")
_STATUS_SIZE = 8192  # bytes: more than /proc/PID/status ever has
_MEMORY_INTERVAL = 0.1  # seconds between checks of a busy process


class SandboxProcess:
    """A process that runs AWS's runtime client, in a session of its own, and ends when this one does.

    `exited` is done when it has ended, with its return code as `subprocess` reports it; `peak` is the latest result of
    `max_memory`.
    """

    def __init__(self, process: asyncio.subprocess.Process, output: OutputPipe, lifeline: int) -> None:
        self._process = process
        self._output = output
        self._lifeline = lifeline
        # Kept open: it is read after every invocation.
        self._status = os.open(f"/proc/{process.pid}/status", os.O_RDONLY | os.O_CLOEXEC)
        self.peak = 0
        self.exited = asyncio.create_task(self._watch())

    @classmethod
    async def start(
        cls,
        handler: str,
        folders: Folders,
        *,
        tmp_size: int | None,
        variables: Mapping[str, str],
        write: Callable[[str], None],
    ) -> Self:
        """Start the process in the task's folder; every line that it prints goes to `write`.

        With a `tmp_size` (MB) the folders are mounted at Lambda's own paths; `can_mount` says whether they can be.
        """
        lifeline_end, lifeline = os.pipe()
        output = OutputPipe(write)
        seen = folders if tmp_size is None else LAMBDA
        # No site-packages (-S), no current folder (-P), and no bytecode written beside the code (-B).
        command = [str(base_interpreter()), "-S", "-P", "-B", "-c", _SANDBOX]
        command += [str(lifeline_end), handler, *seen.import_path]
        if tmp_size is not None:
            command = mounted(command, folders, tmp_size)
        try:
            process = await asyncio.create_subprocess_exec(
                *command,
                cwd=folders.task,
                env=variables,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output.write_end,
                stderr=output.write_end,
                pass_fds=[lifeline_end],
                start_new_session=True,
            )
        except BaseException:
            output.close()
            os.close(lifeline)
            raise
        finally:
            os.close(lifeline_end)
            output.close_write_end()
        return cls(process, output, lifeline)

    @property
    def running(self) -> bool:
        """Return whether it runs at this moment; `exited` is done a little later than the process itself."""
        try:
            return os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None
        except ChildProcessError:
            return False

    @property
    def end(self) -> str:
        """Return how it ended, in the words of Lambda's log."""
        code = self.exited.result()
        if code < 0:
            return f"Runtime exited with error: signal: {(signal.strsignal(-code) or str(-code)).lower()}"
        return f"Runtime exited with error: exit status {code}" if code else "Runtime exited without providing a reason"

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    def max_memory(self) -> int:
        """Return the most memory (MB) that the process held, also after its end."""
        self.peak = max(self.peak, self._memory(b"VmHWM:"))
        return self.peak

    @contextlib.contextmanager
    def memory_limit(self, limit: int) -> Iterator[None]:
        """Kill the process when it holds more than `limit` MB during the block."""
        loop = asyncio.get_running_loop()
        handle: asyncio.TimerHandle | None = None

        def look() -> None:
            nonlocal handle
            if self._memory(b"VmRSS:") > limit:
                self.max_memory()
                self.kill()
            else:
                handle = loop.call_later(_MEMORY_INTERVAL, look)

        handle = loop.call_later(_MEMORY_INTERVAL, look)
        try:
            yield
        finally:
            handle.cancel()

    def _memory(self, field: bytes) -> int:
        with contextlib.suppress(OSError):
            _, _, rest = os.pread(self._status, _STATUS_SIZE, 0).partition(field)
            if rest:
                return math.ceil(int(rest.split(maxsplit=1)[0]) / 1024)
        return 0

    def drain(self) -> None:
        """Read the process's output up to now."""
        self._output.drain()

    async def close(self) -> None:
        """End the process and everything that it started."""
        if not self.exited.done():
            self.kill()
        await self.exited
        self._output.close()
        os.close(self._lifeline)
        os.close(self._status)

    async def _watch(self) -> int:
        code = await self._process.wait()
        self.kill()  # Its children may outlive it.
        return code

    def kill(self) -> None:
        """Kill the process and everything that it started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
