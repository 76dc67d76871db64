import json
import marshal
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import CodeType

import pytest

from tests.build_support.repository import Repository, make_zip, sha256
from tests.build_support.scripts import load

finish_zips = load("finish_zips.py")


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "repository")


def finish(repository: Repository) -> dict[str, str]:
    zips: dict[str, str] = finish_zips.finish(repository.root, repository.wheels.name)
    return zips


def run(repository: Repository, *arguments: str) -> subprocess.CompletedProcess[str]:
    script = repository.root / "build-support/finish_zips.py"
    environment = {name: value for name, value in os.environ.items() if name != "LAMBDA_ARCH"}
    command = [sys.executable, str(script), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, env=environment)


def unpack(zipped: Path, folder: Path) -> Path:
    with zipfile.ZipFile(zipped) as archive:
        archive.extractall(folder)
    return folder


def read(zipped: Path, name: str) -> bytes:
    with zipfile.ZipFile(zipped) as archive:
        return archive.read(name)


def test_manifest_has_the_sha_256_of_every_zip_and_their_architecture(repository: Repository) -> None:
    zips = finish(repository)
    assert list(zips) == ["accounts.zip", "common-layer.zip", "orders.zip"]
    assert zips == {name: sha256(repository.dist / name) for name in zips}
    manifest = json.loads((repository.dist / "manifest.json").read_text())
    assert manifest == {"architecture": "arm64", "zips": zips}


def test_finishing_twice_changes_nothing(repository: Repository) -> None:
    finish(repository)
    once = repository.contents()
    finish(repository)
    assert repository.contents() == once


def test_zip_does_not_depend_on_folder_and_member_order(repository: Repository, tmp_path: Path) -> None:
    other = Repository(tmp_path / "a longer name" / "repository")
    for service in ("accounts", "orders"):
        other.zip(f"{service}.zip", dict(reversed(other.function(service).items())))
    finish(repository)
    finish(other)
    assert repository.contents() == other.contents()


def test_python_uses_the_packaged_bytecode_and_writes_none(repository: Repository, tmp_path: Path) -> None:
    finish(repository)
    task = unpack(repository.dist / "orders.zip", tmp_path / "task")
    # If Python compiled the source or compared the bytecode with it, the result would change.
    (task / "orders/handler.py").write_text("def handler(event, context):\n    return 'compiled'\n")
    before = sorted(task.rglob("*"))
    task.chmod(0o555)
    program = "import orders.handler as module; print(module.handler(None, None), module.__cached__)"
    environment = {"PYTHONPATH": str(task)}
    command = [sys.executable, "-c", program]
    output = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60, env=environment).stdout
    assert output.split() == ["packaged", str(task / "orders/__pycache__/handler.cpython-313.pyc")]
    assert sorted(task.rglob("*")) == before


@pytest.mark.parametrize(
    ("zipped", "member", "unpacked_at"),
    [
        ("orders.zip", "orders/__pycache__/handler.cpython-313.pyc", "/var/task/orders/handler.py"),
        ("common-layer.zip", "python/common/__pycache__/failures.cpython-313.pyc", "/opt/python/common/failures.py"),
        (
            "common-layer.zip",
            "python/brown_fox/__pycache__/__init__.cpython-313.pyc",
            "/opt/python/brown_fox/__init__.py",
        ),
    ],
)
def test_bytecode_has_the_path_in_lambda(repository: Repository, zipped: str, member: str, unpacked_at: str) -> None:
    finish(repository)
    code = marshal.loads(read(repository.dist / zipped, member)[16:])  # noqa: S302 - written by the line above
    assert isinstance(code, CodeType)
    assert code.co_filename == unpacked_at


def test_files_unused_at_runtime_are_dropped(repository: Repository) -> None:
    finish(repository)
    with zipfile.ZipFile(repository.dist / "common-layer.zip") as archive:
        names = archive.namelist()
    assert "python/brown_fox-1.2.dist-info/METADATA" in names
    assert not [name for name in names if name.endswith((".pyi", "RECORD", "/")) or "/bin/" in name]


def test_bytecode_of_another_python_is_dropped(repository: Repository) -> None:
    finish(repository)
    before = repository.contents()
    stale = {"orders/__pycache__/handler.cpython-39.pyc": "old", "orders/handler.pyc": "older"}
    repository.zip("orders.zip", repository.function("orders") | stale)
    finish(repository)
    assert repository.contents() == before


def test_version_changes_only_with_its_service(repository: Repository) -> None:
    def version() -> bytes:
        finish(repository)
        return read(repository.dist / "orders.zip", "orders/version.txt")

    first = version()
    assert first.startswith(b"7.8.9+")
    assert len(first.strip()) == len("7.8.9+") + 12
    repository.zip("accounts.zip", repository.function("accounts") | {"accounts/loans.py": "LOANS = 1\n"})
    assert version() == first
    repository.zip("orders.zip", repository.function("orders") | {"orders/tokens.py": "TOKENS = 1\n"})
    assert version() != first


@pytest.mark.parametrize("foreign", ["accounts/domain.py", "common/failures.py", "fastapi/__init__.py", "six.py"])
def test_function_with_foreign_code_is_rejected(repository: Repository, foreign: str) -> None:
    repository.zip("orders.zip", repository.function("orders") | {foreign: ""})
    with pytest.raises(finish_zips.PackagingError, match=f"orders.zip holds {foreign}"):
        finish(repository)


def test_function_without_handler_is_rejected(repository: Repository) -> None:
    repository.zip("orders.zip", {"orders/__init__.py": ""})
    with pytest.raises(finish_zips.PackagingError, match="lacks orders/handler"):
        finish(repository)


def drop_the_dog(files: dict[str, str | bytes]) -> None:
    for name in [name for name in files if name.startswith("python/dog")]:
        del files[name]


def add_a_cat(files: dict[str, str | bytes]) -> None:
    files["python/cat-1.dist-info/METADATA"] = "Name: cat"


def add_a_file(files: dict[str, str | bytes]) -> None:
    files["python/cat.py"] = ""


def add_a_service(files: dict[str, str | bytes]) -> None:
    files["python/orders/handler.py"] = ""


def change_a_byte(files: dict[str, str | bytes]) -> None:
    files["python/dog.py"] = "LAZY = False\n"


def drop_common(files: dict[str, str | bytes]) -> None:
    for name in [name for name in files if name.startswith("python/common/")]:
        del files[name]


def drop_product(files: dict[str, str | bytes]) -> None:
    del files["python/product.json"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (drop_the_dog, "runtime.lock differ in dog 3"),
        (add_a_cat, "runtime.lock differ in cat 1"),
        (add_a_file, "holds python/cat.py, which no verified wheel holds"),
        (add_a_service, "holds python/orders/handler.py, which no verified wheel holds"),
        (change_a_byte, "holds python/dog.py, which no verified wheel holds like that"),
        (drop_common, "lacks python/common/__init__.py"),
        (drop_product, "lacks python/product.json"),
    ],
)
def test_layer_other_than_common_and_pinned_wheels_is_rejected(
    repository: Repository, change: Callable[[dict[str, str | bytes]], None], reason: str
) -> None:
    files = repository.layer()
    change(files)
    repository.zip("common-layer.zip", files)
    with pytest.raises(finish_zips.PackagingError, match=reason):
        finish(repository)


def test_layer_without_its_wheels_is_rejected(repository: Repository) -> None:
    (repository.wheels / "dog-3-py3-none-any.whl").unlink()
    with pytest.raises(finish_zips.PackagingError, match="no verified wheel of dog 3"):
        finish(repository)


def test_code_that_does_not_compile_is_rejected(repository: Repository) -> None:
    repository.zip("orders.zip", repository.function("orders") | {"orders/broken.py": "def\n"})
    with pytest.raises(finish_zips.PackagingError, match="does not compile"):
        finish(repository)


def test_duplicate_zip_member_is_rejected(repository: Repository) -> None:
    with zipfile.ZipFile(repository.dist / "orders.zip", "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("orders/handler.py", "handler = None\n")
    with pytest.raises(finish_zips.PackagingError, match="twice"):
        finish(repository)


def test_other_python_version_is_rejected(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.implementation, "cache_tag", "cpython-312")
    with pytest.raises(finish_zips.PackagingError, match="needs cpython-313, not cpython-312"):
        finish(repository)


def cut_off(zipped: Path) -> None:
    zipped.write_bytes(zipped.read_bytes()[:100])


def garble(zipped: Path) -> None:
    zipped.write_bytes(zipped.read_bytes().replace(b"'packaged'", b"'garbled.'", 1))


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (Path.unlink, "orders.zip is missing: run `pants package ::` first"),
        (cut_off, "orders.zip cannot be read as a zip"),
        (garble, "orders.zip cannot be read as a zip"),
    ],
)
def test_bad_zip_is_reported_in_one_line_and_changes_nothing(
    repository: Repository, spoil: Callable[[Path], None], message: str
) -> None:
    spoil(repository.dist / "orders.zip")
    before = repository.contents()
    finished = run(repository)
    assert finished.returncode == 1
    assert finished.stdout == ""
    assert message in finished.stderr
    assert finished.stderr.count("\n") == 1
    assert repository.contents() == before


def test_missing_dist_is_reported_with_the_command_to_run(repository: Repository) -> None:
    for path in repository.dist.iterdir():
        path.unlink()
    repository.dist.rmdir()
    finished = run(repository)
    assert finished.returncode == 1
    assert finished.stderr == "finish_zips: accounts.zip is missing: run `pants package ::` first\n"


def test_check_accepts_finished_zips(repository: Repository) -> None:
    assert run(repository).returncode == 0
    assert run(repository, "--check").returncode == 0


def test_other_folder_is_finished_and_checked(repository: Repository) -> None:
    finish(repository)
    finished = repository.contents()
    (repository.root / ".local").mkdir()
    repository.dist.rename(repository.root / ".local/dist")
    (repository.root / ".local/dist/manifest.json").unlink()
    assert run(repository, ".local/dist").returncode == 0
    assert run(repository, "--check", ".local/dist").returncode == 0
    assert {path.name: path.read_bytes() for path in (repository.root / ".local/dist").iterdir()} == finished


def test_check_finds_one_changed_byte(repository: Repository) -> None:
    finish(repository)
    content = bytearray((repository.dist / "common-layer.zip").read_bytes())
    content[-1] ^= 1
    (repository.dist / "common-layer.zip").write_bytes(content)
    checked = run(repository, "--check")
    assert checked.returncode == 1
    assert checked.stderr == "finish_zips: common-layer.zip is not the zip that was finished: package again\n"


def test_check_finds_a_missing_manifest(repository: Repository) -> None:
    assert run(repository, "--check").stderr == "finish_zips: manifest.json cannot be read: package first\n"


def test_check_finds_a_service_added_later(repository: Repository) -> None:
    finish(repository)
    (repository.root / "services/authors").mkdir()
    (repository.root / "services/authors/handler.py").touch()
    make_zip(repository.dist / "authors.zip", repository.function("authors"))
    assert "does not name the zips of this repository" in run(repository, "--check").stderr
