"""Pages of docs/ that are written by a command and held by a test."""

import os
from pathlib import Path
from typing import Final

# `make costs` sets it: then the test writes the page that it would otherwise compare.
WRITE: Final = "WRITE_PAGES"


def assert_current(path: Path, text: str, command: str) -> None:
    """Assert that the page is as it would be written now."""
    if WRITE in os.environ:
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    assert path.exists(), f"run: {command}"
    assert path.read_text() == text, f"run: {command}"
