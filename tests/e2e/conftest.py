"""Requests that AWS throttles, and all of them with each tracing library.

The other fixtures are in `tests/support/deployed/fixtures.py`.
"""

from collections.abc import Iterator
from contextlib import ExitStack

import httpx2
import pytest

from local_aws.session import Session
from tests.e2e.failures import Outage, outages
from tests.e2e.traced import Traced
from tests.support.deployed.data_plane import data_plane
from tests.support.deployed.deployment import Deployment
from tests.support.deployed.signing import Signer
from tests.support.deployed.tracing import other_tracing
from tests.support.fault_plan import FaultPlan


@pytest.fixture(scope="session")
def outage(deployment: Deployment, faulty: Deployment, plan: FaultPlan, signer: Signer) -> dict[str, Outage]:
    """Return the responses of each service while AWS throttled every call."""
    return outages(deployment, faulty, plan, signer)


@pytest.fixture(scope="session")
def by_powertools(
    session: Session,
    deployment: Deployment,
    plan: FaultPlan,
    signer: Signer,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Traced]:
    """Serve the functions with the X-Ray SDK."""
    work = tmp_path_factory.mktemp("powertools")
    with ExitStack() as stack:
        served = stack.enter_context(data_plane(session.control_plane, work, read=other_tracing))
        client = stack.enter_context(httpx2.Client(base_url=served.url, timeout=30))
        admin = stack.enter_context(httpx2.Client(base_url=served.admin_url))
        older = Deployment(client, admin, work / "logs")
        yield Traced(older, older, outages(deployment, older, plan, signer))


@pytest.fixture(scope="session", params=["otel", "powertools"])
def traced(request: pytest.FixtureRequest) -> Traced:
    """Return the functions with each tracing library; OpenTelemetry is the one that Terraform chooses by default."""
    if request.param == "powertools":
        older: Traced = request.getfixturevalue("by_powertools")
        return older
    names = ("deployment", "faulty", "outage")
    return Traced(*(request.getfixturevalue(name) for name in names))
