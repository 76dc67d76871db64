"""A pipe for the standard output and error of a process, read line by line."""

import asyncio
import fcntl
import os
from collections.abc import Callable

_CHUNK = 256 * 1024
# Bytes of UTF-8: a longer line becomes several events. CloudWatch's largest batch, less the overhead of an event: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html.
LINE_LIMIT = 1024 * 1024 - 26
_CONTINUES = 0b1000_0000  # the two highest bits of each continuation byte in UTF-8


class OutputPipe:
    """Passes every line to `write` while the event loop runs; invalid UTF-8 is replaced."""

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
        """Read the pipe's content now, so that later records are logged after it.

        Reads at most what a pipe can hold, because a process may print faster than it is read.
        """
        left = fcntl.fcntl(self._read_end, fcntl.F_GETPIPE_SZ)
        while left > 0 and (taken := self._take()):
            left -= taken

    def close(self) -> None:
        """Read the rest and close."""
        self.drain()
        if self._rest:
            self._write_line(self._rest)
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
            self._write_line(line)
        while len(self._rest) > LINE_LIMIT:
            end = _whole(self._rest)
            self._write_line(self._rest[:end])
            self._rest = self._rest[end:]
        return len(data)

    def _write_line(self, line: bytes) -> None:
        text = line.decode(errors="replace")
        if 3 * len(line) <= LINE_LIMIT:  # A byte that is replaced becomes three.
            self._write(text)
            return
        encoded = text.encode()
        while len(encoded) > LINE_LIMIT:
            end = _whole(encoded)
            self._write(encoded[:end].decode())
            encoded = encoded[end:]
        self._write(encoded.decode())


def _whole(text: bytes) -> int:
    """Return where to cut a text that is too long: at most LINE_LIMIT, and between characters if it is UTF-8."""
    for end in range(LINE_LIMIT, LINE_LIMIT - 4, -1):
        if text[end] & 0b1100_0000 != _CONTINUES:
            return end
    return LINE_LIMIT
