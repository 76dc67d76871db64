"""Changes of files are applied completely or not at all."""

from pathlib import Path

import pytest

from scaffold.changes import applied


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept/changed.txt").write_text("before")
    (tmp_path / "kept/script").write_text("#!/bin/sh\n")
    (tmp_path / "kept/script").chmod(0o755)
    (tmp_path / "gone/__pycache__").mkdir(parents=True)
    (tmp_path / "gone/file.py").write_text("before")
    (tmp_path / "gone/__pycache__/file.cpython-313.pyc").touch()
    return tmp_path


CHANGES = {
    "kept/changed.txt": "after",
    "kept/script": "#!/bin/bash\n",
    "gone/file.py": None,
    "new/deeper/file.py": "after",
}


def files(root: Path) -> dict[str, str]:
    """Return the content of every file except bytecode."""
    found = [path for path in root.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    return {str(path.relative_to(root)): path.read_text() for path in found}


def test_files_are_written_and_deleted(root: Path) -> None:
    with applied(root, CHANGES):
        pass
    after = {path: text for path, text in CHANGES.items() if text is not None}
    assert files(root) == after


def test_folder_with_only_bytecode_is_removed(root: Path) -> None:
    with applied(root, CHANGES):
        pass
    assert not (root / "gone").exists()


def test_folder_with_another_file_is_kept(root: Path) -> None:
    (root / "gone/.env").touch()
    with applied(root, CHANGES):
        pass
    assert (root / "gone/.env").exists()


def test_mode_of_a_changed_file_is_kept(root: Path) -> None:
    with applied(root, CHANGES):
        pass
    assert (root / "kept/script").stat().st_mode & 0o777 == 0o755


@pytest.mark.parametrize("failure", [ValueError, KeyboardInterrupt])
def test_failure_undoes_everything(root: Path, failure: type[BaseException]) -> None:
    before = files(root)

    def apply_and_fail() -> None:
        with applied(root, CHANGES):
            (root / "kept/changed.txt").write_text("changed again by a formatter")
            raise failure

    with pytest.raises(failure):
        apply_and_fail()
    assert files(root) == before
    assert not (root / "new").exists()


def test_write_that_fails_half_way_undoes_everything(root: Path) -> None:
    before = files(root)
    (root / "blocked").write_text("a file where a folder is wanted")
    with pytest.raises(OSError, match="blocked"), applied(root, {**CHANGES, "blocked/file.py": "after"}):
        pytest.fail("nothing can be applied")
    assert files(root) == before | {"blocked": "a file where a folder is wanted"}
