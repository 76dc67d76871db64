import json

import pytest

from local_aws.cloudwatch.function_metrics import FunctionLog
from tests.local_aws.cloudwatch.local_lines import a_log_line, a_report, a_start, some_metrics, summaries
from tests.local_aws.page.seen_requests import BEGAN

ORDERS = {"FunctionName": "orders"}


def test_an_invocation_counts_when_it_began_though_it_is_reported_later() -> None:
    log = FunctionLog("orders")
    assert summaries(list(log.samples(a_start("1")))) == [("ConcurrentExecutions", ORDERS, 1)]
    samples = list(log.samples(a_report("1", BEGAN + 8)))
    assert summaries(samples) == [
        ("Invocations", ORDERS, 1),
        ("Errors", ORDERS, 0),
        ("Throttles", ORDERS, 0),
        ("Duration", ORDERS, 12.5),
    ]
    assert {sample.time for sample in samples} == {BEGAN}
    assert samples[-1].unit == "Milliseconds"


@pytest.mark.parametrize("status", ["error", "timeout", "failure"])
def test_an_invocation_that_failed_is_an_error(status: str) -> None:
    log = FunctionLog("orders")
    list(log.samples(a_start("1")))
    assert ("Errors", ORDERS, 1) in summaries(list(log.samples(a_report("1", status=status))))


def test_executions_under_way_are_counted_at_each_start() -> None:
    log = FunctionLog("orders")
    lines = [a_start("1"), a_start("2"), a_report("1"), a_start("3"), a_report("3"), a_report("2"), a_start("4")]
    samples = [sample for line in lines for sample in log.samples(line)]
    assert [value for name, _, value in summaries(samples) if name == "ConcurrentExecutions"] == [1, 2, 2, 1]


def test_metrics_that_the_code_wrote_have_their_own_time_and_dimensions() -> None:
    line = some_metrics("Latency", 3, 4, time=BEGAN - 1, unit="Milliseconds", service="orders", route="/orders")
    [sample] = FunctionLog("orders").samples(line)
    assert (sample.metric.namespace, sample.metric.name, sample.unit) == ("Shop/dev", "Latency", "Milliseconds")
    assert dict(sample.metric.dimensions) == {"service": "orders", "route": "/orders"}
    assert (sample.time, sample.values) == (BEGAN - 1, (3, 4))


@pytest.mark.parametrize(
    "message",
    [
        "plain",
        {"level": "INFO", "message": "request"},
        {"type": "platform.initStart", "record": {}},
        {"message": 'who writes "platform.start" is not the platform'},
        'not JSON: "platform.',
        ["platform.report"],
        {"_aws": {"Timestamp": "refused by CloudWatch"}},
        json.dumps({"type": "platform.start"}),
    ],
)
def test_other_lines_hold_no_metric(message: object) -> None:
    assert list(FunctionLog("orders").samples(a_log_line(message))) == []
