"""A pipe that a process writes its standard output and error into, read line by line."""

import asyncio
import fcntl
import os
from collections.abc import Callable

_CHUNK = 256 * 1024
# bytes: a longer line becomes several events, https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html
LINE_LIMIT = 1024 * 1024


class OutputPipe:
    """Gives every line to `write` while the event loop runs; bytes that are no UTF-8 are replaced."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write
        self._rest = b""
        self._read_end, self.write_end = os.pipe()
        os.set_blocking(self._read_end, False)
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._read_end, self._take)

    def close_write_end(self) -> None:
        """Close our copy of the write end, once the process has its own."""
        os.close(self.write_end)

    def drain(self) -> None:
        """Take whatever is in the pipe now, so that what is logged next comes after it.

        No more than a pipe can hold: a process that prints without end would never be caught up with.
        """
        left = fcntl.fcntl(self._read_end, fcntl.F_GETPIPE_SZ)
        while left > 0 and (taken := self._take()):
            left -= taken

    def close(self) -> None:
        """Take what is left and close."""
        self.drain()
        if self._rest:
            self._write(self._rest.decode(errors="replace"))
        self._loop.remove_reader(self._read_end)
        os.close(self._read_end)

    def _take(self) -> int:
        """Read once; return how many bytes there were."""
        try:
            data = os.read(self._read_end, _CHUNK)
        except BlockingIOError:
            return 0
        if not data:
            self._loop.remove_reader(self._read_end)
            return 0
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._write(line.decode(errors="replace"))
        while len(self._rest) > LINE_LIMIT:
            self._write(self._rest[:LINE_LIMIT].decode(errors="replace"))
            self._rest = self._rest[LINE_LIMIT:]
        return len(data)
