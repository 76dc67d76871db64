"""Every lever can be taken away from the packaged layer, and a lever without effect is rejected."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from benchmarks.copies import Copy
from benchmarks.layers import packaged
from benchmarks.levers import LEVERS, Lever
from benchmarks.process import WORK, BenchmarkError, unpacked


@pytest.fixture(scope="module")
def layer() -> Path:
    return unpacked(packaged() / "common-layer.zip")


@pytest.fixture
def beside() -> Iterator[Path]:
    """Yield a folder on the file system of the layer, because copies are hard links."""
    with TemporaryDirectory(dir=WORK) as folder:
        yield Path(folder)


@pytest.mark.parametrize("lever", LEVERS, ids=lambda lever: lever.name)
def test_lever_can_be_taken_away(lever: Lever, layer: Path, beside: Path) -> None:
    before = {path: path.read_bytes() for path in layer.rglob("*.py")}
    copy = Copy(layer, beside / "copy")
    lever.without(copy)
    files = [path.relative_to(layer) for path in layer.rglob("*") if path.is_file()]
    changed = {path for path in files if not (copy.folder / path).exists() or not _same(layer, copy.folder, path)}
    added = {path for path in copy.folder.rglob("*") if path.is_file()} - {copy.folder / path for path in files}
    assert changed or added or lever.variables
    assert {path: path.read_bytes() for path in before} == before


def _same(layer: Path, copy: Path, path: Path) -> bool:
    return (layer / path).samefile(copy / path)


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    (tmp_path / "opt" / "python").mkdir(parents=True)
    (tmp_path / "opt" / "python" / "module.py").write_text("a = 1\na = 1\n")
    return Copy(tmp_path / "opt", tmp_path / "copy")


def test_edit_of_a_text_that_is_not_there_is_rejected(copy: Copy) -> None:
    with pytest.raises(BenchmarkError, match=r"module.py has this text 0 times: 'b'"):
        copy.edit("module.py", "b", "c")
    with pytest.raises(BenchmarkError, match=r"module.py has this text 2 times: 'a = 1'"):
        copy.edit("module.py", "a = 1", "c")


def test_unknown_file_of_a_wheel_is_rejected(copy: Copy) -> None:
    with pytest.raises(BenchmarkError, match="no wheel of nothing"):
        copy.restore("nothing", "*")
    with pytest.raises(BenchmarkError, match=r"the layer has no file nothing.py"):
        copy.delete("nothing.py")
