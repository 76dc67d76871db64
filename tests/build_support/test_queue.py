"""`make test` gives every suite to two workers, and names those that failed."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.build_support.scripts import ROOT

MAKE = ["make", "-s", "--no-print-directory", "-o", "setup", "-o", "doctor"]
# Run every night, where Chromium is, or only after a change of the embedded AWS.
OTHERS = {"chromium", "production", "typescript", "local_aws"}
# In place of the shell of every recipe: it notes the command, and fails where it has the text. The queue itself runs,
# and so does the list of targets.
SHELL = """\
#!/usr/bin/env bash
case "$*" in
  *QUEUED=* | *"grep -ohE"*) exec bash "$@";;
  *"$FAILING"*) exit 1;;
esac
printf '%s\\n' "$2" >> "$COMMANDS"
"""


def run(folder: Path, failing: str, target: str = "test") -> tuple[subprocess.CompletedProcess[str], list[str]]:
    """Run a target whose recipes fail if they have the text, and return the output and the other recipes."""
    shell, commands = folder / "shell", folder / "commands"
    shell.write_text(SHELL)
    shell.chmod(0o755)
    commands.touch()
    kept = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
    done = subprocess.run(
        [*MAKE, f"SHELL={shell}", target],
        cwd=ROOT,
        env=kept | {"FAILING": failing, "COMMANDS": str(commands)},
        capture_output=True,
        text=True,
        check=False,
    )
    return done, commands.read_text().splitlines()


def test_every_suite_of_continuous_integration_runs_once(tmp_path: Path) -> None:
    done, commands = run(tmp_path, "nothing fails")
    assert done.returncode == 0, done.stderr
    ran = "\n".join(commands)
    suites = {path.relative_to(ROOT / "tests").parts[0] for path in (ROOT / "tests").glob("*/**/test_*.py")}
    for suite in suites - OTHERS:
        assert len(re.findall(rf"pytest [^\n]*\btests/{suite}\b(?!/(?:test_|journeys))", ran)) == 1, suite
    assert ran.count("build-support/changed tools/local_aws") == 1
    assert ran.count("ruff check") == ran.count("mypy") == ran.count("build-support/package") == 1


def test_longest_begin_first(tmp_path: Path) -> None:
    _, commands = run(tmp_path, "nothing fails")
    ran = "\n".join(commands)
    # Of the packaged suites, which begin first, others are faster here than the steps before.
    begun = [ran.index(text) for text in ("build-support/changed", "stack validate test")]
    for text in ("mypy", "tests/build_support", "tests/cost", "tests/release_hook"):
        assert max(begun) < ran.index(text), text


def test_zips_that_are_not_packaged_are_not_tested(tmp_path: Path) -> None:
    done, commands = run(tmp_path, "build-support/package")
    assert ": test-packaged]" in done.stdout.partition("Failed:\n")[2]
    assert "tests/e2e" not in "\n".join(commands)


def test_coverage_is_reported_after_all_of_its_suites(tmp_path: Path) -> None:
    _, commands = run(tmp_path, "nothing fails")
    suites = [number for number, command in enumerate(commands) if command.startswith("COVERAGE_FILE=")]
    [report] = [number for number, command in enumerate(commands) if command.endswith("coverage report")]
    assert max(suites) < report
    assert len(suites) >= 3


@pytest.mark.parametrize(
    ("failing", "target"),
    [
        ("mypy", "types"),
        ("tests/cost", "test-cost"),
        ("tests/e2e", "test-packaged"),
        ("tests/common", "coverage-common"),
        ("coverage report", "coverage-report"),
    ],
)
def test_failure_of_one_is_named_at_the_end_and_the_others_run(tmp_path: Path, failing: str, target: str) -> None:
    done, commands = run(tmp_path, failing)
    assert done.returncode != 0
    _, _, end = done.stdout.partition("Failed:\n")
    assert f": {target}]" in end
    assert "All checks" not in done.stdout
    assert "tests/release" in "\n".join(commands)
    assert ("coverage report" in "\n".join(commands)) is not target.startswith("coverage-")
