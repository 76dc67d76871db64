"""An operation opens a span and counts the domain metric that it declares."""

import json
from enum import StrEnum
from typing import Any

import pytest

from common.failures import Conflict, NotFound
from common.idempotency import Replayed
from common.telemetry import metrics, traces
from common.telemetry.operations import operation
from tests.support.emf import blobs
from tests.support.lambda_context import FakeLambdaContext
from tests.support.records import record
from tests.support.traces import flags, recorded_traces


class DomainMetric(StrEnum):
    ADDED = "ThingsAdded"
    FOUND = "ThingsFound"
    REJECTED = "ThingsRejected"


@operation("things.add", counts=DomainMetric.ADDED, counts_failures={Conflict: DomainMetric.REJECTED})
def add(number: int, *, failure: Exception | None = None) -> int:
    """Add one."""
    if failure is not None:
        raise failure
    return number + 1


@operation("things.put", counts=lambda is_new: DomainMetric.ADDED if is_new else DomainMetric.FOUND)
def put(*, is_new: bool) -> bool:
    return is_new


@operation("things.list")
def list_things() -> list[str]:
    return []


@pytest.fixture
def counted(function_environment: dict[str, str], capsys: pytest.CaptureFixture[str]) -> Any:
    """Return a function that runs work as an invocation and returns the counted metrics without cold starts."""
    assert function_environment

    def run(work: Any) -> dict[str, Any]:
        metrics.published(lambda _, __: work())({}, FakeLambdaContext())
        found = blobs(json.loads(line) for line in capsys.readouterr().out.splitlines())
        return {name: value for blob in found for name, value in blob.counted().items() if name != "ColdStart"}

    return run


def test_result_and_docstring_are_kept() -> None:
    assert add(1) == 2
    assert (add.__name__, add.__doc__) == ("add", "Add one.")


def test_success_counts_the_declared_metric(counted: Any) -> None:
    assert list(counted(lambda: add(1))) == ["ThingsAdded"]


def test_metric_may_depend_on_the_result(counted: Any) -> None:
    assert list(counted(lambda: put(is_new=True))) == ["ThingsAdded"]
    assert list(counted(lambda: put(is_new=False))) == ["ThingsFound"]


def test_declared_failure_counts_its_own_metric(counted: Any) -> None:
    def rejected() -> None:
        with pytest.raises(Conflict):
            add(1, failure=Conflict("It exists already."))

    assert list(counted(rejected)) == ["ThingsRejected"]


@pytest.mark.parametrize("failure", [NotFound("It does not exist."), ValueError("a bug")])
def test_other_failures_count_nothing(counted: Any, failure: Exception) -> None:
    def failed() -> None:
        with pytest.raises(type(failure)):
            add(1, failure=failure)

    assert counted(failed) == {}


def test_replay_counts_its_own_metric_alone_and_is_raised(counted: Any) -> None:
    def replayed() -> None:
        with pytest.raises(Replayed):
            add(1, failure=Replayed(record("first")))

    assert counted(replayed) == {"IdempotentReplays": 1}


@pytest.mark.parametrize("library", ["otel", "powertools"])
def test_span_of_a_replay_is_neither_error_nor_fault(
    library: traces.Library, function_environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert function_environment

    def handler(_: object, __: object) -> None:
        with pytest.raises(Replayed):
            add(1, failure=Replayed(record("first")))

    with recorded_traces(monkeypatch, library) as recorded:
        traces.traced(handler)({}, FakeLambdaContext())
        assert flags(recorded.one("things.add")) == set()


def test_operation_without_metric_counts_nothing(counted: Any) -> None:
    assert counted(list_things) == {}
