import json

import pytest

from local_aws.cloudwatch.function_metrics import FunctionLog
from tests.local_aws.cloudwatch.local_lines import a_log_line, a_report, a_start, some_metrics, summaries
from tests.local_aws.page.seen_requests import BEGAN

ORDERS = {"FunctionName": "orders"}


def test_invocation_counts_at_its_start_time() -> None:
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
def test_failed_invocation_is_an_error(status: str) -> None:
    log = FunctionLog("orders")
    list(log.samples(a_start("1")))
    assert ("Errors", ORDERS, 1) in summaries(list(log.samples(a_report("1", status=status))))


def test_concurrent_executions_are_counted_at_each_start() -> None:
    log = FunctionLog("orders")
    lines = [a_start("1"), a_start("2"), a_report("1"), a_start("3"), a_report("3"), a_report("2"), a_start("4")]
    samples = [sample for line in lines for sample in log.samples(line)]
    assert [value for name, _, value in summaries(samples) if name == "ConcurrentExecutions"] == [1, 2, 2, 1]


def test_metrics_of_the_code_have_their_own_time_and_dimensions() -> None:
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
        {"message": 'not written by the platform: "platform.start"'},
        'not JSON: "platform.',
        ["platform.report"],
        {"_aws": {"Timestamp": "rejected by CloudWatch"}},
        json.dumps({"type": "platform.start"}),
    ],
)
def test_other_lines_have_no_metrics(message: object) -> None:
    assert list(FunctionLog("orders").samples(a_log_line(message))) == []
