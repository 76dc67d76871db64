"""What a function renews when Lambda has restored it from a snapshot."""

import asyncio
import random
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from common.lambda_handler import create_handler
from common import snapshots
from common.auth.keys import CURRENT, PREVIOUS, SecretUnavailable, StagedKeys
from common.auth.secret_stages import SecretStages
from common.http.application import Application, create_app
from common.http.lazy_route import LazyRoute
from common.runtime import Runtime
from common.telemetry import metrics
from tests.common import protected_routes
from tests.common.conftest import no_adapters
from tests.support.moto_secrets import NEW, NEWEST, OLD, Clock, Secret, secret_on_moto

# AWS's runtime client, which brings it, is for Linux only.
snapshot_restore_py = pytest.importorskip("snapshot_restore_py")


@pytest.fixture(autouse=True)
def hooks() -> Iterator[list[Any]]:
    """Return the hooks that the runtime would run after a restore."""
    registry = snapshot_restore_py.get_after_restore()
    yield registry
    registry.clear()


@pytest.fixture
def runtime(function_environment: dict[str, str]) -> Runtime:
    return Runtime.of(function_environment)


def start() -> Application:
    """Run a function's INIT, and return its application."""
    app = create_app("things", description="Things.", routers=[protected_routes.router])
    create_handler(app, no_adapters)
    asyncio.get_event_loop().close()
    asyncio.set_event_loop(None)
    return app


@pytest.mark.parametrize("kind", ["provisioned-concurrency", "snap-start", "on-demand"])
def test_routes_are_analysed_in_an_init_that_no_request_waits_for(
    function_environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    assert function_environment
    monkeypatch.setenv("AWS_LAMBDA_INITIALIZATION_TYPE", kind)
    routes = [route for route in start().routes if isinstance(route, LazyRoute)]
    assert len(routes) > 1
    assert {"dependant" in vars(route) for route in routes} == {kind != "on-demand"}


def test_function_is_renewed_after_a_restore(
    function_environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, hooks: list[Any]
) -> None:
    from awslambdaric import lambda_runtime_hooks_runner  # noqa: PLC0415 - on Linux only

    assert function_environment
    monkeypatch.setenv("AWS_LAMBDA_INITIALIZATION_TYPE", "snap-start")
    start()
    assert [hook for hook, *_ in hooks] == [snapshots.renew]
    monkeypatch.setattr(metrics.Invocation, "is_first", False)
    lambda_runtime_hooks_runner.run_after_restore()
    assert metrics.is_cold_start()


@pytest.mark.parametrize("kind", ["on-demand", "provisioned-concurrency"])
def test_function_without_snapstart_loads_nothing_for_it(
    function_environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, hooks: list[Any], kind: str
) -> None:
    assert function_environment
    monkeypatch.setenv("AWS_LAMBDA_INITIALIZATION_TYPE", kind)
    for module in ("common.snapshots", "snapshot_restore_py"):
        monkeypatch.delitem(sys.modules, module)
    start()
    assert {"common.snapshots", "snapshot_restore_py"}.isdisjoint(sys.modules)
    assert hooks == []


def test_environments_of_one_snapshot_draw_different_numbers(runtime: Runtime) -> None:
    snapshot = random.getstate()
    drawn = set()
    for _ in range(3):
        random.setstate(snapshot)
        snapshots.renew(runtime)
        drawn.add(random.getrandbits(128))
    assert len(drawn) == 3


@pytest.fixture
def secret() -> Iterator[Secret]:
    with secret_on_moto() as secret:
        yield secret


def test_keys_are_read_again_although_the_monotonic_clock_stood_still(runtime: Runtime, secret: Secret) -> None:
    secret.put(NEW)
    stages = SecretStages(secret.client, secret.arn, Clock())
    keys = StagedKeys(stages, Clock())
    assert keys.current() == NEW
    assert keys.find("unknown") is None
    secret.put(NEWEST)
    assert keys.current() == NEW
    snapshots.renew(replace(runtime, keys=keys))
    secret.reads.clear()
    assert keys.current() == NEWEST
    assert keys.find(NEW.kid) == NEW
    assert keys.find(OLD.kid) is None
    assert secret.reads == [CURRENT, PREVIOUS, CURRENT]


def test_failure_before_the_snapshot_is_forgotten(runtime: Runtime, secret: Secret) -> None:
    keys = StagedKeys(SecretStages(secret.client, secret.arn, Clock()), Clock())
    secret.unavailable = True
    with pytest.raises(SecretUnavailable):
        keys.current()
    secret.unavailable = False
    with pytest.raises(SecretUnavailable):
        keys.current()
    snapshots.renew(replace(runtime, keys=keys))
    assert keys.current() == OLD


def test_connections_are_closed_and_opened_again(runtime: Runtime, secret: Secret) -> None:
    closed = []

    class Client:
        """A client of AWS that records that it is closed."""

        def __init__(self, name: str) -> None:
            self._name = name

        def close(self) -> None:
            closed.append(self._name)

    stages: Any = SecretStages(Client("secretsmanager"), secret.arn)  # type: ignore[arg-type]
    dynamodb: Any = Client("dynamodb")
    snapshots.renew(replace(runtime, dynamodb=dynamodb, keys=StagedKeys(stages)))
    assert closed == ["dynamodb", "secretsmanager"]
    secret.client.close()
    assert SecretStages(secret.client, secret.arn).read(CURRENT) == OLD
