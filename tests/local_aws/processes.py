"""Whether a process has ended, without guessing how long that takes."""

import os
import select
import signal


def watch(pid: int) -> int:
    """Take hold of a running process, so that no other one can be mistaken for it later."""
    return os.pidfd_open(pid)


def ended(process: int) -> bool:
    """Wait up to a minute for its end; one that lives longer is killed, so that a failed test leaves nothing."""
    readable, _, _ = select.select([process], [], [], 60)
    if not readable:
        signal.pidfd_send_signal(process, signal.SIGKILL)
    os.close(process)
    return bool(readable)


def gone(pid: int) -> bool:
    """Return whether a process that was to be ended has, or does within that time."""
    try:
        return ended(watch(pid))
    except ProcessLookupError:
        return True
