"""A clone may delete `benchmarks/`: pages, targets, workflows and style stay right without it."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.build_support.scripts import ROOT

FOLDER = "benchmarks/"
LISTED = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
TRACKED = (["git", "init", "--quiet"], ["git", "add", "--all"])
SUITES = ("links", "make_targets", "workflows")
COMMANDS = {
    "suites": [sys.executable, "-m", "pytest", "-q", *(f"tests/build_support/test_{suite}.py" for suite in SUITES)],
    "ruff": [sys.executable, "-m", "ruff", "check", "--no-cache", "--quiet"],
    "targets": ["make", "--dry-run", "test-zips", "types", "lint"],
}
IMPORTED = re.compile(r"^\s*(?:from|import) benchmarks\b", re.MULTILINE)


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a repository with the same files, but for the folder."""
    listed = subprocess.run(LISTED, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
    root = tmp_path_factory.mktemp("without")
    for name in listed:
        if (ROOT / name).is_file() and not name.startswith(FOLDER):
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, root / name)
    (root / ".venv").symlink_to(ROOT / ".venv")
    for command in TRACKED:
        subprocess.run(command, cwd=root, check=True)
    return root


@pytest.mark.parametrize("what", COMMANDS)
def test_repository_without_benchmarks_is_green(clone: Path, what: str) -> None:
    done = subprocess.run(COMMANDS[what], cwd=clone, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]


def test_nothing_outside_imports_the_benchmarks(clone: Path) -> None:
    folders = ("libs", "services", "tools", "tests", "build-support")
    files = [file for folder in folders for file in (clone / folder).rglob("*.py")]
    assert [file for file in files if IMPORTED.search(file.read_text())] == []
