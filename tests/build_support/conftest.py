"""A repository before and after packaging."""

import shutil
import sys
from pathlib import Path

import pytest

from tests.build_support.packaging import ALL, PANTS, package, write
from tests.build_support.repository import Repository


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """Return a repository in which a script replaces Pants."""
    return _made(tmp_path / "repository")


def _made(root: Path) -> Repository:
    repository = Repository(root)
    shutil.rmtree(repository.dist)
    write(repository, "libs/common/__init__.py", "")
    for service in ("accounts", "orders"):
        write(repository, f"services/{service}/__init__.py", "")
        write(repository, f"services/{service}/handler.py", "def handler(event, context): ...\n")
        write(repository, f"services/{service}/BUILD", "python_sources()\n")
    pants = repository.root / "build-support/package-targets"
    pants.write_text(PANTS.format(python=sys.executable))
    pants.chmod(0o755)
    return repository


@pytest.fixture(scope="session")
def _packaged_once(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    repository = _made(tmp_path_factory.mktemp("packaged") / "repository")
    assert package(repository) == [ALL]
    return repository


@pytest.fixture
def packaged(_packaged_once: Repository, tmp_path: Path) -> Repository:
    """Return a repository that was packaged once. It is a copy, because packaging takes most of a test's time."""
    return Repository(tmp_path / "repository", origin=_packaged_once.root)
