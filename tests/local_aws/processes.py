"""Whether a process has ended, without guessing how long that takes."""

import os
import select


def watch(pid: int) -> int:
    """Take hold of a running process, so that no other one can be mistaken for it later."""
    return os.pidfd_open(pid)


def ended(process: int) -> bool:
    """Wait up to ten seconds for its end."""
    readable, _, _ = select.select([process], [], [], 10)
    os.close(process)
    return bool(readable)
