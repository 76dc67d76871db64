"""Incremental packaging. A script replaces Pants and zips the folders unchanged."""

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.build_support.packaging import ALL, EVERY, command, package, write
from tests.build_support.repository import Repository, sha256
from tests.build_support.scripts import load

finish_zips = load("finish_zips.py")


def test_nothing_is_packaged_without_changes(packaged: Repository) -> None:
    before = packaged.contents()
    assert package(packaged) == []
    assert packaged.contents() == before


def test_new_version_is_packaged_into_every_function(packaged: Repository) -> None:
    pyproject = packaged.root / "pyproject.toml"
    pyproject.write_text(pyproject.read_text().replace("7.8.9", "7.9.0"))
    assert package(packaged) == [ALL]
    assert b"7.9.0+" in finish_zips.zipfile.ZipFile(packaged.dist / "orders.zip").read("orders/version.txt")


def test_undone_edit_gives_the_first_zip_again(packaged: Repository) -> None:
    before = packaged.contents()
    write(packaged, "services/orders/new.py", "NEW = 1\n")
    assert package(packaged) == ["services/orders:"]
    (packaged.root / "services/orders/new.py").unlink()
    assert package(packaged) == ["services/orders:"]
    assert packaged.contents() == before


def test_renamed_file_is_packaged_under_its_new_name(packaged: Repository) -> None:
    write(packaged, "services/orders/old.py", "SAME = 1\n")
    package(packaged)
    (packaged.root / "services/orders/old.py").rename(packaged.root / "services/orders/new.py")
    assert package(packaged) == ["services/orders:"]
    names = finish_zips.zipfile.ZipFile(packaged.dist / "orders.zip").namelist()
    assert "orders/new.py" in names
    assert "orders/old.py" not in names


def test_zip_of_a_removed_service_is_deleted(packaged: Repository) -> None:
    shutil.rmtree(packaged.root / "services/accounts")
    package(packaged)
    assert sorted(path.name for path in packaged.dist.glob("*.zip")) == ["common-layer.zip", "orders.zip"]
    zips = json.loads((packaged.dist / "manifest.json").read_text())["zips"]
    assert sorted(zips) == ["common-layer.zip", "orders.zip"]


def test_function_in_libs_is_packaged_with_dashes_in_its_name(packaged: Repository) -> None:
    write(packaged, "libs/parcel_check/handler.py", "NEW = 1\n")
    [targets] = package(packaged)
    assert "libs/parcel_check:" in targets.split()
    assert "parcel-check.zip" in json.loads((packaged.dist / "manifest.json").read_text())["zips"]
    names = finish_zips.zipfile.ZipFile(packaged.dist / "parcel-check.zip").namelist()
    assert {"parcel_check/handler.py", "parcel_check/version.txt"} <= set(names)
    assert package(packaged) == []


def test_incremental_zips_equal_full_zips(packaged: Repository) -> None:
    write(packaged, "services/orders/new.py", "NEW = 1\n")
    package(packaged)
    write(packaged, "libs/common/new.py", "NEW = 1\n")
    package(packaged)
    assert package(packaged, "full") == ["::"]
    steps, full = (
        {name: sha256(folder / name) for name in finish_zips.expected_zips(packaged.root)}
        for folder in (packaged.dist, packaged.root / "full")
    )
    assert steps == full


def test_packaging_everything_forgets_images_of_the_zips_before(packaged: Repository) -> None:
    images = packaged.dist / "images.tfvars.json"
    images.write_text('{"images": {}}')
    package(packaged)
    assert images.exists()
    package(packaged, "dist")
    assert not images.exists()


@pytest.mark.parametrize("spoilt", ["orders.zip", "manifest.json", "inputs.json"])
@pytest.mark.parametrize("spoil", [Path.unlink, lambda path: path.write_bytes(path.read_bytes()[:-1])])
def test_damaged_or_missing_file_is_rebuilt(packaged: Repository, spoilt: str, spoil: Callable[[Path], None]) -> None:
    before = packaged.contents()
    spoil(packaged.dist / spoilt)
    package(packaged)
    assert packaged.contents() == before


def test_zip_changed_with_its_manifest_is_rebuilt(packaged: Repository) -> None:
    before = packaged.contents()
    shutil.copy(packaged.dist / "accounts.zip", packaged.dist / "orders.zip")
    manifest = json.loads((packaged.dist / "manifest.json").read_text())
    manifest["zips"]["orders.zip"] = manifest["zips"]["accounts.zip"]
    (packaged.dist / "manifest.json").write_text(json.dumps(manifest))
    assert package(packaged) == ["services/orders:"]
    assert packaged.contents() == before


@pytest.mark.parametrize(
    "meanwhile",
    [
        "echo 'NEW = 1' > services/orders/new.py",
        "echo '' > services/orders/handler.py; cp original services/orders/handler.py",
    ],
    ids=["kept", "undone"],
)
def test_file_edited_during_packaging_is_packaged_again(packaged: Repository, meanwhile: str) -> None:
    shutil.copy(packaged.root / "services/orders/handler.py", packaged.root / "original")
    write(packaged, "meanwhile", meanwhile)
    write(packaged, "services/orders/first.py", "FIRST = 1\n")
    assert package(packaged) == ["services/orders:"]
    (packaged.root / "meanwhile").unlink()
    assert package(packaged) == ["services/orders:"]
    assert package(packaged) == []


def test_killed_packaging_changes_nothing_and_is_cleaned_up(packaged: Repository) -> None:
    before = packaged.contents()
    write(packaged, "services/orders/new.py", "NEW = 1\n")
    with paused(packaged) as process:
        os.killpg(process.pid, signal.SIGKILL)
    left = {path.name for path in packaged.dist.iterdir()} - before.keys()
    assert [name.partition("-")[0] for name in left] == [".packaging"]
    assert {name: (packaged.dist / name).read_bytes() for name in before} == before
    (packaged.root / "meanwhile").unlink()
    assert package(packaged) == ["services/orders:"]
    assert {path.name for path in packaged.dist.iterdir()} == before.keys()


def test_second_packaging_waits_for_the_first(packaged: Repository) -> None:
    write(packaged, "services/orders/new.py", "NEW = 1\n")
    with paused(packaged) as first:
        (packaged.root / "meanwhile").unlink()
        with command(packaged, "--changed") as second:
            assert second.stdout
            assert second.stdout.readline() == "package: waiting for another packaging into dist\n"
            (packaged.root / "go").write_text("on\n")
            assert first.wait(60) == 0
            assert second.wait(60) == 0
    assert (packaged.root / "calls").read_text().splitlines()[-1] == "services/orders:"


def test_packaging_waits_for_processes_of_a_killed_packaging(packaged: Repository) -> None:
    write(packaged, "services/orders/new.py", "NEW = 1\n")
    with paused(packaged) as first:
        (packaged.root / "meanwhile").unlink()
        first.kill()
        with command(packaged, "--changed") as second:
            assert second.stdout
            assert second.stdout.readline() == "package: waiting for another packaging into dist\n"
            (packaged.root / "go").write_text("on\n")
            assert second.wait(60) == 0


@contextmanager
def paused(repository: Repository) -> Iterator[subprocess.Popen[str]]:
    """Package the changes, and pause in Pants until a line is written to the pipe `go`."""
    for name in ("begun", "go"):
        os.mkfifo(repository.root / name)
    write(repository, "meanwhile", "echo > begun; read line < go")
    with command(repository, "--changed") as process:
        try:
            (repository.root / "begun").read_text()
            yield process
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def test_zips_are_the_layer_services_and_other_functions(repository: Repository) -> None:
    assert finish_zips.expected_zips(repository.root) == EVERY


def test_syntax_error_is_reported_with_file_and_line(packaged: Repository) -> None:
    write(packaged, "services/orders/broken.py", "GOOD = 1\ndef broken(:\n")
    with command(packaged, "--changed") as process:
        assert process.communicate(timeout=60)[0] == "package: services/orders/broken.py:2: invalid syntax\n"
    assert process.returncode == 1
