from typing import Any

import pytest

from local_aws.cloudwatch.datapoints import Datapoints, Metric, Sample
from local_aws.cloudwatch.metric_reads import ReadError, listed, metric_data, statistics
from tests.local_aws.cloudwatch.alarms import stat

NOON = 1_795_262_400  # 2026-11-21T12:00:00Z
COUNT = Metric.of("AWS/ApiGateway", "Count", {"ApiId": "a1"})
ERRORS = Metric.of("AWS/ApiGateway", "5xx", {"ApiId": "a1"})
STAGE = Metric.of("AWS/ApiGateway", "Count", {"ApiId": "a1", "Stage": "$default"})
LENT = Metric.of("Shop/dev", "Lent", {"service": "orders"})


def stored(*samples: tuple[Metric, float, float]) -> Datapoints:
    found = Datapoints(5)
    found.add(Sample(metric, "Count", NOON + offset, (value,)) for metric, offset, value in samples)
    return found


def read(datapoints: Datapoints, *queries: dict[str, Any], begin: float = 0, end: float = 600) -> dict[str, Any]:
    found = metric_data(datapoints, queries, NOON + begin, NOON + end)
    return {label: {start - NOON: value for start, value in points.items()} for _, label, points in found}


def query(name: str = "Count", statistic: str = "Sum", period: int = 60, **changes: Any) -> dict[str, Any]:
    return {**stat(name, statistic, period, ApiId="a1"), "ReturnData": True} | changes


def test_minutes_are_real_minutes() -> None:
    datapoints = stored((COUNT, 0, 1), (COUNT, 59.9, 2), (COUNT, 60, 4), (COUNT, 200, 8), (STAGE, 0, 100))
    assert read(datapoints, query()) == {"Count": {0: 3, 60: 4, 180: 8}}
    assert read(datapoints, query(statistic="SampleCount")) == {"Count": {0: 2, 60: 1, 180: 1}}
    assert read(datapoints, query(statistic="p50")) == {"Count": {0: 1.5, 60: 4, 180: 8}}


def test_short_periods_are_those_of_the_dashboard() -> None:
    datapoints = stored((COUNT, 0, 1), (COUNT, 6, 2), (COUNT, 12, 4))
    assert read(datapoints, query(period=5)) == {"Count": {0: 1, 5: 2, 10: 4}}
    assert read(datapoints, query(period=10)) == {"Count": {0: 3, 10: 4}}


def test_start_is_rounded_down_to_the_minute_and_the_end_is_exclusive() -> None:
    datapoints = stored((COUNT, -1, 1), (COUNT, 1, 2), (COUNT, 119, 4), (COUNT, 120, 8))
    assert read(datapoints, query(), begin=30, end=120) == {"Count": {0: 2, 60: 4}}
    assert read(datapoints, query(period=300), begin=61, end=600) == {"Count": {60: 12}}


def test_metric_math_over_queries_that_return_no_data() -> None:
    datapoints = stored((COUNT, 0, 1), (COUNT, 1, 1), (COUNT, 60, 1), (ERRORS, 1, 1))
    rate = {"Id": "rate", "Expression": "100 * FILL(errors, 0) / requests", "Label": "5xx"}
    hidden = [
        query("5xx", Id="errors", ReturnData=False),
        query("Count", "SampleCount", Id="requests", ReturnData=False),
    ]
    assert read(datapoints, rate, *hidden) == {"5xx": {0: 50, 60: 0}}
    assert read(datapoints, {**rate, "Label": None}, *hidden).keys() == {"rate"}


def test_metric_without_values_is_empty() -> None:
    assert read(stored(), query()) == {"Count": {}}


def test_other_unit_has_no_values() -> None:
    wanted = query()
    for unit, values in (("Count", {0: 1}), ("Seconds", {})):
        wanted["MetricStat"]["Unit"] = unit
        assert read(stored((COUNT, 0, 1)), wanted) == {"Count": values}


@pytest.mark.parametrize(
    ("queries", "times", "reason"),
    [
        ([query(period=1)], {}, "a period of 1 s is not supported"),
        ([query(period=90)], {}, "a period of 90 s is not supported"),
        ([query(statistic="tm90")], {}, "'tm90' is not a supported statistic"),
        ([{"Id": "a"}], {}, "neither MetricStat nor Expression"),
        ([{"Id": "a", "Expression": "2 * b"}], {}, "needs ['b']"),
        ([query()], {"begin": 600}, "StartTime must be before EndTime"),
    ],
)
def test_invalid_read_is_rejected_with_a_reason(
    queries: list[dict[str, Any]], times: dict[str, float], reason: str
) -> None:
    with pytest.raises(ReadError) as raised:
        read(stored(), *queries, **times)
    assert reason in str(raised.value)


def test_several_statistics_of_a_metric() -> None:
    datapoints = stored((COUNT, 0, 1), (COUNT, 10, 3))
    found = statistics(datapoints, COUNT, ["Minimum", "Maximum", "p100"], NOON, NOON + 60, 60)
    assert found == {"Minimum": {NOON: 1}, "Maximum": {NOON: 3}, "p100": {NOON: 3}}


def test_metrics_are_listed_by_namespace_name_and_dimensions() -> None:
    datapoints = stored(*((metric, 0, 1) for metric in (COUNT, ERRORS, STAGE, LENT)))
    assert listed(datapoints, None, None, []) == [ERRORS, COUNT, STAGE, LENT]
    assert listed(datapoints, "Shop/dev", None, []) == [LENT]
    assert listed(datapoints, None, "Count", [{"Name": "Stage"}]) == [STAGE]
    assert listed(datapoints, None, None, [{"Name": "ApiId", "Value": "a2"}]) == []
