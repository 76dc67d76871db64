import subprocess
from pathlib import Path

import pytest

from local_aws.awslambda import runtime_folder
from local_aws.awslambda.runtime_folder import base_interpreter, make_runtime_folder, with_sdk


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


def test_folder_with_boto3_is_made_once_beside_the_other(runtime: Path) -> None:
    folder = with_sdk(runtime)
    assert folder.parent == runtime.parent
    before = folder.stat()
    assert with_sdk(runtime) == folder
    assert folder.stat() == before
    assert {path.name for path in runtime.iterdir()} < {path.name for path in folder.iterdir()}
    code = f"import sys; sys.path[:0] = [{str(folder)!r}]; import boto3; print(boto3)"
    found = subprocess.run([base_interpreter(), "-I", "-c", code], check=True, capture_output=True, text=True).stdout
    assert str(folder) in found


def test_files_are_copied_where_they_cannot_be_linked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def other_device(_source: Path, _target: Path) -> None:
        raise OSError

    monkeypatch.setattr("os.link", other_device)
    monkeypatch.setattr(runtime_folder, "_SDK", ("six",))
    runtime = tmp_path / "runtime"
    runtime.mkdir()
    (with_sdk(runtime) / "six.py").unlink()
    assert runtime_folder._origin("six").exists()
