"""One deployment for all end-to-end tests, started by the command of `make up`.

`tests/conftest.py` registers this plugin where a suite of `folders.DEPLOYED` may run.
"""

import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING

import httpx2
import pytest

from local_aws.clients.operator_client import operator_client
from local_aws.session import Session
from tests.support.clone import Clone
from tests.support.deployed.data_plane import data_plane
from tests.support.deployed.deployment import Deployment
from tests.support.deployed.folders import DEPLOYED
from tests.support.deployed.signing import Signer
from tests.support.deployed.up import UNTHROTTLED, Up
from tests.support.fault_plan import FaultPlan
from tests.support.generated_clients import GeneratedClients
from tests.support.services import AS_IMAGE

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

INCOMPLETE = pytest.StashKey[bool]()


@pytest.hookimpl(trylast=True)  # after the hooks that deselect tests
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Run the tests that judge the whole run last, and deselect them when only a part of it runs.

    The tests of grants run after all others, because their calls are not those of functions.
    """
    own = [item for item in items if item.path.parent in DEPLOYED]
    judges = [item for item in own if "whole_run" in getattr(item, "fixturenames", ())]
    grants = [item for item in own if item.path.name == "test_grants.py" and item not in judges]
    others = [item for item in items if item not in judges and item not in grants]
    missing = {test for folder in DEPLOYED for test in folder.glob("test_*.py")} - {item.path for item in items}
    if judges and (missing or INCOMPLETE in config.stash or any("::" in argument for argument in config.args)):
        config.hook.pytest_deselected(items=judges)
        judges = []
    items[:] = others + judges + grants


def pytest_deselected(items: list[pytest.Item]) -> None:
    """Remember that an end-to-end test is deselected."""
    for item in items:
        if item.path.parent in DEPLOYED:
            item.config.stash[INCOMPLETE] = True


def pytest_report_collectionfinish(config: pytest.Config) -> list[str]:
    """Report why tests are deselected without an option."""
    if INCOMPLETE not in config.stash:
        return []
    return ["Tests that judge the whole end-to-end run are deselected: `make test-e2e` runs all suites that they need."]


@pytest.fixture(scope="session")
def whole_run() -> None:
    """Mark tests that check the results of all end-to-end tests. They run only together with all of them."""


@pytest.fixture(scope="session")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """Run `make up` for the whole session. No process of it may be left at the end."""
    assert sys.platform == "linux", "the embedded AWS needs Linux"
    images = [f"--image={service}" for service in AS_IMAGE]
    with Up(tmp_path_factory.mktemp("up"), "--var", UNTHROTTLED, *images) as running:
        running.wait_for("Serving on")
        yield running
        assert running.end() == 0
        assert running.left_behind() == []


@pytest.fixture(scope="session")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """Return a copy of the checkout that tests may edit, with the checkout's packaging cache."""
    return Clone(tmp_path_factory.mktemp("clone") / "clone")


@pytest.fixture(scope="session")
def session(up: Up) -> Session:
    """Return the addresses of the running deployment."""
    return Session.read(up.work)


@pytest.fixture(scope="session")
def deployed_api(session: Session) -> Iterator[httpx2.Client]:
    """Return a client of the deployed API. In the suites of the services, `api` is the application in process."""
    with httpx2.Client(base_url=session.url, timeout=30) as client:
        yield client


@pytest.fixture(scope="session")
def deployment(deployed_api: httpx2.Client, session: Session, logs: Path) -> Iterator[Deployment]:
    """Return the deployment as `make up` serves it."""
    with httpx2.Client(base_url=session.admin_url) as admin:
        yield Deployment(deployed_api, admin, logs)


@pytest.fixture(scope="session")
def plan(session: Session) -> Iterator[FaultPlan]:
    """Return the plan of faults of the deployment."""
    with closing(FaultPlan(session.faults_url, session.control_plane["AWS_SECRET_ACCESS_KEY"])) as plan:
        yield plan
        assert plan.report() == []


@pytest.fixture(scope="session")
def faulty(session: Session, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """Serve the same functions on the same tables a second time, in new environments for faults at their start."""
    work = tmp_path_factory.mktemp("faulty")
    with ExitStack() as stack:
        served = stack.enter_context(data_plane(session.control_plane, work))
        client = stack.enter_context(httpx2.Client(base_url=served.url, timeout=30))
        admin = stack.enter_context(httpx2.Client(base_url=served.admin_url))
        yield Deployment(client, admin, work / "logs")


@pytest.fixture(scope="session")
def deployments(deployment: Deployment, faulty: Deployment) -> list[Deployment]:
    """Return all deployments that run as long as the session does."""
    return [deployment, faulty]


@pytest.fixture(scope="session")
def dynamodb(session: Session) -> "DynamoDBClient":
    """Return an operator's client of the deployed tables."""
    client: DynamoDBClient = operator_client("dynamodb", session.control_plane)
    return client


@pytest.fixture(scope="session")
def signer(session: Session) -> Signer:
    """Return the signer of tokens that the deployed functions accept."""
    return Signer(session)


@pytest.fixture(scope="session")
def logs(up: Up) -> Path:
    """Return the folder of the deployment's log files."""
    return up.work / "logs"


@pytest.fixture(scope="session")
def generated_clients(session: Session, tmp_path_factory: pytest.TempPathFactory) -> Iterator[GeneratedClients]:
    """Return the generated clients of the deployed services."""
    with ExitStack() as stack:
        yield GeneratedClients(session.url, tmp_path_factory.mktemp("generated"), stack)
