"""A clone in which git, make and Python run, and the version that it upgrades from."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

# The last commit before the first version.
BEFORE_THE_FIRST = "29c0fe7eef0c47cea3111d4e8f2c02ea477386d0"
GIT = shutil.which("git") or "git"
AUTHOR = {f"GIT_{role}_{part}": "t@example.com" for role in ("AUTHOR", "COMMITTER") for part in ("NAME", "EMAIL")}
SECONDS = 900
# Of the make or git that runs this test.
INHERITED = ("GIT_", "MAKE", "MFLAGS")


class Checkout:
    """A clone in which the commands of the page run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def git(self, *arguments: str) -> str:
        """Run git, and return its output."""
        done = self.run(GIT, *arguments)
        assert done.returncode == 0, f"git {' '.join(arguments)}: {done.stdout}"
        return done.stdout.strip()

    def make(self, *arguments: str) -> None:
        """Make targets with the packages of this Python, which `make setup` would install again."""
        self._timed("make", "-o", "setup", *arguments)

    def python(self, *arguments: str) -> None:
        """Run Python on the sources of the clone."""
        self._timed(sys.executable, *arguments, PYTHONPATH="tools:libs:services:.")

    def commit(self, message: str) -> None:
        """Commit everything."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", message)

    def run(self, *command: str, **settings: str) -> subprocess.CompletedProcess[str]:
        """Run a command, and return it when it has ended, with both outputs in one."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith(INHERITED)}
        return subprocess.run(
            command,
            cwd=self.folder,
            env=environment | AUTHOR | {"GIT_CONFIG_GLOBAL": os.devnull} | settings,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=SECONDS,
            check=False,
        )

    def _timed(self, *command: str, **settings: str) -> None:
        began = time.monotonic()
        done = self.run(*command, **settings)
        print(f"{time.monotonic() - began:7.1f} s  {' '.join(command)}", flush=True)
        assert done.returncode == 0, f"{' '.join(command)}: {done.stdout[-20000:]}"


def earlier(own: Checkout, first: str = BEFORE_THE_FIRST) -> str:
    """Return the commit of the newest version before the present one, or `first` if there is no version yet.

    Without both there is nothing to upgrade from. Only a run by hand may skip the test then: in continuous integration
    it would be green for ever.
    """
    if own.run(GIT, "rev-parse", "--is-shallow-repository").stdout.strip() != "false":
        pytest.fail("The clone is shallow or has no history: git fetch --unshallow")
    tagged = own.run(GIT, "describe", "--tags", "--abbrev=0", "--match=v*", "HEAD^")
    version = tagged.stdout.strip() if tagged.returncode == 0 else first
    if own.run(GIT, "merge-base", "--is-ancestor", version, "HEAD").returncode:
        end = pytest.fail if os.environ.get("CI") else pytest.skip
        end(
            f"There is no version to upgrade from: no tag v* before HEAD, and no commit {first}. Fetch the tags "
            "(git fetch --tags), or take test-upgrade out of NIGHTLY."
        )
    return own.git("rev-parse", f"{version}^{{commit}}")
