import json

from local_aws.cloudwatch.alarm_message import SUBJECT_CHARACTERS, in_text, message, region_name, subject
from local_aws.cloudwatch.alarm_state import Judgement
from tests.local_aws.cloudwatch.alarms import RATE, TOPIC, parameters, stat, with_expression

ARN = "arn:aws:cloudwatch:eu-central-1:123456789012:alarm:shop-dev-orders-5xx"
NEW = Judgement("ALARM", "Threshold Crossed", "{}")
AT = 1_795_255_201.5


def test_message_has_the_fields_of_cloudwatch() -> None:
    assert message(parameters(), ARN, AT - 60, "OK", NEW, AT) == {
        "AlarmName": "shop-dev-orders-5xx",
        "AlarmDescription": "The service orders responded with 5xx. Then: docs/runbook.md#service-5xx",
        "AWSAccountId": "123456789012",
        "AlarmConfigurationUpdatedTimestamp": "2026-11-21T09:59:01.500+0000",
        "NewStateValue": "ALARM",
        "NewStateReason": "Threshold Crossed",
        "StateChangeTime": "2026-11-21T10:00:01.500+0000",
        "Region": "Europe (Frankfurt)",
        "AlarmArn": ARN,
        "OldStateValue": "OK",
        "OKActions": [TOPIC],
        "AlarmActions": [TOPIC],
        "InsufficientDataActions": [],
        "Trigger": {
            "MetricName": "5xx",
            "Namespace": "Shop/dev",
            "StatisticType": "Statistic",
            "Statistic": "SUM",
            "Unit": None,
            "Dimensions": [{"value": "orders", "name": "service"}],
            "Period": 300,
            "EvaluationPeriods": 1,
            "DatapointsToAlarm": 1,
            "ComparisonOperator": "GreaterThanOrEqualToThreshold",
            "Threshold": 1.0,
            "TreatMissingData": "notBreaching",
            "EvaluateLowSampleCountPercentile": "",
        },
    }


def test_trigger_of_a_percentile() -> None:
    given = parameters(Statistic=None, ExtendedStatistic="p99", EvaluateLowSampleCountPercentile="evaluate")
    trigger = message(given, ARN, AT, "OK", NEW, AT)["Trigger"]
    assert (trigger["StatisticType"], trigger["ExtendedStatistic"]) == ("ExtendedStatistic", "p99")
    assert trigger["EvaluateLowSampleCountPercentile"] == "evaluate"
    assert "Statistic" not in trigger


def test_trigger_of_an_expression() -> None:
    given = with_expression(RATE, {**stat("5xx", ApiId="a1"), "Id": "errors"})
    trigger = message(given, ARN, AT, "OK", NEW, AT)["Trigger"]
    assert "MetricName" not in trigger
    metric = {"Namespace": "AWS/ApiGateway", "MetricName": "5xx", "Dimensions": [{"value": "a1", "name": "ApiId"}]}
    assert trigger["Metrics"] == [
        {"Id": "errors", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"}, "ReturnData": False},
        {"Id": "watched", "Expression": RATE, "Label": "rate", "ReturnData": True},
    ]


def test_text_is_json() -> None:
    assert json.loads(in_text({"AlarmName": "a"})) == {"AlarmName": "a"}


def test_subject_names_state_alarm_and_region() -> None:
    assert subject(parameters(), "ALARM", "eu-central-1") == 'ALARM: "shop-dev-orders-5xx" in Europe (Frankfurt)'
    assert subject(parameters(), "INSUFFICIENT_DATA", "us-east-1").startswith("INSUFFICIENT: ")
    long = subject(parameters(AlarmName="a" * 200), "OK", "eu-central-1")
    assert (len(long), long[-3:]) == (SUBJECT_CHARACTERS - 1, "...")


def test_unknown_region_has_no_name() -> None:
    assert region_name("mars-north-1") == "mars-north-1"
