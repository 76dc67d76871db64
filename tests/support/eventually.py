"""Waiting for lists, which are eventually consistent."""

import time
from collections.abc import Callable

SECONDS = 30.0


def eventually(read: Callable[[], object], expected: object) -> None:
    """Return when `read` returns what is expected; fail after half a minute with what it returned last."""
    deadline = time.monotonic() + SECONDS
    while (found := read()) != expected:
        assert time.monotonic() < deadline, f"{found} is still not {expected}"
        time.sleep(0.05)
