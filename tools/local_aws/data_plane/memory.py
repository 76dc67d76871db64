"""Returns freed memory to the kernel; glibc otherwise keeps it for later allocations.

Source: malloc_trim(3), which also returns whole pages from the middle of the heap. Other C libraries do so themselves.
"""

import asyncio
import contextlib
import ctypes
from collections.abc import AsyncIterator

INTERVAL = 5.0  # seconds


def give_back() -> None:
    """Give freed memory back to the kernel, where the C library has `malloc_trim`."""
    with contextlib.suppress(AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


@contextlib.asynccontextmanager
async def giving_back(interval: float = INTERVAL) -> AsyncIterator[None]:
    """Give freed memory back every `interval` seconds while the block runs."""

    async def repeat() -> None:
        while True:
            await asyncio.sleep(interval)
            await asyncio.to_thread(give_back)

    task = asyncio.create_task(repeat())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
