from pathlib import Path

import pytest

from local_aws.awslambda import runtime_folder
from local_aws.awslambda.runtime_folder import make_runtime_folder


def test_folder_has_the_runtime_client_with_dependencies_and_bytecode(runtime: Path) -> None:
    names = {path.name.partition(".")[0] for path in runtime.iterdir()}
    assert names == {"__pycache__", "awslambdaric", "runtime_client", "simplejson", "snapshot_restore_py"}
    assert (runtime / "awslambdaric/__pycache__/bootstrap.cpython-313.pyc").exists()


def test_folder_is_created_once(runtime: Path) -> None:
    before = runtime.stat()
    assert make_runtime_folder(runtime.parent) == runtime
    assert runtime.stat() == before


def test_missing_package_is_reported_and_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime_folder, "_MODULES", ("awslambdaric", "absent_module"))
    with pytest.raises(ModuleNotFoundError, match="absent_module is not installed"):
        make_runtime_folder(tmp_path / "runtime")
    assert not (tmp_path / "runtime").exists()
