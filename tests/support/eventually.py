"""Waiting for lists, which show a moment later what has been written."""

import time
from collections.abc import Callable

SECONDS = 30.0


def eventually(read: Callable[[], object], expected: object) -> None:
    """Return when `read` gives what is expected; fail, showing what it gives, when it has not done so in time."""
    deadline = time.monotonic() + SECONDS
    while (found := read()) != expected:
        assert time.monotonic() < deadline, f"{found} is still not {expected}"
        time.sleep(0.05)
