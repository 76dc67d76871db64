import os
import subprocess
from pathlib import Path

import pytest

from tests.build_support.scripts import ROOT


def doctor(folder: Path, **programs: str) -> subprocess.CompletedProcess[str]:
    """Run the doctor with these programs, given as shell scripts, first on PATH."""
    for name, script in programs.items():
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)
    return subprocess.run(
        [str(ROOT / "build-support/doctor")],
        env=os.environ | {"PATH": f"{folder}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def line(finished: subprocess.CompletedProcess[str], tool: str) -> str:
    return next(line for line in finished.stdout.splitlines() if line.split()[1:2] == [tool])


@pytest.mark.parametrize("version", ["0.12.0", "0.13.1", "0.9.10"])
def test_old_pants_launcher_is_reported(tmp_path: Path, version: str) -> None:
    finished = doctor(tmp_path, pants=f'[ "$PANTS_BOOTSTRAP_VERSION" = report ] && echo {version}')
    assert finished.returncode == 1
    assert line(finished, "pants").startswith(
        f"MISSING  pants      the launcher is {version} and must be 0.13.2 or newer"
    )


@pytest.mark.parametrize("version", ["0.13.2", "0.14.0", "1.0.0", "unknown"])
def test_new_pants_launcher_is_found(tmp_path: Path, version: str) -> None:
    finished = doctor(tmp_path, pants=f"echo {version}")
    assert line(finished, "pants") == f"found    pants      {tmp_path / 'pants'}"


def test_missing_tool_is_reported_with_its_download_page(tmp_path: Path) -> None:
    finished = doctor(tmp_path, terraform="echo Terraform v1.10.5")
    assert finished.returncode == 1
    assert line(finished, "terraform") == (
        "MISSING  terraform  https://developer.hashicorp.com/terraform/install (1.11 or newer)"
    )


def test_other_operating_system_is_reported(tmp_path: Path) -> None:
    finished = doctor(tmp_path, uname="echo Darwin arm64", pants="echo 0.13.2")
    assert line(finished, "system").startswith("MISSING  system     make up and make test need Linux")
    assert "macOS on Apple Silicon" in finished.stdout
