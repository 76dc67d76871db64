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
    """Every wheel is in .wheels, and pip has nothing but what a test puts into `index`."""
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


def test_nothing_is_downloaded_when_every_wheel_is_there(repository: Repository) -> None:
    finished = run(repository)
    assert (finished.returncode, finished.stderr) == (0, "")


def test_a_missing_wheel_is_downloaded(repository: Repository) -> None:
    digest = sha256(repository.wheels / FOX)
    (repository.wheels / FOX).rename(index_of(repository) / FOX)
    assert run(repository).returncode == 0
    assert sha256(repository.wheels / FOX) == digest


def test_a_wheel_that_was_changed_after_its_download_is_refused_in_one_line(repository: Repository) -> None:
    tamper(repository.wheels / FOX)
    digest = sha256(repository.wheels / FOX)
    finished = run(repository)
    assert finished.returncode == 1
    reason = "which is not in runtime.lock: delete the wheel, then package again"
    assert finished.stderr == f"fetch_wheels: {FOX} has SHA-256 {digest}, {reason}\n"


def test_a_wheel_that_the_index_changed_is_refused_in_one_line(repository: Repository) -> None:
    (repository.wheels / FOX).rename(index_of(repository) / FOX)
    tamper(index_of(repository) / FOX)
    finished = run(repository)
    assert finished.returncode == 1
    assert finished.stderr.startswith("fetch_wheels: pip cannot download the wheels that runtime.lock pins: ERROR: ")
    assert "DO NOT MATCH THE HASHES" in finished.stderr
    assert finished.stderr.count("\n") == 1
    assert not (repository.wheels / FOX).exists()


@pytest.mark.parametrize("cached", [True, False])
def test_a_changed_hash_in_the_lock_is_refused_in_one_line(repository: Repository, *, cached: bool) -> None:
    digest = sha256(repository.wheels / FOX)
    repository.lock.write_text(repository.lock.read_text().replace(digest, digest[::-1]))
    if not cached:
        (repository.wheels / FOX).rename(index_of(repository) / FOX)
    finished = run(repository)
    assert finished.returncode == 1
    assert finished.stderr.count("\n") == 1


def test_a_wheel_that_cannot_be_had_gives_one_line(repository: Repository) -> None:
    (repository.wheels / FOX).unlink()
    finished = run(repository)
    assert finished.returncode == 1
    assert "brown-fox==1.2" in finished.stderr
    assert finished.stderr.count("\n") == 1


def test_what_the_lock_no_longer_pins_is_removed(repository: Repository) -> None:
    (repository.wheels / "brown_fox-1.1-py3-none-any.whl").touch()
    assert run(repository).returncode == 0
    assert sorted(path.name for path in repository.wheels.iterdir()) == [FOX, "dog-3-py3-none-any.whl"]


def test_an_unknown_architecture_gives_one_line(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAMBDA_ARCH", "riscv64")
    finished = run(repository)
    assert finished.returncode == 1
    assert finished.stderr == "fetch_wheels: LAMBDA_ARCH is 'riscv64': set it to arm64 or x86_64\n"


def test_lambda_s_wheels_are_asked_for_whatever_machine_this_is() -> None:
    platforms = fetch_wheels.platforms(Path(__file__).parents[2], "arm64")
    assert "manylinux_2_34_aarch64" in platforms
    assert not [platform for platform in platforms if not platform.endswith("_aarch64")]
