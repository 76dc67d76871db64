"""One embedded AWS for all faults, with a plan that tests change."""

from collections.abc import Iterator

import pytest

from local_aws.session import Session
from tests.conformance.faults.target import Target
from tests.support.deployed.up import Up

UNTHROTTLED = "throttling={rate_limit=10000,burst_limit=5000}"


@pytest.fixture(scope="session")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    with Up(tmp_path_factory.mktemp("up"), "--var", UNTHROTTLED) as up:
        up.wait_for("Serving on")
        with Target.of(Session.read(up.work), up.work / "logs") as target:
            yield target
        assert up.end() == 0
        assert up.left_behind() == []


@pytest.fixture(autouse=True)
def _no_fault_is_left(target: Target) -> Iterator[None]:
    """Remove what a failed test has planned."""
    yield
    target.plan.clear()
