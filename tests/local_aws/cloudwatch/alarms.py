"""Alarms as our Terraform module describes them."""

from typing import Any

from local_aws.cloudwatch.alarm import Alarm, read_alarm

TOPIC = "arn:aws:sns:eu-central-1:123456789012:shop-alarms"
RATE = "100 * FILL(errors, 0) / requests"


def parameters(**changes: Any) -> dict[str, Any]:
    """Return the parameters of PutMetricAlarm of an alarm on one metric; None removes one."""
    given = {
        "AlarmName": "shop-dev-orders-5xx",
        "AlarmDescription": "The service orders responded with 5xx. Then: docs/runbook.md#service-5xx",
        "Namespace": "Shop/dev",
        "MetricName": "5xx",
        "Dimensions": [{"Name": "service", "Value": "orders"}],
        "Statistic": "Sum",
        "Period": 300,
        "EvaluationPeriods": 1,
        "DatapointsToAlarm": 1,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "Threshold": 1.0,
        "TreatMissingData": "notBreaching",
        "AlarmActions": [TOPIC],
        "OKActions": [TOPIC],
    } | changes
    return {name: value for name, value in given.items() if value is not None}


def stat(name: str, statistic: str = "Sum", period: int = 60, **dimensions: str) -> dict[str, Any]:
    """Return a metric of an alarm with an expression, by its id."""
    metric = {
        "Namespace": "AWS/ApiGateway",
        "MetricName": name,
        "Dimensions": [{"Name": key, "Value": value} for key, value in dimensions.items()],
    }
    return {
        "Id": name.lower(),
        "MetricStat": {"Metric": metric, "Period": period, "Stat": statistic},
        "ReturnData": False,
    }


def with_expression(expression: str, *metrics: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Return the parameters of an alarm on an expression."""
    watched = {"Id": "watched", "Expression": expression, "Label": "rate", "ReturnData": True}
    without = dict.fromkeys(("Namespace", "MetricName", "Dimensions", "Statistic", "Period"))
    return parameters(**without, Metrics=[*metrics, watched], **changes)


def an_alarm(**changes: Any) -> Alarm:
    return read_alarm(parameters(**changes))
