import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.build_support.scripts import ROOT

FOLDER = ROOT / "build-support/lambda"


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(folder / "complete_platforms.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_committed_platforms_are_current() -> None:
    checked = run(FOLDER, "--check")
    assert (checked.returncode, checked.stderr) == (0, "")


def test_stale_platform_is_reported_and_rewritten(tmp_path: Path) -> None:
    folder = shutil.copytree(FOLDER, tmp_path / "lambda")
    (folder / "py313_arm64.json").write_text("{}")
    checked = run(folder, "--check")
    assert checked.returncode == 1
    assert checked.stderr == "py313_arm64.json is stale: run complete_platforms.py\n"
    assert run(folder).returncode == 0
    assert (folder / "py313_arm64.json").read_bytes() == (FOLDER / "py313_arm64.json").read_bytes()


@pytest.mark.parametrize(("architecture", "machine"), [("arm64", "aarch64"), ("x86_64", "x86_64")])
def test_platform_accepts_wheels_that_lambda_can_run(architecture: str, machine: str) -> None:
    platform = json.loads((FOLDER / f"py313_{architecture}.json").read_text())
    tags = platform["compatible_tags"]
    assert tags[0] == f"cp313-cp313-manylinux_2_34_{machine}"
    assert {f"cp313-cp313-manylinux2014_{machine}", f"cp39-abi3-manylinux_2_17_{machine}", "py3-none-any"} <= set(tags)
    assert not [tag for tag in tags if "manylinux_2_35" in tag or "musl" in tag or "t-" in tag]
    assert platform["marker_environment"]["platform_machine"] == machine
