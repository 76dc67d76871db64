"""A process that is measured."""

import os
import signal
import time
from typing import Any, Final

LIMIT: Final = 60.0  # seconds for a phase


class Ended(Exception):  # noqa: N818 - it is not always an error
    """The process reported an error, ended, or takes too long."""


class Child:
    """A process of the subject, its output in a file, and its CPU time."""

    def __init__(self, command: list[str], variables: dict[str, str], output: str) -> None:
        self._output = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        redirected = [(os.POSIX_SPAWN_DUP2, self._output, standard) for standard in (1, 2)]
        self.began = time.perf_counter()
        self.pid = os.posix_spawn(command[0], command, variables, file_actions=redirected, setsid=True)

    def cpu(self) -> float:
        """Return the seconds of CPU time of all its threads: clock_getcpuclockid(3)."""
        return time.clock_gettime(~self.pid << 3 | 2)

    def memory(self) -> int:
        """Return the bytes of memory that it holds now."""
        with open(f"/proc/{self.pid}/statm") as file:  # noqa: PTH123 - pathlib would be imported for this alone
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def ended(self) -> bool:
        """Return whether it has ended."""
        return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def end(self) -> dict[str, Any]:
        """Kill it; return its CPU time in seconds, and its peak memory in bytes."""
        os.killpg(self.pid, signal.SIGKILL)
        _, _, used = os.wait4(self.pid, 0)
        os.close(self._output)
        return {"cpu": used.ru_utime + used.ru_stime, "rss": used.ru_maxrss * 1024}
