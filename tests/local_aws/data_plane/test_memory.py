"""Freed memory is returned to the kernel."""

import subprocess
import sys
from pathlib import Path

import pytest

from local_aws.data_plane import memory

MEGABYTES = 100

# The remaining object keeps the end of the heap in place, so that memory below it is not returned automatically.
PROGRAM = f"""
import asyncio
from pathlib import Path

from local_aws.data_plane.memory import giving_back

def resident():
    return int(Path("/proc/self/status").read_text().partition("VmRSS:")[2].split()[0]) // 1024

async def main():
    blocks = [bytes([1]) * 65_536 for _ in range({MEGABYTES} * 16)]
    last, blocks = blocks[-1], None
    before = resident()
    async with giving_back(interval=0.01):
        async with asyncio.timeout(10):
            while resident() > before - {MEGABYTES} * 0.9:
                await asyncio.sleep(0.01)

asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc; elsewhere the C library needs no help")
def test_freed_memory_is_returned_to_the_kernel() -> None:
    environment = {"PYTHONPATH": str(Path(memory.__file__).parents[2])}
    command = [sys.executable, "-c", PROGRAM]
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (0, "")


def test_c_library_without_malloc_trim(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ctypes.CDLL", lambda _: object())
    memory.give_back()
