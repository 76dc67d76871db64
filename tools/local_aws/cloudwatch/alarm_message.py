"""The message that an alarm publishes to a topic.

AWS does not document its form: this is the form of published messages, and of those that CloudWatch sent to the tests
of other emulators.
"""

import json
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

import botocore.session

from local_aws.cloudwatch.alarm import ACTIONS, State
from local_aws.cloudwatch.alarm_state import Judgement, aws_time

SUBJECT_CHARACTERS = 100  # https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
_WORDS: Mapping[State, str] = {"OK": "OK", "ALARM": "ALARM", "INSUFFICIENT_DATA": "INSUFFICIENT"}
_OF_TRIGGER = ("EvaluationPeriods", "DatapointsToAlarm", "ComparisonOperator", "Threshold")


def subject(parameters: Mapping[str, Any], state: State, region: str) -> str:
    """Return the subject: `ALARM: "name" in Europe (Frankfurt)`, cut to what SNS accepts."""
    text = f'{_WORDS[state]}: "{parameters["AlarmName"]}" in {region_name(region)}'
    return text if len(text) < SUBJECT_CHARACTERS else f"{text[: SUBJECT_CHARACTERS - 4]}..."


def message(
    parameters: Mapping[str, Any], arn: str, configured: float, old: State, new: Judgement, now: float
) -> dict[str, Any]:
    """Return the message about a new state.

    Args:
        parameters: Those of PutMetricAlarm.
        arn: The alarm's ARN.
        configured: Time of the last PutMetricAlarm, in seconds since the epoch.
        old: The state before.
        new: The new state.
        now: Time of the change, in seconds since the epoch.
    """
    _, _, _, region, account, *_ = arn.split(":")
    return {
        "AlarmName": parameters["AlarmName"],
        "AlarmDescription": parameters.get("AlarmDescription"),
        "AWSAccountId": account,
        "AlarmConfigurationUpdatedTimestamp": aws_time(configured),
        "NewStateValue": new.state,
        "NewStateReason": new.reason,
        "StateChangeTime": aws_time(now),
        "Region": region_name(region),
        "AlarmArn": arn,
        "OldStateValue": old,
        **{actions: list(parameters.get(actions) or ()) for actions in sorted(ACTIONS.values())},
        "Trigger": _trigger(parameters),
    }


def _trigger(parameters: Mapping[str, Any]) -> dict[str, Any]:
    trigger: dict[str, Any] = {name: parameters[name] for name in _OF_TRIGGER if parameters.get(name) is not None}
    trigger["TreatMissingData"] = parameters.get("TreatMissingData") or ""
    trigger["EvaluateLowSampleCountPercentile"] = parameters.get("EvaluateLowSampleCountPercentile") or ""
    if queries := parameters.get("Metrics"):
        return trigger | {"Metrics": [_query(query) for query in queries]}
    trigger |= {name: parameters[name] for name in ("MetricName", "Namespace", "Period")}
    trigger |= {"Unit": None, "Dimensions": _dimensions(parameters.get("Dimensions") or ())}
    if name := parameters.get("Statistic"):
        return trigger | {"StatisticType": "Statistic", "Statistic": name.upper()}
    return trigger | {"StatisticType": "ExtendedStatistic", "ExtendedStatistic": parameters["ExtendedStatistic"]}


def _query(query: Mapping[str, Any]) -> dict[str, Any]:
    written = {name: query[name] for name in ("Id", "Expression", "Label") if query.get(name) is not None}
    if stat := query.get("MetricStat"):
        metric = dict(stat["Metric"]) | {"Dimensions": _dimensions(stat["Metric"].get("Dimensions") or ())}
        written["MetricStat"] = {"Metric": metric, "Period": stat["Period"], "Stat": stat["Stat"]}
    return written | {"ReturnData": query.get("ReturnData", True)}


def _dimensions(dimensions: Iterable[Mapping[str, str]]) -> list[dict[str, str]]:
    return [{"value": one["Value"], "name": one["Name"]} for one in dimensions]


@cache
def region_name(region: str) -> str:
    """Return a region's name, such as `Europe (Frankfurt)`."""
    for partition in botocore.session.get_session().get_data("endpoints")["partitions"]:
        if region in partition["regions"]:
            return str(partition["regions"][region]["description"])
    return region


def in_text(message: Mapping[str, Any]) -> str:
    """Return the message as SNS publishes it."""
    return json.dumps(message, separators=(",", ":"))
