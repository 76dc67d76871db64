"""Requests that AWS let down; what else these tests need is in `tests/support/deployed/fixtures.py`."""

import pytest

from tests.e2e.failures import Outages, outages
from tests.support.deployed.deployment import Deployment
from tests.support.deployed.faults import Faults
from tests.support.deployed.signing import Signer


@pytest.fixture(scope="session")
def outage(faulty: Deployment, faults: Faults, signer: Signer) -> Outages:
    """Return the responses to requests while AWS throttled every call."""
    return outages(faulty, faults, signer)
