"""One line on standard error that says how far a long command is."""

import sys
import time
from typing import Final, Self

_INTERVAL: Final = 0.5  # seconds


class Progress:
    """Replaces its line in a terminal, and writes a line every half a minute elsewhere."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._began = self._shown = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._terminal:
            print(file=sys.stderr)

    def show(self, text: str) -> None:
        """Show the text after the seconds since the beginning, unless another was shown a moment ago."""
        now = time.monotonic()
        if now - self._shown < (_INTERVAL if self._terminal else 60 * _INTERVAL):
            return
        self._shown = now
        line = f"{now - self._began:4.0f} s  {text}"
        print(f"\r\x1b[K{line}" if self._terminal else line, end="" if self._terminal else "\n", file=sys.stderr)
        sys.stderr.flush()
