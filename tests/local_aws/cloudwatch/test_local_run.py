import json
from dataclasses import asdict
from pathlib import Path

import pytest

from local_aws.cloudwatch.datapoints import Metric
from local_aws.cloudwatch.local_run import KEPT, PERIOD, LocalRun, is_known
from tests.local_aws.cloudwatch.local_lines import (
    START,
    a_report,
    a_start,
    an_access_line,
    an_observed,
    calls_of_one,
    some_metrics,
)
from tests.local_aws.page.seen_requests import BEGAN

INVOCATIONS = Metric.of("AWS/Lambda", "Invocations", {"FunctionName": "orders"})
COUNT = Metric.of("AWS/ApiGateway", "Count", {"ApiId": "a1b2c3"})
CALLS = Metric.of("AWS/DynamoDB", "SuccessfulRequestLatency", {"TableName": "orders", "Operation": "GetItem"})
LENT = Metric.of("Shop/dev", "OrdersLent", {"service": "orders"})


def append(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    with path.open("a") as file:
        file.write(text)


def test_run_that_has_not_started_has_no_metrics(tmp_path: Path) -> None:
    assert LocalRun(lambda: an_observed(tmp_path)).datapoints(BEGAN).metrics() == []


def test_each_line_of_a_run_is_read_once(tmp_path: Path) -> None:
    run = LocalRun(lambda: an_observed(tmp_path))
    function, access, calls = (
        tmp_path / name for name in ("logs/orders.jsonl", "logs/shop.access.jsonl", "calls.jsonl")
    )
    for number in (1, 2):
        append(function, f"{a_start('1')}\n{a_report('1')}\n{some_metrics('OrdersLent', 1, service='orders')}\n")
        append(access, f"{an_access_line()}\n")
        append(calls, json.dumps(asdict(calls_of_one("GetItem", "orders")[0])) + "\n")
        datapoints = run.datapoints(BEGAN)
        for metric in (INVOCATIONS, COUNT, CALLS, LENT):
            assert datapoints.points(metric, "SampleCount") == {START: number}, metric


def test_line_is_read_once_complete(tmp_path: Path) -> None:
    run = LocalRun(lambda: an_observed(tmp_path))
    line = an_access_line()
    append(tmp_path / "logs/shop.access.jsonl", line[:40])
    assert run.datapoints(BEGAN).metrics() == []
    append(tmp_path / "logs/shop.access.jsonl", line[40:] + "\n")
    assert COUNT in run.datapoints(BEGAN).metrics()


def test_function_deployed_later_is_read(tmp_path: Path) -> None:
    functions = ["orders"]
    run = LocalRun(lambda: an_observed(tmp_path, function=functions[-1]))
    append(tmp_path / "logs/people.jsonl", a_start("1") + "\n")
    assert run.datapoints(BEGAN).metrics() == []
    functions.append("people")
    assert len(run.datapoints(BEGAN).metrics()) == 1


def test_old_metrics_are_dropped(tmp_path: Path) -> None:
    run = LocalRun(lambda: an_observed(tmp_path))
    append(tmp_path / "logs/shop.access.jsonl", an_access_line() + "\n")
    assert COUNT in run.datapoints(START + KEPT * PERIOD).metrics()
    assert run.datapoints(START + (KEPT + 1) * PERIOD).metrics() == []


@pytest.mark.parametrize(
    ("namespace", "name", "known"),
    [
        ("AWS/Lambda", "Duration", True),
        ("AWS/ApiGateway", "5xx", True),
        ("Shop/dev", "OrdersLent", True),
        ("AWS/DynamoDB", "ConsumedReadCapacityUnits", False),
        ("AWS/DynamoDB", "ThrottledRequests", False),
        ("AWS/SQS", "NumberOfMessagesSent", False),
    ],
)
def test_unknown_metrics_are_not_zero(namespace: str, name: str, *, known: bool) -> None:
    assert is_known(Metric.of(namespace, name, {})) is known
