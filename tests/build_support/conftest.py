"""A repository to be packaged, and one that has been."""

import shutil
import sys
from pathlib import Path

import pytest

from tests.build_support.packaging import ALL, PANTS, package, write
from tests.build_support.repository import Repository


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """A repository whose Pants is a script."""
    made = Repository(tmp_path / "repository")
    shutil.rmtree(made.dist)
    write(made, "libs/common/__init__.py", "")
    for service in ("accounts", "orders"):
        write(made, f"services/{service}/__init__.py", "")
        write(made, f"services/{service}/handler.py", "def handler(event, context): ...\n")
        write(made, f"services/{service}/BUILD", "python_sources()\n")
    pants = made.root / "build-support/package-targets"
    pants.write_text(PANTS.format(python=sys.executable))
    pants.chmod(0o755)
    return made


@pytest.fixture
def packaged(repository: Repository) -> Repository:
    """A repository that has been packaged once."""
    assert package(repository) == [ALL]
    return repository
