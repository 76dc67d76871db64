"""A copy of this repository in which commands and checks run."""

import copy
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

from tests.support.clone import ROOT, Clone

__all__ = ["ROOT", "Workshop", "share_caches"]

PYTHON = Path(sys.executable)
AUTHOR = ("-c", "user.name=Scaffold", "-c", "user.email=scaffold@localhost", "-c", "commit.gpgsign=false")
GIT = shutil.which("git") or "git"
SECONDS = 1500


class Workshop:
    """A clone with everything committed, in the folder `root`. Each step in it prints its time."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(parents=True)
        Clone(root)
        self._git("init", "--quiet")
        self.commit()

    def copy(self, root: Path) -> "Workshop":
        """Return a copy of the clone in another folder, in less time than the steps that led to it."""
        shutil.copytree(self.root, root, symlinks=True)
        copied = copy.copy(self)
        copied.root = root
        return copied

    def scaffold(self, command: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run `python -m scaffold`, as make does, and return the finished process."""
        return self._run("-m", "scaffold", command, *arguments)

    def succeed(self, command: str, *arguments: str) -> str:
        """Run `python -m scaffold`, commit the changes, and return the output."""
        done = self._timed(f"scaffold {command} {' '.join(arguments)}", "-m", "scaffold", command, *arguments)
        self.commit()
        return done

    def module(self, module: str, *arguments: str) -> str:
        """Run a module of the clone, which must succeed, and return its output."""
        return self._timed(f"{module} {' '.join(arguments)}", "-m", module, *arguments)

    def fail(self, module: str, *arguments: str) -> str:
        """Run a module of the clone, which must fail, and return its output."""
        done = self._run("-m", module, *arguments)
        assert done.returncode == 1, done.stdout
        return done.stdout

    def commit(self) -> str:
        """Commit everything and return the id of the tree."""
        self._git("add", "--all")
        self._git(*AUTHOR, "commit", "--quiet", "--allow-empty", "--message", "A step")
        return self._git("rev-parse", "HEAD^{tree}").strip()

    def tree(self) -> str:
        """Return the id of the current tree, and require that everything is committed."""
        assert self._git("status", "--porcelain") == ""
        return self._git("rev-parse", "HEAD^{tree}").strip()

    def changed(self) -> set[str]:
        """Return the paths that differ from the commit."""
        return {line[3:] for line in self._git("status", "--porcelain", "--untracked-files=all").splitlines()}

    def found(self, pattern: str) -> set[str]:
        """Return the paths of the files whose text or path matches, ignoring case."""
        listed = self._git("ls-files").splitlines()
        texts = {path: (self.root / path).read_bytes().decode(errors="replace") for path in listed}
        return {
            path for path, text in texts.items() if re.search(pattern, f"{path}\n{text}", re.IGNORECASE | re.MULTILINE)
        }

    def folders(self, parent: str) -> set[str]:
        """Return the names of the folders below one of the clone's."""
        return {path.name for path in (self.root / parent).iterdir() if path.is_dir()}

    def _timed(self, title: str, *command: str) -> str:
        started = time.monotonic()
        done = self._run(*command)
        print(f"{time.monotonic() - started:7.1f} s  {title}", flush=True)
        assert done.returncode == 0, f"{title} failed:\n{done.stdout[-20000:]}"
        return done.stdout

    def _run(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [PYTHON, *command],
            cwd=self.root,
            env=os.environ | {"PYTHONPATH": "tools:libs:services:."},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=SECONDS,
        )

    def _git(self, *arguments: str) -> str:
        done = subprocess.run([GIT, *arguments], cwd=self.root, check=True, capture_output=True, text=True)
        return done.stdout


def share_caches(root: Path) -> None:
    """Copy mypy's cache to a clone, so that mypy checks only the differences."""
    if (ROOT / ".mypy_cache").is_dir():
        shutil.copytree(ROOT / ".mypy_cache", root / ".mypy_cache", dirs_exist_ok=True)
