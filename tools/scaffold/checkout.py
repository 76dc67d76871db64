"""The files of this repository, as git knows them."""

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
        """Do nothing when everything is committed.

        Raises:
            RefusedError: A file is changed, new or missing, so that the command's own changes could not be told apart.
        """
        changed = [line[3:] for line in self._git("status", "--porcelain").splitlines()]
        if changed:
            raise RefusedError(
                f"The working tree is not clean ({_some(changed)}): commit or stash first, or pass ARGS=--dirty."
            )

    def files(self, *folders: str) -> list[str]:
        """Return the paths of all files, new ones included and ignored ones left out."""
        listed = self._git("ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *folders)
        return sorted({path for path in listed.split("\0") if path and (self.root / path).is_file()})

    def texts(self) -> Iterator[tuple[str, str]]:
        """Yield the path and text of each file that holds text; links are left out."""
        for path in self.files():
            content = b"\0" if (self.root / path).is_symlink() else (self.root / path).read_bytes()
            if b"\0" not in content:
                yield path, content.decode()

    def _git(self, *arguments: str) -> str:
        git = shutil.which("git") or "git"
        done = subprocess.run([git, *arguments], cwd=self.root, check=False, capture_output=True, text=True)
        if done.returncode:
            raise RefusedError(f"git {arguments[0]} failed, and the command needs a clone: {done.stderr.strip()}")
        return done.stdout


def _some(paths: list[str]) -> str:
    return paths[0] if len(paths) == 1 else f"{paths[0]} and {len(paths) - 1} more"
