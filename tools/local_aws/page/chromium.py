"""Runs headless Chromium, which loads a page once.

Flags: https://developer.chrome.com/docs/chromium/headless.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome")
SECONDS = 60
_LOADED = 4000  # virtual milliseconds for the page to load its data


class ChromiumError(Exception):
    """Chromium is missing or failed."""


@dataclass(frozen=True, slots=True)
class Chromium:
    """The program at `path`; each run has a temporary profile."""

    path: str

    @classmethod
    def found(cls) -> "Chromium":
        """Return the Chromium on PATH.

        Raises:
            ChromiumError: Chromium is not on PATH.
        """
        path = next(filter(None, map(shutil.which, NAMES)), None)
        if path is None:
            raise ChromiumError(
                f"Chromium is not on PATH ({', '.join(NAMES)}): install Debian's package `chromium`, for example."
            )
        return cls(path)

    def document(self, url: str) -> str:
        """Return the HTML of a page after its script has run.

        Raises:
            ChromiumError: Chromium ended with an error or took too long.
        """
        return self._look(url, "--dump-dom")

    def picture(self, url: str, file: Path, *, width: int, height: int) -> None:
        """Write a PNG of a page.

        Raises:
            ChromiumError: Chromium ended with an error or took too long.
        """
        self._look(url, f"--screenshot={file.resolve()}", f"--window-size={width},{height}", "--hide-scrollbars")

    @contextmanager
    def command(self) -> Iterator[list[str]]:
        """Yield the command that starts it with a temporary profile."""
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
            # Chromium cannot sandbox itself as root, which is the user in many containers.
            flags = ["--no-sandbox"] if os.geteuid() == 0 else []
            yield [self.path, "--headless=new", "--disable-gpu", "--no-first-run", f"--user-data-dir={profile}", *flags]

    def _look(self, url: str, *flags: str) -> str:
        with self.command() as command:
            looking = [*command, f"--virtual-time-budget={_LOADED}", *flags, url]
            try:
                return subprocess.run(looking, capture_output=True, check=True, text=True, timeout=SECONDS).stdout
            except subprocess.CalledProcessError as error:
                raise ChromiumError(f"{self.path} failed: {error.stderr[-500:]}") from error
            except subprocess.TimeoutExpired:
                raise ChromiumError(f"{self.path} took more than {SECONDS} s") from None
