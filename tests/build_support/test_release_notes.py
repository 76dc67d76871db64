"""`build-support/release-notes`: the text of a release."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.build_support.scripts import ROOT

CHANGELOG = """\
# Changelog

## [Unreleased]

- Later.

## [1.2.0] - 2026-12-01

### Added

- **A thing.**

## [1.1.0] - 2026-11-01

- Earlier.

## [1.0.0] - 2026-10-01
"""


@pytest.fixture
def script(tmp_path: Path) -> Path:
    (tmp_path / "build-support").mkdir()
    shutil.copy(ROOT / "build-support" / "release-notes", tmp_path / "build-support")
    (tmp_path / "CHANGELOG.md").write_text(CHANGELOG)
    return tmp_path / "build-support" / "release-notes"


def notes(script: Path, tag: str, version: str) -> subprocess.CompletedProcess[str]:
    (script.parents[1] / "pyproject.toml").write_text(f'[project]\nname = "shop"\nversion = "{version}"\n')
    return subprocess.run([script, tag], capture_output=True, text=True, check=False)


def test_notes_are_the_section_of_the_version(script: Path) -> None:
    done = notes(script, "v1.2.0", "1.2.0")
    assert (done.returncode, done.stdout.strip()) == (0, "### Added\n\n- **A thing.**")


@pytest.mark.parametrize(
    ("tag", "version", "reason"),
    [
        ("v1.2.0", "1.3.0", "pyproject.toml has the version 1.3.0, not 1.2.0"),
        ("v1.3.0", "1.3.0", "has nothing under the heading ## [1.3.0]"),
        ("v1.0.0", "1.0.0", "has nothing under the heading ## [1.0.0]"),
        ("v1x2.0", "1x2.0", "has nothing under the heading ## [1x2.0]"),
    ],
)
def test_tag_without_its_version_or_section_is_rejected(script: Path, tag: str, version: str, reason: str) -> None:
    done = notes(script, tag, version)
    assert (done.returncode, done.stdout) == (1, "")
    [line] = done.stderr.splitlines()
    assert reason in line
