"""Lambda's entry point: the clients and the paths come from the environment."""

import importlib
import logging
from collections.abc import Iterator

import pytest
from moto import mock_aws

NAMES = {"DeploymentId": "d-1", "LifecycleEventHookExecutionId": "e-1"}


@pytest.fixture(autouse=True)
def _root_level() -> Iterator[None]:
    level = logging.getLogger().level
    yield
    logging.getLogger().setLevel(level)


def test_unreported_result_fails_the_invocation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATHS", '{"shop-things": "/api/v1/things"}')
    with mock_aws():
        handler = importlib.import_module("release_hook.handler").handler
        # moto lacks the hook's calls of CodeDeploy, so that the report fails as well, and the invocation shows it.
        with pytest.raises(NotImplementedError):
            handler(NAMES, None)
