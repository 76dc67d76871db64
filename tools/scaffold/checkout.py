"""The files of this repository, according to git."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from scaffold.refusal import RefusedError


class Checkout:
    """A working tree.

    Args:
        root: Its top folder.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def require_clean(self) -> None:
        """Raise `RefusedError` unless everything is committed.

        Raises:
            RefusedError: A file is changed, new or missing, so the command's own changes could not be distinguished.
        """
        changed = [line[3:] for line in self._git("status", "--porcelain").splitlines()]
        if changed:
            raise RefusedError(
                f"The working tree is not clean ({_some(changed)}): commit or stash first, or pass ARGS=--dirty."
            )

    def files(self, *folders: str) -> list[str]:
        """Return the paths of all files, including new ones, without ignored ones."""
        listed = self._git("ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *folders)
        return sorted({path for path in listed.split("\0") if path and (self.root / path).is_file()})

    def texts(self) -> Iterator[tuple[str, str]]:
        """Yield the path and text of each text file; links are left out."""
        for path in self.files():
            content = b"\0" if (self.root / path).is_symlink() else (self.root / path).read_bytes()
            if b"\0" not in content:
                yield path, content.decode()

    def _git(self, *arguments: str) -> str:
        git = shutil.which("git") or "git"
        done = subprocess.run([git, *arguments], cwd=self.root, check=False, capture_output=True, text=True)
        if done.returncode:
            raise RefusedError(f"git {arguments[0]} failed: {done.stderr.strip()}. Run the command in a git clone.")
        return done.stdout


def _some(paths: list[str]) -> str:
    return paths[0] if len(paths) == 1 else f"{paths[0]} and {len(paths) - 1} more"
