"""`make audit` never reports success when nothing was looked up."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return a checkout with the script alone, in which uv fails as it does without a network."""
    shutil.copytree(ROOT / "build-support" / "audit", tmp_path / "build-support" / "audit")
    executables = tmp_path / ".venv" / "bin"
    executables.mkdir(parents=True)
    (executables / "uv").write_text("#!/bin/sh\necho 'error: Failed to fetch' >&2\nexit 2\n")
    (executables / "uv").chmod(0o755)
    return tmp_path


def test_audit_that_cannot_be_installed_says_that_nothing_was_looked_up(checkout: Path) -> None:
    run = subprocess.run([checkout / "build-support/audit/run"], capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr.splitlines()[-1] == (
        "audit: pip-audit could not be installed, so nothing was looked up: try again with a network"
    )
    assert not (checkout / ".local/audit/installed.lock").exists()
