"""The operating system's side of an execution environment: its process, its output, its end."""

import asyncio
import contextlib
import math
import os
import signal
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Self

from local_aws.output_pipe import OutputPipe
from local_aws.runtime_folder import base_interpreter

_SANDBOX = Path(__file__).with_name("sandbox.py")


class SandboxProcess:
    """A process that runs AWS's runtime client, in a session of its own, and ends when this one does.

    `exited` is done when it has ended, with its return code as `subprocess` gives it.
    """

    def __init__(self, process: asyncio.subprocess.Process, output: OutputPipe, lifeline: int) -> None:
        self._process = process
        self._output = output
        self._lifeline = lifeline
        self.exited = asyncio.create_task(self._watch())

    @classmethod
    async def start(
        cls,
        handler: str,
        import_path: Sequence[str],
        *,
        folder: Path,
        variables: Mapping[str, str],
        write: Callable[[str], None],
    ) -> Self:
        """Start the process in `folder`; every line that it prints goes to `write`."""
        lifeline_end, lifeline = os.pipe()
        output = OutputPipe(write)
        try:
            process = await asyncio.create_subprocess_exec(
                # No site-packages (-S), no script folder (-P), and no bytecode written beside the code (-B).
                *(str(base_interpreter()), "-S", "-P", "-B", str(_SANDBOX), str(lifeline_end), handler, *import_path),
                cwd=folder,
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
        """Whether it runs at this moment; `exited` is done a little later than the process itself."""
        try:
            return os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None
        except ChildProcessError:
            return False

    @property
    def end(self) -> str:
        """How it ended, in Lambda's words."""
        code = self.exited.result()
        if code < 0:
            return f"Runtime exited with error: signal: {(signal.strsignal(-code) or str(-code)).lower()}"
        return f"Runtime exited with error: exit status {code}" if code else "Runtime exited without providing a reason"

    def max_memory(self) -> int:
        """The most memory (MB) that the process has held so far; 0 once it has ended."""
        with contextlib.suppress(OSError):
            _, _, peak = Path(f"/proc/{self._process.pid}/status").read_bytes().partition(b"VmHWM:")
            if peak:
                return math.ceil(int(peak.split(maxsplit=1)[0]) / 1024)
        return 0

    def drain(self) -> None:
        """Take what the process has printed up to now."""
        self._output.drain()

    async def close(self) -> None:
        """End the process and everything that it started."""
        if not self.exited.done():
            self._kill()
        await self.exited
        self._output.close()
        os.close(self._lifeline)

    async def _watch(self) -> int:
        code = await self._process.wait()
        self._kill()  # What it started may outlive it.
        return code

    def _kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
