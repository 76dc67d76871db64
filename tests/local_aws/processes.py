"""Waits for the end of processes."""

import os
import select
import signal


def watch(pid: int) -> int:
    """Return a descriptor of a running process, which stays valid even if its id is reused."""
    return os.pidfd_open(pid)


def ended(process: int) -> bool:
    """Return whether a process ends within a minute. Otherwise kill it, so that a failed test leaves no process."""
    readable, _, _ = select.select([process], [], [], 60)
    if not readable:
        signal.pidfd_send_signal(process, signal.SIGKILL)
    os.close(process)
    return bool(readable)


def gone(pid: int) -> bool:
    """Return whether a process has ended, or ends within a minute."""
    try:
        return ended(watch(pid))
    except ProcessLookupError:
        return True
