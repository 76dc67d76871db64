"""A metric alarm as PutMetricAlarm describes it. Forms that are not evaluated here are rejected with a reason.

Fields: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html.
"""

import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from local_aws.cloudwatch.datapoints import Datapoints, Metric, Points
from local_aws.cloudwatch.expression import Expression, ExpressionError
from local_aws.cloudwatch.statistic import statistic

type State = Literal["OK", "ALARM", "INSUFFICIENT_DATA"]
type Missing = Literal["missing", "ignore", "breaching", "notBreaching"]

ACTIONS: Mapping[State, str] = {
    "OK": "OKActions",
    "ALARM": "AlarmActions",
    "INSUFFICIENT_DATA": "InsufficientDataActions",
}
METRICS = 10  # of an alarm with an expression

# The comparison, and its words in a reason.
_COMPARISONS: Mapping[str, tuple[Callable[[float, float], bool], str]] = {
    "GreaterThanOrEqualToThreshold": (operator.ge, "greater than or equal to"),
    "GreaterThanThreshold": (operator.gt, "greater than"),
    "LessThanOrEqualToThreshold": (operator.le, "less than or equal to"),
    "LessThanThreshold": (operator.lt, "less than"),
}
_MISSING: tuple[Missing, ...] = ("missing", "ignore", "breaching", "notBreaching")
_UNSUPPORTED = (
    "ThresholdMetricId",
    "EvaluationCriteria",
    "EvaluationWindow",
    "WarmUpConfiguration",
    "ActionConfiguration",
)


class AlarmError(ValueError):
    """An alarm has a form that is not evaluated here; the message names it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """A metric alarm: what it watches, and when it goes off.

    Attributes:
        metrics: Metric and statistic by id; one without an expression.
        period: The applied period in seconds, which is not the period of the evaluation.
        evaluation_periods: N of an alarm that goes off when M of N datapoints breach.
        datapoints_to_alarm: M.
    """

    name: str
    metrics: Mapping[str, tuple[Metric, str]]
    expression: Expression | None
    period: int
    comparison: str
    threshold: float
    evaluation_periods: int
    datapoints_to_alarm: int
    missing: Missing

    def breaches(self, value: float) -> bool:
        """Return whether a datapoint breaches the threshold."""
        return _COMPARISONS[self.comparison][0](value, self.threshold)

    @property
    def comparison_in_words(self) -> str:
        """The comparison as a reason names it: `greater than`."""
        return _COMPARISONS[self.comparison][1]

    def points(self, datapoints: Datapoints, periods: Iterable[int]) -> Points:
        """Return the watched value for each of the periods that has one."""
        series = {key: datapoints.points(*watched) for key, watched in self.metrics.items()}
        if self.expression is not None:
            return self.expression.points(series, periods)
        [only] = series.values()
        return {period: only[period] for period in periods if period in only}


def read_alarm(parameters: Mapping[str, Any]) -> Alarm:
    """Read the parameters of PutMetricAlarm.

    Raises:
        AlarmError: The alarm is not evaluated here.
    """
    for name in _UNSUPPORTED:
        if parameters.get(name):
            raise AlarmError(f"{name} is not supported")
    comparison = parameters["ComparisonOperator"]
    if comparison not in _COMPARISONS:
        raise AlarmError(f"the comparison {comparison!r} is not supported")
    if parameters.get("EvaluateLowSampleCountPercentile") == "ignore":
        raise AlarmError("percentiles of few values are always evaluated here: EvaluateLowSampleCountPercentile")
    for actions in ACTIONS.values():
        for arn in parameters.get(actions) or ():
            if arn.split(":")[2] != "sns":
                raise AlarmError(f"the action {arn} is never executed: only topics of SNS are notified")
    metrics, expression, period = _watched(parameters)
    periods = int(parameters["EvaluationPeriods"])
    needed = int(parameters.get("DatapointsToAlarm") or periods)
    if needed > periods:
        raise AlarmError(f"{needed} datapoints to alarm are more than the {periods} evaluation periods")
    return Alarm(
        name=parameters["AlarmName"],
        metrics=metrics,
        expression=expression,
        period=period,
        comparison=comparison,
        threshold=float(parameters["Threshold"]),
        evaluation_periods=periods,
        datapoints_to_alarm=needed,
        missing=_missing(parameters, metrics),
    )


def _watched(parameters: Mapping[str, Any]) -> tuple[dict[str, tuple[Metric, str]], Expression | None, int]:
    queries = parameters.get("Metrics") or ()
    if not queries:
        name = parameters.get("Statistic") or parameters.get("ExtendedStatistic")
        described = {"Metric": parameters, "Period": parameters.get("Period"), "Stat": name}
        return {"m1": _metric(described | {"Unit": parameters.get("Unit")})}, None, int(parameters["Period"])
    stats = {query["Id"]: query["MetricStat"] for query in queries if query.get("MetricStat")}
    expressions = [query for query in queries if query.get("Expression")]
    periods = {int(stat["Period"]) for stat in stats.values()}
    if len(expressions) != 1 or len(periods) != 1 or len(stats) > METRICS:
        raise AlarmError(f"exactly one expression over 1 to {METRICS} metrics of one period is supported")
    if [query["Id"] for query in queries if query.get("ReturnData", True)] != [expressions[0]["Id"]]:
        raise AlarmError("only the expression may have ReturnData, and it must have it")
    metrics = {key: _metric(stat) for key, stat in stats.items()}
    try:
        expression = Expression(expressions[0]["Expression"])
    except ExpressionError as error:
        raise AlarmError(str(error)) from None
    if unknown := expression.ids - metrics.keys():
        raise AlarmError(f"{expression.text!r} needs {sorted(unknown)}, which no metric has as id")
    return metrics, expression, periods.pop()


def _metric(stat: Mapping[str, Any]) -> tuple[Metric, str]:
    metric = stat["Metric"]
    if stat.get("Unit"):
        raise AlarmError("a metric has one unit here: leave out Unit")
    try:
        statistic(stat["Stat"] or "")
    except ValueError as error:
        raise AlarmError(str(error)) from None
    dimensions = {one["Name"]: one["Value"] for one in metric.get("Dimensions") or ()}
    return Metric.of(metric["Namespace"], metric["MetricName"], dimensions), stat["Stat"]


def _missing(parameters: Mapping[str, Any], metrics: Mapping[str, tuple[Metric, str]]) -> Missing:
    """Return how missing data is treated, which is the alarm's choice except for DynamoDB's metrics.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
    """
    given = parameters.get("TreatMissingData") or "missing"
    found = next((one for one in _MISSING if one == given), None)
    if found is None:
        raise AlarmError(f"{given!r} is not a treatment of missing data")
    return "ignore" if any(metric.namespace == "AWS/DynamoDB" for metric, _ in metrics.values()) else found
