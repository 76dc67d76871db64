"""Requests that AWS throttles. The other fixtures are in `tests/support/deployed/fixtures.py`."""

import pytest

from tests.e2e.failures import Outage, outages
from tests.support.deployed.deployment import Deployment
from tests.support.deployed.faults import Faults
from tests.support.deployed.signing import Signer


@pytest.fixture(scope="session")
def outage(deployment: Deployment, faulty: Deployment, faults: Faults, signer: Signer) -> dict[str, Outage]:
    """Return the responses of each service while AWS throttled every call."""
    return outages(deployment, faulty, faults, signer)
