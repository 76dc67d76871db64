import json
import warnings
from collections.abc import Callable
from enum import StrEnum
from typing import Any

import jsonschema
import pytest

from common.telemetry import metrics
from tests.support.emf import SCHEMA, Blob, blob, blobs
from tests.support.lambda_context import FakeLambdaContext


class DomainMetric(StrEnum):
    DONE = "ThingsDone"
    UNDONE = "ThingsUndone"


class Function:
    """Runs work as an invocation of a warm function, and keeps the recorded metrics."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        self.counted: list[Blob] = []

    def invoke(self, work: Callable[[], None]) -> list[Blob]:
        """Return the recorded metrics. No two lines have the same dimensions."""

        def handler(_: dict[str, Any], __: Any) -> None:
            work()

        try:
            metrics.published(handler)({}, FakeLambdaContext())
        finally:
            self.counted = blobs(json.loads(line) for line in self._capsys.readouterr().out.splitlines())
        return self.counted


@pytest.fixture
def function(
    function_environment: dict[str, str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Function:
    assert function_environment
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "things")
    monkeypatch.setattr(metrics.Invocation, "is_first", False)
    return Function(capsys)


def test_request_is_recorded_with_its_route_template(function: Function) -> None:
    [found] = function.invoke(lambda: metrics.count_request("/things/{id}", 200, 12.5))
    assert found == Blob({"service": "things", "route": "/things/{id}"}, {"Latency": ("Milliseconds", [12.5])})


@pytest.mark.parametrize("status", [400, 404, 429, 499])
def test_4xx_is_counted_for_its_route_only(function: Function, status: int) -> None:
    [found] = function.invoke(lambda: metrics.count_request("unmatched", status, 1))
    assert found.metrics == {"Latency": ("Milliseconds", [1]), "4xx": ("Count", [1])}


@pytest.mark.parametrize("status", [500, 503])
def test_5xx_is_counted_for_route_and_service(function: Function, status: int) -> None:
    by_route, by_service = function.invoke(lambda: metrics.count_request("/things", status, 1))
    assert by_route.metrics == {"Latency": ("Milliseconds", [1]), "5xx": ("Count", [1])}
    assert by_service == Blob({"service": "things"}, {"5xx": ("Count", [1])})


def test_metrics_with_the_same_dimensions_share_a_line(function: Function) -> None:
    def work() -> None:
        metrics.count(DomainMetric.DONE)
        metrics.count(DomainMetric.UNDONE)
        metrics.count(DomainMetric.DONE)
        metrics.count_fault("bug")
        metrics.count_fault("unavailable")
        metrics.count_request("/things", 500, 3)

    found = function.invoke(work)
    assert [(each.dimensions, each.counted()) for each in found] == [
        ({"service": "things"}, {"ThingsDone": 2, "ThingsUndone": 1, "5xx": 1}),
        ({"service": "things", "kind": "bug"}, {"Faults": 1}),
        ({"service": "things", "kind": "unavailable"}, {"Faults": 1}),
        ({"service": "things", "route": "/things"}, {"Latency": 3, "5xx": 1}),
    ]


def test_invocation_without_metrics_writes_and_warns_nothing(function: Function) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert function.invoke(lambda: None) == []


def test_metrics_do_not_leak_into_the_next_invocation(function: Function) -> None:
    function.invoke(lambda: metrics.count_fault("bug"))
    assert function.invoke(lambda: metrics.count(DomainMetric.DONE)) == [
        Blob({"service": "things"}, {"ThingsDone": ("Count", [1])})
    ]


def test_metrics_of_a_raising_invocation_are_written_once(function: Function) -> None:
    def fails() -> None:
        metrics.count(DomainMetric.DONE)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        function.invoke(fails)
    [found] = function.counted
    assert found.counted() == {"ThingsDone": 1}
    assert function.invoke(lambda: None) == []


@pytest.mark.parametrize("error", [None, ZeroDivisionError])
def test_cold_start_has_its_own_line_even_if_the_invocation_raises(
    function: Function, monkeypatch: pytest.MonkeyPatch, error: type[Exception] | None
) -> None:
    monkeypatch.setattr(metrics.Invocation, "is_first", True)

    def work() -> None:
        metrics.count(DomainMetric.DONE)
        if error:
            raise error

    if error:
        with pytest.raises(error):
            function.invoke(work)
    else:
        function.invoke(work)
    cold, own = function.counted
    assert cold == Blob({"function_name": "things-test", "service": "things"}, {"ColdStart": ("Count", [1])})
    assert own.counted() == {"ThingsDone": 1}
    assert function.invoke(lambda: None) == []


@pytest.mark.parametrize(
    ("kind", "counted"), [("on-demand", 1), ("snap-start", 1), ("provisioned-concurrency", 0), (None, 1)]
)
def test_cold_start_is_counted_unless_init_ended_before(
    function: Function, monkeypatch: pytest.MonkeyPatch, kind: str | None, counted: int
) -> None:
    monkeypatch.delenv("AWS_LAMBDA_INITIALIZATION_TYPE", raising=False)
    if kind:
        monkeypatch.setenv("AWS_LAMBDA_INITIALIZATION_TYPE", kind)
    metrics.expect_cold_start()
    found: list[bool] = []
    blobs = [function.invoke(lambda: found.append(metrics.is_cold_start())) for _ in range(2)]
    assert found == [counted == 1, False]
    assert [len(each) for each in blobs] == [counted, 0]


@pytest.mark.parametrize("times", [100, 101, 1000])
def test_counts_of_an_invocation_are_one_number(function: Function, times: int) -> None:
    def work() -> None:
        for _ in range(times):
            metrics.count(DomainMetric.DONE)

    [found] = function.invoke(work)
    assert found.metrics == {"ThingsDone": ("Count", [times])}


@pytest.mark.parametrize(("times", "lines"), [(99, [99]), (100, [100]), (101, [100, 1]), (250, [100, 100, 50])])
def test_line_has_at_most_100_values_of_a_metric(
    capsys: pytest.CaptureFixture[str], function_environment: dict[str, str], times: int, lines: list[int]
) -> None:
    assert function_environment
    written = invocation_lines(capsys, lambda at: metrics.count_request("/things", 200, at), times)
    values = [blob(line).metrics["Latency"][1] for line in written]
    assert [len(each) for each in values] == lines
    assert [value for line in values for value in line] == list(range(times))


def test_line_has_at_most_100_metrics(capsys: pytest.CaptureFixture[str], function_environment: dict[str, str]) -> None:
    assert function_environment
    names = StrEnum("names", [f"Metric{at}" for at in range(101)])  # type: ignore[misc]
    written = invocation_lines(capsys, lambda at: metrics.count(list(names)[at]), 101)
    assert [len(blob(line).metrics) for line in written] == [100, 1]


def invocation_lines(
    capsys: pytest.CaptureFixture[str], work: Callable[[int], None], times: int
) -> list[dict[str, Any]]:
    """Return the lines of an invocation that works several times."""
    Function(capsys)
    metrics.Invocation.is_first = False

    def handler(_: dict[str, Any], __: Any) -> None:
        for at in range(times):
            work(at)

    metrics.published(handler)({}, FakeLambdaContext())
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_dimension_that_is_not_ascii_is_written(function: Function) -> None:
    [found] = function.invoke(lambda: metrics.count_request("/bücher", 200, 1))
    assert found.dimensions["route"] == "/bücher"


def test_metrics_outside_an_invocation_are_dropped(capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(250):
        metrics.count_request("/things", 500, 1)
        metrics.count(DomainMetric.DONE)
    assert capsys.readouterr().out == ""
    assert metrics.CURRENT.get() is None


@pytest.mark.parametrize(
    "broken",
    [{}, {"_aws": {"Timestamp": 1}}, {"_aws": {"Timestamp": "1", "CloudWatchMetrics": []}}],
    ids=["no metadata", "no directives", "no number"],
)
def test_invalid_metric_line_is_rejected_by_the_schema(broken: dict[str, Any]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        SCHEMA.validate(broken)
