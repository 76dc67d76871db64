from typing import Any

import pytest

from local_aws.cloudwatch.alarm import AlarmError, read_alarm
from local_aws.cloudwatch.datapoints import Datapoints, Metric, Sample
from tests.local_aws.cloudwatch.alarms import RATE, an_alarm, parameters, stat, with_expression

PERIODS = range(100, 120, 5)
ERRORS = {**stat("5xx", ApiId="a1"), "Id": "errors"}
REQUESTS = {**stat("Count", "SampleCount", ApiId="a1"), "Id": "requests"}


def datapoints(*samples: tuple[str, str, dict[str, str], float, float]) -> Datapoints:
    found = Datapoints(5)
    found.add(
        Sample(Metric.of(namespace, name, dimensions), "Count", time, (value,))
        for namespace, name, dimensions, time, value in samples
    )
    return found


def test_metric_has_its_statistic_in_each_period() -> None:
    orders, people = {"service": "orders"}, {"service": "people"}
    samples = [("Shop/dev", "5xx", of, time, 1.0) for of, time in ((orders, 100), (orders, 101), (people, 105))]
    assert an_alarm().points(datapoints(*samples), PERIODS) == {100: 2.0}


def test_percentile_of_a_metric() -> None:
    alarm = an_alarm(Statistic=None, ExtendedStatistic="p50", EvaluateLowSampleCountPercentile="evaluate")
    samples = [("Shop/dev", "5xx", {"service": "orders"}, 110, value) for value in (1.0, 3.0)]
    assert alarm.points(datapoints(*samples), PERIODS) == {110: 2.0}


def test_rate_has_a_value_where_there_are_requests() -> None:
    api = {"ApiId": "a1"}
    counts = [("AWS/ApiGateway", "Count", api, time, 1.0) for time in (100, 101, 105)]
    alarm = read_alarm(with_expression(RATE, ERRORS, REQUESTS))
    assert alarm.period == 60
    found = alarm.points(datapoints(*counts, ("AWS/ApiGateway", "5xx", api, 101, 1.0)), PERIODS)
    assert found == {100: 50.0, 105: 0.0}


def test_sum_of_filled_metrics_has_a_value_in_every_period() -> None:
    metrics = [stat(name, TableName="orders") for name in ("One", "Two")]
    alarm = read_alarm(with_expression("SUM(FILL(METRICS(), 0))", *metrics))
    samples = [("AWS/ApiGateway", name, {"TableName": "orders"}, 105, 2.0) for name in ("One", "Two")]
    assert alarm.points(datapoints(*samples), PERIODS) == {100: 0.0, 105: 4.0, 110: 0.0, 115: 0.0}


@pytest.mark.parametrize(
    ("comparison", "breaching"),
    [
        ("GreaterThanOrEqualToThreshold", [5, 6]),
        ("GreaterThanThreshold", [6]),
        ("LessThanOrEqualToThreshold", [4, 5]),
        ("LessThanThreshold", [4]),
    ],
)
def test_comparison_with_the_threshold(comparison: str, breaching: list[int]) -> None:
    alarm = an_alarm(ComparisonOperator=comparison, Threshold=5)
    assert [value for value in (4, 5, 6) if alarm.breaches(value)] == breaching


def test_all_datapoints_are_needed_unless_the_alarm_says_how_many() -> None:
    assert an_alarm(EvaluationPeriods=3, DatapointsToAlarm=None).datapoints_to_alarm == 3
    assert an_alarm(EvaluationPeriods=3, DatapointsToAlarm=2).datapoints_to_alarm == 2


def test_missing_data_of_dynamodb_is_always_ignored() -> None:
    assert an_alarm().missing == "notBreaching"
    assert an_alarm(TreatMissingData=None).missing == "missing"
    assert an_alarm(Namespace="AWS/DynamoDB").missing == "ignore"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"ComparisonOperator": "GreaterThanUpperThreshold"}, "'GreaterThanUpperThreshold' is not supported"),
        ({"ThresholdMetricId": "ad1"}, "ThresholdMetricId"),
        ({"WarmUpConfiguration": {"a": 1}}, "WarmUpConfiguration"),
        ({"Statistic": None, "ExtendedStatistic": "tm90"}, "'tm90' is not a supported statistic"),
        ({"Statistic": None}, "not a supported statistic"),
        ({"Unit": "Count"}, "Unit"),
        ({"TreatMissingData": "zero"}, "'zero' is not a treatment of missing data"),
        ({"EvaluateLowSampleCountPercentile": "ignore"}, "EvaluateLowSampleCountPercentile"),
        ({"DatapointsToAlarm": 2}, "2 datapoints to alarm are more than the 1 evaluation periods"),
        ({"AlarmActions": ["arn:aws:ssm:eu-central-1:1:opsitem:1"]}, "only topics of SNS are notified"),
        ({"InsufficientDataActions": ["arn:aws:lambda:eu-central-1:1:function:f"]}, "only topics of SNS are notified"),
    ],
)
def test_unsupported_alarm_is_rejected_with_a_reason(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(AlarmError) as raised:
        read_alarm(parameters(**changes))
    assert reason in str(raised.value)


@pytest.mark.parametrize(
    ("expression", "metrics", "reason"),
    [
        ("ANOMALY_DETECTION_BAND(errors, 2)", [ERRORS], "is not evaluated here"),
        ("errors / requests", [ERRORS], "needs ['requests'], which no metric has as id"),
        ("errors / requests", [ERRORS, {**stat("Count", period=300), "Id": "requests"}], "of one period"),
        ("errors / errors", [{**ERRORS, "ReturnData": True}], "ReturnData"),
        ("SUM(FILL(METRICS(), 0))", [{**ERRORS, "Id": f"m{number}"} for number in range(11)], "1 to 10 metrics"),
        ("1 * 2", [ERRORS], "names no metric"),
    ],
)
def test_unsupported_expression_is_rejected_with_a_reason(
    expression: str, metrics: list[dict[str, Any]], reason: str
) -> None:
    with pytest.raises(AlarmError) as raised:
        read_alarm(with_expression(expression, *metrics))
    assert reason in str(raised.value)
