"""Suites that need packaged zips or Chromium are collected only if the command line names them."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
JOURNEYS = sorted(ROOT.glob("tests/*/journeys"))[:1]


def collected(*arguments: str) -> str:
    """Return the tests that pytest collects with these arguments."""
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", *arguments]
    finished = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100, check=False)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished.stdout


@pytest.mark.parametrize("journeys", JOURNEYS, ids=lambda folder: folder.parent.name)
def test_service_suite_excludes_journeys(journeys: Path) -> None:
    suite = journeys.parent.relative_to(ROOT)
    assert f"{suite}/journeys/" not in collected(str(suite))


def test_partial_e2e_run_deselects_whole_run_tests() -> None:
    part = collected("tests/e2e/test_logs.py")
    assert "test_no_line_has_a_secret" not in part
    assert "deselected" in part
