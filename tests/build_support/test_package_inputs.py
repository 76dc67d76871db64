"""The inputs of each zip. An edit of an input causes the zip to be packaged again."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.build_support.packaging import EVERY, ORDERS, package_zips, write
from tests.build_support.repository import Repository


def inputs(repository: Repository, environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the fingerprint of each zip's inputs."""
    read = package_zips.read_inputs
    return {name: read(repository.root, name, "arm64", environment).fingerprint for name in EVERY}


@pytest.mark.parametrize(
    ("path", "zips"),
    [
        ("services/orders/handler.py", ORDERS),
        ("services/orders/tokens.py", ORDERS),
        ("services/orders/deeper/tokens.py", ORDERS),
        ("services/orders/table.json", ORDERS),
        ("services/orders/.hidden.py", ORDERS),
        ("services/orders/dist/tokens.py", ORDERS),
        ("services/orders/BUILD", EVERY),
        ("services/BUILD", EVERY),
        ("libs/common/__init__.py", EVERY),
        ("libs/common/new.py", EVERY),
        ("libs/other/__init__.py", EVERY),
        ("3rdparty/python/runtime.lock", EVERY),
        ("3rdparty/python/default.lock", EVERY),
        ("3rdparty/python/requirements.txt", EVERY),
        ("3rdparty/python/BUILD", EVERY),
        ("build-support/lambda/py313_arm64.json", EVERY),
        ("build-support/package-targets", EVERY),
        ("BUILD", EVERY),
        ("BUILD.more", EVERY),
        ("tests/BUILD", EVERY),
        ("pants.toml", EVERY),
        ("pants.pypi.toml", EVERY),
        ("pyproject.toml", EVERY),
        (".pants.rc", EVERY),
        (".pants.bootstrap", EVERY),
        (".gitignore", EVERY),
        (".wheels/arm64/new-1-py3-none-any.whl", ["common-layer.zip"]),
        ("product.json", ["common-layer.zip"]),
        ("tools/orders/__init__.py", EVERY),
        ("orders.py", EVERY),
        ("README.md", []),
        ("tests/orders/test_routes.py", []),
        ("tools/local_aws/commands/up.py", []),
        ("services/orders/__pycache__/handler.cpython-313.pyc", []),
        ("services/orders/.cache/handler.py", []),
        ("dist/orders.zip", []),
        (".wheels/x86_64/new-1-py3-none-any.whl", []),
    ],
)
def test_edit_changes_only_the_inputs_of_affected_zips(repository: Repository, path: str, zips: list[str]) -> None:
    write(repository, "tools/local_aws/__init__.py", "")
    write(repository, "tests/__init__.py", "")
    before = inputs(repository)
    file = repository.root / path
    write(repository, path, (file.read_text() if file.exists() else "") + " ")
    assert [name for name, made_from in inputs(repository).items() if made_from != before[name]] == zips


@pytest.mark.parametrize("other", [{"PANTS_VERSION": "2.34.0"}, {"PATH": "/nowhere"}], ids=["setting", "program"])
def test_pants_and_its_settings_are_inputs(repository: Repository, tmp_path: Path, other: dict[str, str]) -> None:
    (tmp_path / "pants").touch(0o755)
    environment = {"PATH": str(tmp_path), "PANTS_VERSION": "2.33.0", "EDITOR": "vi"}
    before = inputs(repository, environment)
    assert inputs(repository, environment | {"EDITOR": "ed"}) == before
    assert not set(inputs(repository, environment | other).values()) & set(before.values())


@pytest.mark.parametrize("named", ["ci.toml", "['pants.more.toml', 'ci.toml']"])
def test_pants_configuration_from_the_environment_is_an_input(repository: Repository, named: str) -> None:
    environment = os.environ | {"PANTS_CONFIG_FILES": named}
    write(repository, "ci.toml", "")
    before = inputs(repository, environment)
    write(repository, "ci.toml", "[GLOBAL]")
    assert not set(inputs(repository, environment).values()) & set(before.values())


def test_symlink_counts_with_its_content(repository: Repository) -> None:
    (repository.root / "services/orders/linked.py").symlink_to("../../README.md")
    write(repository, "README.md", "1")
    before = inputs(repository)
    assert inputs(repository) == before
    write(repository, "README.md", "2")
    assert inputs(repository)["orders.zip"] != before["orders.zip"]


def test_zip_with_a_linked_folder_is_always_packaged_again(repository: Repository) -> None:
    (repository.root / "services/orders/linked").symlink_to("../../terraform")
    before = inputs(repository)
    assert [name for name, made_from in inputs(repository).items() if made_from != before[name]] == ORDERS


def test_architecture_and_python_are_inputs(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    read = package_zips.read_inputs
    before = read(repository.root, "orders.zip", "arm64")
    assert read(repository.root, "orders.zip", "x86_64").fingerprint != before.fingerprint
    monkeypatch.setattr(sys, "version", "3.13.99")
    assert read(repository.root, "orders.zip", "arm64").fingerprint != before.fingerprint
