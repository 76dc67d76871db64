"""One embedded AWS for all end-to-end tests, started by the very command that people use."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import httpx2
import pytest

from local_aws.clients.operator_client import operator_client
from local_aws.session import Session
from tests.e2e.command import UNTHROTTLED, UNTRACED, Up
from tests.e2e.failures import Outages, outages
from tests.e2e.faults import Faults, failing
from tests.e2e.plane import Plane
from tests.e2e.second_plane import second_plane
from tests.e2e.signing import Signer
from tests.support.clone import Clone

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

FOLDER = Path(__file__).parent
LEFT_OUT = pytest.StashKey[bool]()


@pytest.hookimpl(trylast=True)  # When other hooks have said what is left out.
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Run what judges the whole run after all others, and leave it out when this is only a part.

    The tests of grants come last: they make calls that no function makes.
    """
    own = [item for item in items if item.path.parent == FOLDER]
    judges = [item for item in own if "whole_run" in getattr(item, "fixturenames", ())]
    grants = [item for item in own if item.path == FOLDER / "test_grants.py" and item not in judges]
    others = [item for item in items if item not in judges and item not in grants]
    missing = set(FOLDER.glob("test_*.py")) - {item.path for item in items}
    if missing or LEFT_OUT in config.stash or any("::" in argument for argument in config.args):
        config.hook.pytest_deselected(items=judges)
        judges = []
    items[:] = others + judges + grants


def pytest_deselected(items: list[pytest.Item]) -> None:
    """Remember that a test of this folder is left out."""
    for item in items:
        if item.path.parent == FOLDER:
            item.config.stash[LEFT_OUT] = True


def pytest_report_collectionfinish(config: pytest.Config) -> list[str]:
    """Say why a test is left out that nobody asked to leave out."""
    if LEFT_OUT not in config.stash:
        return []
    return ["What all of tests/e2e has used and logged is only judged when all of it runs."]


@pytest.fixture(scope="session")
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
def plane(api: httpx2.Client, session: Session, logs: Path) -> Iterator[Plane]:
    """Where functions run as they were applied."""
    with httpx2.Client(base_url=session.admin_url) as admin:
        yield Plane(api, admin, logs)


@pytest.fixture(scope="session")
def faults() -> Faults:
    """What AWS answers next to the functions of `faulty`."""
    return Faults()


@pytest.fixture(scope="session")
def faulty(session: Session, faults: Faults, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plane]:
    """The same functions on the same tables, with AWS's failures between them."""
    work = tmp_path_factory.mktemp("faulty")
    with ExitStack() as stack:
        endpoint = stack.enter_context(failing(session.control_plane["AWS_ENDPOINT_URL"], faults))
        served = stack.enter_context(second_plane(session.control_plane | {"AWS_ENDPOINT_URL": endpoint}, work))
        client = stack.enter_context(httpx2.Client(base_url=served.url, timeout=30))
        admin = stack.enter_context(httpx2.Client(base_url=served.admin_url))
        yield Plane(client, admin, work / "logs")
        assert faults.left() == []


@pytest.fixture(scope="session")
def outage(faulty: Plane, faults: Faults, signer: Signer) -> Outages:
    return outages(faulty, faults, signer)


@pytest.fixture(scope="session")
def other_up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """Another embedded AWS, where users is not traced; its environments have not asked for the secret lately."""
    with Up(tmp_path_factory.mktemp("other") / "up", "--var", UNTHROTTLED, "--var", UNTRACED) as running:
        running.wait_for("Serving on")
        yield running
        assert running.end() == 0


@pytest.fixture(scope="session")
def other(other_up: Up) -> Session:
    return Session.read(other_up.work)


@pytest.fixture(scope="session")
def untraced(other_up: Up, other: Session) -> Iterator[Plane]:
    with httpx2.Client(base_url=other.url, timeout=30) as api, httpx2.Client(base_url=other.admin_url) as admin:
        yield Plane(api, admin, other_up.work / "logs")


@pytest.fixture(scope="session")
def planes(plane: Plane, faulty: Plane, untraced: Plane) -> list[Plane]:
    """All that run as long as the session does."""
    return [plane, faulty, untraced]


@pytest.fixture(scope="session")
def dynamodb(session: Session) -> "DynamoDBClient":
    client: DynamoDBClient = operator_client("dynamodb", session.control_plane)
    return client


@pytest.fixture(scope="session")
def signer(session: Session) -> Signer:
    return Signer(session)


@pytest.fixture(scope="session")
def logs(up: Up) -> Path:
    return up.work / "logs"


@pytest.fixture(autouse=True, scope="session")
def _linux_only() -> None:
    assert sys.platform == "linux", "the embedded AWS needs Linux"
