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
from tests.support.deployed.faults import Faults, failing
from tests.support.deployed.signing import Signer
from tests.support.deployed.tracing import other_tracing


@pytest.fixture(scope="session")
def outage(deployment: Deployment, faulty: Deployment, faults: Faults, signer: Signer) -> dict[str, Outage]:
    """Return the responses of each service while AWS throttled every call."""
    return outages(deployment, faulty, faults, signer)


@pytest.fixture(scope="session")
def by_powertools(
    session: Session, deployment: Deployment, signer: Signer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Traced]:
    """Serve the functions with the X-Ray SDK, and with faults between them and AWS."""
    work, faults = tmp_path_factory.mktemp("powertools"), Faults()
    with ExitStack() as stack:
        endpoint = stack.enter_context(failing(session.control_plane["AWS_ENDPOINT_URL"], faults))
        control_plane = session.control_plane | {"AWS_ENDPOINT_URL": endpoint}
        served = stack.enter_context(data_plane(control_plane, work, read=other_tracing))
        client = stack.enter_context(httpx2.Client(base_url=served.url, timeout=30))
        admin = stack.enter_context(httpx2.Client(base_url=served.admin_url))
        older = Deployment(client, admin, work / "logs")
        yield Traced(older, older, faults, outages(deployment, older, faults, signer))
        assert faults.left() == []


@pytest.fixture(scope="session", params=["otel", "powertools"])
def traced(request: pytest.FixtureRequest) -> Traced:
    """Return the functions with each tracing library; OpenTelemetry is the one that Terraform chooses by default."""
    if request.param == "powertools":
        older: Traced = request.getfixturevalue("by_powertools")
        return older
    names = ("deployment", "faulty", "faults", "outage")
    return Traced(*(request.getfixturevalue(name) for name in names))
