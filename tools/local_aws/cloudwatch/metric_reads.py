"""Reads metrics as CloudWatch's API does: GetMetricData, GetMetricStatistics and ListMetrics.

Rules: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html. Times are seconds since
the epoch. Periods are real time, other than those of the dashboard and of alarms.
"""

from array import array
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from local_aws.cloudwatch.datapoints import Datapoints, Metric, Points
from local_aws.cloudwatch.expression import Expression
from local_aws.cloudwatch.statistic import statistic

MINUTE = 60
_SHORT = (5, 10, 20, 30)  # seconds; 1 s is shorter than the stored periods


class ReadError(ValueError):
    """A read that is not valid, or that is not supported here; the message names the reason."""


def metric_of(described: Mapping[str, Any]) -> Metric:
    """Return the metric of a request's Namespace, MetricName and Dimensions."""
    dimensions = {one["Name"]: one["Value"] for one in described.get("Dimensions") or ()}
    return Metric.of(described["Namespace"], described["MetricName"], dimensions)


def metric_data(
    datapoints: Datapoints, queries: Sequence[Mapping[str, Any]], begin: float, end: float
) -> Iterator[tuple[str, str, Points]]:
    """Return id, label and values of each query that returns data, in ascending order of time.

    Raises:
        ReadError: The times, a period, a statistic or an expression are not supported.
        ExpressionError: A part of an expression is not supported.
    """
    if begin >= end:
        raise ReadError("StartTime must be before EndTime")
    found: dict[str, Points] = {}
    for query in queries:
        if stat := query.get("MetricStat"):
            found[query["Id"]] = _points(datapoints, stat, begin, end)
    for query in queries:
        if query.get("ReturnData", True):
            points, label = _returned(query, found)
            yield query["Id"], query.get("Label") or label, dict(sorted(points.items()))


def _returned(query: Mapping[str, Any], found: Mapping[str, Points]) -> tuple[Points, str]:
    """Return the values of a query, and its default label."""
    if stat := query.get("MetricStat"):
        return found[query["Id"]], stat["Metric"]["MetricName"]
    if not query.get("Expression"):
        raise ReadError(f"the query {query['Id']} has neither MetricStat nor Expression")
    expression = Expression(query["Expression"])
    if unknown := expression.ids - found.keys():
        raise ReadError(f"{expression.text!r} needs {sorted(unknown)}, which no metric has as id")
    return expression.points(found, {period for points in found.values() for period in points}), query["Id"]


def _points(datapoints: Datapoints, stat: Mapping[str, Any], begin: float, end: float) -> Points:
    metric = metric_of(stat["Metric"])
    if stat.get("Unit") not in (None, datapoints.unit(metric)):
        return {}
    return statistics(datapoints, metric, [stat["Stat"]], begin, end, int(stat["Period"]))[stat["Stat"]]


def statistics(
    datapoints: Datapoints, metric: Metric, names: Sequence[str], begin: float, end: float, period: int
) -> dict[str, dict[int, float]]:
    """Return the values of several statistics, by name and beginning of a period.

    Periods begin at `begin`, which is rounded down to a minute, or to a period that is shorter.

    Raises:
        ReadError: The period or a statistic is not supported.
    """
    if period % MINUTE and period not in _SHORT:
        raise ReadError(f"a period of {period} s is not supported: use one of {_SHORT} or a multiple of {MINUTE}")
    first = int(begin // min(period, MINUTE)) * min(period, MINUTE)
    values: dict[int, array[float]] = {}
    for start, some in datapoints.values(metric).items():
        if first <= start < end:
            values.setdefault(start - (start - first) % period, array("d")).extend(some)
    try:
        computed = {name: statistic(name) for name in names}
    except ValueError as error:
        raise ReadError(str(error)) from None
    return {name: {start: compute(some) for start, some in values.items()} for name, compute in computed.items()}


def listed(
    datapoints: Datapoints, namespace: str | None, name: str | None, dimensions: Sequence[Mapping[str, str]]
) -> list[Metric]:
    """Return the metrics of a namespace and name that have these dimensions, each with its value if that is given."""
    return [
        metric
        for metric in datapoints.metrics()
        if namespace in (None, metric.namespace) and name in (None, metric.name) and _has(metric, dimensions)
    ]


def _has(metric: Metric, dimensions: Sequence[Mapping[str, str]]) -> bool:
    own = dict(metric.dimensions)
    return all(one["Name"] in own and one.get("Value") in (None, own[one["Name"]]) for one in dimensions)
