import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.build_support.repository import Repository, sha256
from tests.build_support.scripts import load

fetch_wheels = load("fetch_wheels.py")

FOX = "brown_fox-1.2-py3-none-any.whl"


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """Return a repository with every wheel in .wheels. pip finds only wheels in `index`."""
    (tmp_path / "index").mkdir()
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "index"))
    monkeypatch.delenv("LAMBDA_ARCH", raising=False)
    return Repository(tmp_path / "repository")


def index_of(repository: Repository) -> Path:
    return repository.root.parent / "index"


def tamper(wheel: Path) -> None:
    wheel.write_bytes(wheel.read_bytes().replace(b"brown'", b"black'"))


def run(repository: Repository) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(repository.root / "build-support/fetch_wheels.py")]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_nothing_is_downloaded_if_every_wheel_exists(repository: Repository) -> None:
    finished = run(repository)
    assert (finished.returncode, finished.stderr) == (0, "")


def test_missing_wheel_is_downloaded(repository: Repository) -> None:
    digest = sha256(repository.wheels / FOX)
    (repository.wheels / FOX).rename(index_of(repository) / FOX)
    assert run(repository).returncode == 0
    assert sha256(repository.wheels / FOX) == digest


def test_wheel_changed_after_download_is_rejected(repository: Repository) -> None:
    tamper(repository.wheels / FOX)
    digest = sha256(repository.wheels / FOX)
    finished = run(repository)
    assert finished.returncode == 1
    reason = "which is not in runtime.lock: delete the wheel, then package again"
    assert finished.stderr == f"fetch_wheels: {FOX} has SHA-256 {digest}, {reason}\n"


def test_wheel_changed_by_the_index_is_rejected(repository: Repository) -> None:
    (repository.wheels / FOX).rename(index_of(repository) / FOX)
    tamper(index_of(repository) / FOX)
    finished = run(repository)
    assert finished.returncode == 1
    assert finished.stderr.startswith("fetch_wheels: pip cannot download the wheels that runtime.lock pins: ERROR: ")
    assert "DO NOT MATCH THE HASHES" in finished.stderr
    assert finished.stderr.count("\n") == 1
    assert not (repository.wheels / FOX).exists()


@pytest.mark.parametrize("cached", [True, False])
def test_changed_hash_in_the_lock_is_rejected(repository: Repository, *, cached: bool) -> None:
    digest = sha256(repository.wheels / FOX)
    repository.lock.write_text(repository.lock.read_text().replace(digest, digest[::-1]))
    if not cached:
        (repository.wheels / FOX).rename(index_of(repository) / FOX)
    finished = run(repository)
    assert finished.returncode == 1
    assert finished.stderr.count("\n") == 1


def test_unavailable_wheel_is_reported_in_one_line(repository: Repository) -> None:
    (repository.wheels / FOX).unlink()
    finished = run(repository)
    assert finished.returncode == 1
    assert "brown-fox==1.2" in finished.stderr
    assert finished.stderr.count("\n") == 1


def test_unpinned_wheel_is_removed(repository: Repository) -> None:
    (repository.wheels / "brown_fox-1.1-py3-none-any.whl").touch()
    assert run(repository).returncode == 0
    assert sorted(path.name for path in repository.wheels.iterdir()) == [
        "botocore-1.0-py3-none-any.whl",
        FOX,
        "dog-3-py3-none-any.whl",
    ]


def test_unknown_architecture_is_reported(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAMBDA_ARCH", "riscv64")
    finished = run(repository)
    assert finished.returncode == 1
    assert finished.stderr == "fetch_wheels: LAMBDA_ARCH is 'riscv64': set it to arm64 or x86_64\n"


def test_wheels_are_chosen_for_lambda_on_any_machine() -> None:
    platforms = fetch_wheels.platforms(Path(__file__).parents[2], "arm64")
    assert "manylinux_2_34_aarch64" in platforms
    assert not [platform for platform in platforms if not platform.endswith("_aarch64")]
