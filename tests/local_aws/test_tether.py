"""The tether: its command ends with its parent."""

import os
import subprocess
import sys
from pathlib import Path

TOOLS = str(Path(__file__).parents[2] / "tools")
# A command that starts another one. Both hold the standard output, so it ends only when both have ended.
FAMILY = ["sh", "-c", "sleep 60 & echo started; wait"]
STUBBORN = ["sh", "-c", "trap '' TERM; echo started; while :; do sleep 60; done"]
ORPHANING = ["sh", "-c", "sleep 60 & echo started"]


def _tether(command: list[str], program: str = "-m local_aws.tether") -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, *program.split(" ", 1), *command],
        env={**os.environ, "PYTHONPATH": TOOLS},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def _read(process: subprocess.Popen[str]) -> str:
    """Return the next line of the command's output."""
    assert process.stdout is not None
    return process.stdout.readline()


def _let_go(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.close()


def test_exit_code_is_passed_on() -> None:
    with _tether(["sh", "-c", "exit 7"]) as process:
        assert process.wait(timeout=20) == 7


def test_command_and_children_end_with_the_parent() -> None:
    with _tether(FAMILY) as process:
        assert _read(process) == "started\n"
        _let_go(process)
        assert _read(process) == ""  # Nobody holds the pipe any more.
        assert process.wait(timeout=20) == 128 + 15


def test_command_and_children_end_when_the_tether_is_terminated() -> None:
    with _tether(FAMILY) as process:
        assert _read(process) == "started\n"
        process.terminate()
        assert _read(process) == ""
        assert process.wait(timeout=20) == 128 + 15


def test_children_end_with_the_command() -> None:
    with _tether(ORPHANING) as process:
        assert _read(process) == "started\n"
        assert _read(process) == ""
        assert process.wait(timeout=20) == 0


def test_command_that_ignores_sigterm_is_killed() -> None:
    impatient = (
        "from local_aws import tether; import sys; tether.GRACE_SECONDS = 0.1; sys.exit(tether.main(sys.argv[1:]))"
    )
    with _tether(STUBBORN, f"-c {impatient}") as process:
        assert _read(process) == "started\n"
        _let_go(process)
        assert _read(process) == ""
        assert process.wait(timeout=20) == 128 + 9
