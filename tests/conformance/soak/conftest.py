"""An embedded AWS for the tests of a file, which lets through more than the default limits do."""

from collections.abc import Iterator

import pytest

from local_aws.session import Session
from tests.support.deployed.up import Up

UNTHROTTLED = "throttling={rate_limit=10000,burst_limit=5000}"


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    with Up(tmp_path_factory.mktemp("up"), "--var", UNTHROTTLED) as running:
        running.wait_for("Serving on")
        yield running
        assert running.end() == 0
        assert running.left_behind() == []


@pytest.fixture(scope="module")
def session(up: Up) -> Session:
    return Session.read(up.work)
