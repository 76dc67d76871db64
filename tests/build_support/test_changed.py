"""`build-support/changed`: whether paths differ from origin/main."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.build_support.scripts import ROOT

GIT = shutil.which("git") or "git"
ENVIRONMENT = {
    **{name: value for name, value in os.environ.items() if not name.startswith("GIT_") and name != "CI"},
    **{f"GIT_{role}_{part}": "t@example.com" for role in ("AUTHOR", "COMMITTER") for part in ("NAME", "EMAIL")},
    "GIT_CONFIG_GLOBAL": os.devnull,
}


class Clone:
    """A clone with two folders that equals its origin."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "build-support").mkdir(parents=True)
        shutil.copy(ROOT / "build-support" / "changed", folder / "build-support")
        for name in ("one", "two"):
            (folder / name).mkdir()
            (folder / name / "a.py").touch()

    def git(self, *arguments: str) -> None:
        subprocess.run([GIT, *arguments], cwd=self.folder, env=ENVIRONMENT, check=True, capture_output=True)

    def commit(self) -> None:
        self.git("add", "--all")
        self.git("commit", "--message", "a commit")

    def changed(self, **settings: str) -> tuple[int, str]:
        """Return exit code and output of `changed one`."""
        ended = subprocess.run(
            [self.folder / "build-support" / "changed", "one"],
            env=ENVIRONMENT | settings,
            capture_output=True,
            text=True,
            check=False,
        )
        return ended.returncode, ended.stdout.strip().removeprefix("changed: ")


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    clone = Clone(tmp_path / "clone")
    clone.git("init", "--initial-branch=main")
    clone.commit()
    clone.git("update-ref", "refs/remotes/origin/main", "HEAD")
    return clone


def test_unchanged_folder(clone: Clone) -> None:
    (clone.folder / "two" / "a.py").write_text("A = 1\n")
    code, output = clone.changed()
    assert code == 1
    assert output.startswith("no, one are as in ")


def test_edited_file(clone: Clone) -> None:
    (clone.folder / "one" / "a.py").write_text("A = 1\n")
    assert clone.changed() == (0, "yes, for example one/a.py")


def test_new_file(clone: Clone) -> None:
    (clone.folder / "one" / "b.py").touch()
    assert clone.changed() == (0, "yes, for example one/b.py")


def test_committed_change(clone: Clone) -> None:
    (clone.folder / "one" / "a.py").unlink()
    clone.commit()
    assert clone.changed() == (0, "yes, for example one/a.py")


def test_change_of_origin_alone(clone: Clone) -> None:
    clone.git("switch", "--create", "other")
    (clone.folder / "one" / "a.py").write_text("A = 1\n")
    clone.commit()
    clone.git("update-ref", "refs/remotes/origin/main", "HEAD")
    clone.git("switch", "main")
    assert clone.changed()[0] == 1


def test_push_to_main_in_ci_is_compared_with_its_parent(clone: Clone) -> None:
    assert clone.changed(CI="true") == (0, "yes, because the previous commit is not in this clone")
    (clone.folder / "one" / "a.py").write_text("A = 1\n")
    clone.commit()
    clone.git("update-ref", "refs/remotes/origin/main", "HEAD")
    assert clone.changed()[0] == 1
    assert clone.changed(CI="true") == (0, "yes, for example one/a.py")


def test_without_origin(clone: Clone) -> None:
    clone.git("update-ref", "-d", "refs/remotes/origin/main")
    assert clone.changed() == (0, "yes, because there is no origin/main to compare with")


def test_without_git(tmp_path: Path) -> None:
    # The folder for temporary files may itself be in a repository.
    clone = Clone(tmp_path / "unpacked")
    changed = clone.changed(GIT_CEILING_DIRECTORIES=str(tmp_path))
    assert changed == (0, "yes, because this is not a git repository")
