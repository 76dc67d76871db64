"""One delivery at a time, and a build that ends with its parent; the build is a script here."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from local_aws.commands.delivery import delivering, packaging, refuse_variables
from local_aws.terraform.stack import StackError
from tests.support.deployed.up import environment

SECOND = """
import sys
from pathlib import Path
from local_aws.commands.delivery import delivering
with delivering(Path(sys.argv[1])):
    print("has it", flush=True)
    sys.stdin.read()
"""


def second(dist: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", SECOND, str(dist)],
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def build(folder: Path, script: str) -> Path:
    program = folder / "build"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return program


def test_second_delivery_waits_and_prints_so(tmp_path: Path) -> None:
    with delivering(tmp_path):
        waiting = second(tmp_path)
        assert waiting.stdout
        assert waiting.stdout.readline() == "Waiting for another command that packages in this clone.\n"
    with waiting:
        assert waiting.stdout.readline() == "has it\n"


def test_lock_of_a_killed_delivery_is_released(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with second(tmp_path) as killed:
        assert killed.stdout
        assert killed.stdout.readline() == "has it\n"
        killed.kill()
    with delivering(tmp_path):
        assert capsys.readouterr().out == ""


def test_only_changes_are_built_for_this_machine(tmp_path: Path) -> None:
    with packaging(tmp_path, build(tmp_path, 'echo "$1 $LAMBDA_ARCH"')) as packaged:
        packaged()
    machine = {"x86_64": "x86_64", "aarch64": "arm64"}[os.uname().machine]
    assert (tmp_path / "package.log").read_text() == f"--changed {machine}\n"


def test_last_lines_of_a_failed_build_are_shown(tmp_path: Path) -> None:
    with (
        pytest.raises(StackError, match=r"packaging failed; its last lines are:\nno such module$"),
        packaging(tmp_path, build(tmp_path, "echo no such module >&2; exit 1")) as packaged,
    ):
        packaged()


def test_build_ends_with_its_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "held")
    program = build(tmp_path, f"exec 3> {tmp_path}/held; echo started >&3; sleep 60 & wait")
    with packaging(tmp_path, program), (tmp_path / "held").open() as held:
        assert held.readline() == "started\n"
        descriptor = os.dup(held.fileno())
    with os.fdopen(descriptor) as left:
        assert left.read() == ""  # Nobody holds the other end any more.


def test_terraform_variables_in_the_environment_are_rejected() -> None:
    with pytest.raises(StackError, match=r"^TF_VAR_a, TF_VAR_b in the environment: .*ARGS='--var a=\.\.\.'$"):
        refuse_variables({"TF_VAR_b": "1", "TF_VAR_a": "", "TF_CLI_CONFIG_FILE": "/dev/null"})


def test_environment_without_variables_is_accepted() -> None:
    refuse_variables({"TF_CLI_CONFIG_FILE": "/dev/null"})
