"""Waits for lists, which are eventually consistent."""

import time
from collections.abc import Callable

SECONDS = 30.0


def eventually(read: Callable[[], object], expected: object) -> None:
    """Poll `read` until it returns the expected value. Fail after 30 seconds with the last value."""
    deadline = time.monotonic() + SECONDS
    while (found := read()) != expected:
        assert time.monotonic() < deadline, f"{found} is still not {expected}"
        time.sleep(0.05)
