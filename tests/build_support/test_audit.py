"""`make audit` never reports success when nothing was looked up."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.build_support.scripts import ROOT


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


def audit(root: Path, output: str, code: int) -> subprocess.CompletedProcess[str]:
    """Run build-support/audit/run of a folder in which pip-audit says this."""
    shutil.copytree(ROOT / "build-support/audit", root / "build-support/audit")
    program = root / ".local/audit/bin/pip-audit"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\ncat << 'END'\n{output}\nEND\nexit {code}\n")
    program.chmod(0o755)
    shutil.copy(root / "build-support/audit/requirements.lock", root / ".local/audit/installed.lock")
    return subprocess.run([root / "build-support/audit/run"], capture_output=True, text=True, check=False)


def test_audit_without_a_network_is_one_line(tmp_path: Path) -> None:
    done = audit(tmp_path, "Traceback ...\nrequests.exceptions.ConnectionError: HTTPSConnectionPool(...)", 1)
    reason = "audit: api.osv.dev cannot be reached, so nothing was looked up: try again with a network\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", reason)


def test_audit_fails_with_what_it_found(tmp_path: Path) -> None:
    done = audit(tmp_path, "Found 1 known vulnerability in 1 package\nfoo 1.0 PYSEC-1 1.1", 1)
    assert (done.returncode, done.stdout) == (1, "")
    assert "foo 1.0 PYSEC-1 1.1" in done.stderr


def test_audit_without_a_finding_succeeds(tmp_path: Path) -> None:
    done = audit(tmp_path, "No known vulnerabilities found", 0)
    assert (done.returncode, done.stdout) == (0, "No known vulnerabilities found\n")
