import json
import re
from pathlib import Path

import pytest

from tests.build_support.scripts import ROOT

FOLDER = ROOT / "3rdparty/python"
LOCKS = sorted(FOLDER.glob("*.lock"))
REQUIREMENT = re.compile(r"([a-z0-9-]+)==(\S+)( ; [^\\]+)? \\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\\n|\n))+)")


def body(lock: Path) -> str:
    return "".join(line for line in lock.read_text().splitlines(keepends=True) if not line.startswith("#"))


def pins(lock: Path) -> dict[str, str]:
    return {match[1]: match[2] + match[4] for match in REQUIREMENT.finditer(body(lock))}


def requirements(*names: str) -> list[str]:
    lines = [line for name in names for line in (FOLDER / name).read_text().splitlines()]
    return sorted(line for line in lines if line and not line.startswith("#"))


def test_expected_lock_files_exist() -> None:
    assert [lock.name for lock in LOCKS] == ["default.lock", "pants.lock", "pex.lock", "runtime.lock"]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_lock_has_only_requirements_pinned_by_hash(lock: Path) -> None:
    assert REQUIREMENT.sub("", body(lock)) == ""


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_lock_has_no_index(lock: Path) -> None:
    assert not re.search(r"://|--(extra-)?index|--find-links|@ ", lock.read_text())


def test_lock_of_node_packages_has_no_registry_and_pins_by_hash() -> None:
    packages = json.loads((ROOT / "build-support/openapi/package-lock.json").read_text())["packages"]
    wanted = json.loads((ROOT / "build-support/openapi/package.json").read_text())["devDependencies"]
    assert packages.pop("")["devDependencies"] == wanted
    assert all("integrity" in package and "resolved" not in package for package in packages.values())


def test_layer_pins_are_tested_pins() -> None:
    runtime = pins(FOLDER / "runtime.lock")
    assert runtime
    assert runtime.items() <= pins(FOLDER / "default.lock").items()


def test_layer_has_opentelemetry_only_as_an_api() -> None:
    # Each of its other packages costs more of a cold start than all of tracing: docs/decisions/0041.
    found = [name for name in pins(FOLDER / "runtime.lock") if name.startswith(("opentelemetry", "protobuf"))]
    assert found == ["opentelemetry-api"]


def test_layer_lock_has_no_markers() -> None:
    assert not [match[0] for match in REQUIREMENT.finditer(body(FOLDER / "runtime.lock")) if match[3]]


def test_lock_metadata_matches_the_requirements() -> None:
    block = (FOLDER / "default.lock").read_text().partition("# --- BEGIN PANTS LOCKFILE METADATA")[2]
    lines = block.partition("# --- END PANTS LOCKFILE METADATA ---")[0].splitlines()[1:]
    metadata = json.loads("".join(line.removeprefix("#") for line in lines))
    assert metadata == {
        "version": 2,
        "valid_for_interpreter_constraints": ["CPython==3.13.*"],
        "generated_with_requirements": requirements("requirements.txt", "requirements-dev.txt"),
    }
