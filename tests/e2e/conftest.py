"""One embedded AWS for all end-to-end tests, started by the very command that people use."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import httpx2
import pytest

from local_aws.control_plane.operator_client import operator_client
from local_aws.session import Session
from tests.e2e.command import UNTHROTTLED, Up
from tests.support.clone import Clone

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

FOLDER = Path(__file__).parent
LEFT_OUT = pytest.StashKey[bool]()


@pytest.hookimpl(trylast=True)  # When other hooks have said what is left out.
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Run the tests of grants after all that use them; leave out what judges the whole run when this is only a part."""
    grants = [item for item in items if item.path == FOLDER / "test_grants.py"]
    others = [item for item in items if item not in grants]
    missing = set(FOLDER.glob("test_*.py")) - {item.path for item in items}
    if missing or LEFT_OUT in config.stash or any("::" in argument for argument in config.args):
        judges = [item for item in grants if "whole_run" in getattr(item, "fixturenames", ())]
        config.hook.pytest_deselected(items=judges)
        grants = [item for item in grants if item not in judges]
    items[:] = others + grants


def pytest_deselected(items: list[pytest.Item]) -> None:
    """Remember that a test of this folder is left out."""
    for item in items:
        if item.path.parent == FOLDER:
            item.config.stash[LEFT_OUT] = True


def pytest_report_collectionfinish(config: pytest.Config) -> list[str]:
    """Say why a test is left out that nobody asked to leave out."""
    if LEFT_OUT not in config.stash:
        return []
    return ["Whether every grant is used is only judged when all of tests/e2e runs."]


@pytest.fixture
def whole_run() -> None:
    """Be asked for by tests that judge what all of this folder's tests have done; they run only with all of them."""


@pytest.fixture(scope="session")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    with Up(tmp_path_factory.mktemp("up"), "--var", UNTHROTTLED) as running:
        running.wait_for("Serving on")
        yield running
        assert running.end() == 0
        assert running.left_behind() == []


@pytest.fixture(scope="session")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """A copy of the checkout that tests may edit; it has packaged what the checkout has."""
    return Clone(tmp_path_factory.mktemp("clone") / "bookshelf")


@pytest.fixture(scope="session")
def session(up: Up) -> Session:
    return Session.read(up.work)


@pytest.fixture(scope="session")
def api(session: Session) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=session.url, timeout=30) as client:
        yield client


@pytest.fixture(scope="session")
def dynamodb(session: Session) -> "DynamoDBClient":
    client: DynamoDBClient = operator_client("dynamodb", session.control_plane)
    return client


@pytest.fixture(scope="session")
def logs(up: Up) -> Path:
    return up.work / "logs"


@pytest.fixture(autouse=True, scope="session")
def _linux_only() -> None:
    assert sys.platform == "linux", "the embedded AWS needs Linux"
