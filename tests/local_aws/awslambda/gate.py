"""A place in a function's code where it waits for the test."""

import asyncio
import os
from pathlib import Path
from typing import Self

# Code for functions: reports that it has reached the gate, and waits there.
PASS = """
def pass_gate(path):
    with open(path + ".arrived", "w") as arrived:
        arrived.write("x")
    with open(path + ".opened") as opened:
        opened.read(1)
"""


class Gate:
    """Two named pipes; both ends are held here, so that neither side waits for the other to open them."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "gate"
        self._pipes: list[int] = []

    def __enter__(self) -> Self:
        for name in ("arrived", "opened"):
            pipe = f"{self.path}.{name}"
            os.mkfifo(pipe)
            self._pipes.append(os.open(pipe, os.O_RDWR | os.O_NONBLOCK))
        return self

    def __exit__(self, *_: object) -> None:
        for pipe in self._pipes:
            os.close(pipe)

    async def arrived(self) -> None:
        """Wait until the function has arrived."""
        event = asyncio.Event()
        loop = asyncio.get_running_loop()
        loop.add_reader(self._pipes[0], event.set)
        try:
            async with asyncio.timeout(20):
                await event.wait()
        finally:
            loop.remove_reader(self._pipes[0])

    def open(self) -> None:
        """Let the function go on."""
        os.write(self._pipes[1], b"x")
