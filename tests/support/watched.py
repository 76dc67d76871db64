"""The metrics and fields that alarms, dashboard and saved queries watch, and whether they are ever emitted."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.support.emitted import Emitted, Metric
from tests.support.logs_insights import literals, named_fields

# https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/search-expression-syntax.html
SEARCH = re.compile(
    r"SEARCH\('\{\"(?P<namespace>[^\"}]+)\",(?P<dimensions>[^\"}]+)\}(?P<terms>[^']*)', '(?P<statistic>\w+)'\)"
)
TERM = re.compile(r'(?P<excluded>NOT )?(?P<name>\w+)="(?P<value>[^"]*)"')
IDENTIFIER = re.compile(r"\b[a-z]\w*")


@dataclass(frozen=True)
class Series:
    """Watched metrics: their full set of dimensions, each with a value, or None for any value."""

    where: str
    namespace: str
    name: str | None
    dimensions: Mapping[str, str | None]
    statistic: str
    unit: str | None = None
    excluded: frozenset[str] = frozenset()

    def includes(self, metric: Metric) -> bool:
        """Return whether this metric is watched."""
        return (
            metric.namespace == self.namespace
            and metric.dimensions == self.dimensions.keys()
            and self.name in {None, metric.name}
            and metric.name not in self.excluded
        )


@dataclass(frozen=True)
class Query:
    """A query and its log groups."""

    where: str
    groups: Sequence[str]
    text: str


@dataclass(frozen=True)
class Watched:
    """All watched metrics and queries, and the problems of their definitions."""

    series: Sequence[Series]
    queries: Sequence[Query]
    unreadable: Sequence[str]


def watched(cloudwatch: Any, logs: Any) -> Watched:
    """Read the alarms, dashboards and queries of an account."""
    unreadable: list[str] = []
    series: list[Series] = []
    for alarm in cloudwatch.describe_alarms()["MetricAlarms"]:
        series += _of_alarm(alarm, unreadable)
    for entry in cloudwatch.list_dashboards()["DashboardEntries"]:
        body = json.loads(cloudwatch.get_dashboard(DashboardName=entry["DashboardName"])["DashboardBody"])
        for widget in body["widgets"]:
            if widget["type"] == "metric":
                series += _of_widget(widget["properties"], unreadable)
    queries = [
        Query(one["name"], one["logGroupNames"], one["queryString"])
        for one in logs.describe_query_definitions()["queryDefinitions"]
    ]
    return Watched(series, queries, unreadable)


def check(found: Watched, emitted: Emitted) -> list[str]:
    """Return a problem for each watched metric or field that is never emitted."""
    problems = list(found.unreadable)
    for series in found.series:
        problems += [f"{series.where}: {problem}" for problem in _against(series, emitted)]
    for query in found.queries:
        kinds = {"access" if group.startswith("/aws/vendedlogs/apigateway/") else "function" for group in query.groups}
        known = frozenset[str]().union(*(emitted.fields[kind] for kind in kinds))
        problems += [f"{query.where}: no line has {name}" for name in sorted(named_fields(query.text) - known)]
        problems += [
            f"{query.where}: the message {message!r} is never logged"
            for message in literals(query.text, "message")
            if message not in emitted.messages
        ]
    return problems


def _against(series: Series, emitted: Emitted) -> Iterator[str]:
    dimensions = ", ".join(sorted(series.dimensions))
    found = [metric for metric in emitted.metrics if series.includes(metric)]
    if not found:
        yield f"{series.namespace} {series.name or '(any metric)'} by {dimensions} is not recorded"
    statistic = "percentile" if re.fullmatch(r"p\d+(\.\d+)?", series.statistic) else series.statistic
    for metric in found:
        if series.unit not in {None, metric.unit}:
            yield f"{metric.name} is recorded in {metric.unit}, not {series.unit}"
        if statistic not in metric.statistics:
            yield f"{series.statistic} is not a useful statistic of {metric.name}"
    for name in series.excluded:
        if name not in {metric.name for metric in emitted.metrics if metric.dimensions == series.dimensions.keys()}:
            yield f"excludes {name}, which is not recorded by {dimensions}"
    for name, value in series.dimensions.items():
        if value is not None and value not in emitted.values.get(name, frozenset()):
            yield f"{name} is never {value}"


def _of_alarm(alarm: Mapping[str, Any], unreadable: list[str]) -> Iterator[Series]:
    where = alarm["AlarmName"]
    if not alarm.get("Metrics"):
        yield _plain(where, alarm, alarm.get("Statistic") or alarm["ExtendedStatistic"], alarm.get("Unit"))
        return
    ids = {query["Id"] for query in alarm["Metrics"]}
    for query in alarm["Metrics"]:
        if "Expression" in query:
            unreadable += _unknown_ids(where, query["Expression"], ids)
        else:
            yield _plain(
                where, query["MetricStat"]["Metric"], query["MetricStat"]["Stat"], query["MetricStat"].get("Unit")
            )


def _plain(where: str, metric: Mapping[str, Any], statistic: str, unit: str | None) -> Series:
    dimensions = {one["Name"]: one["Value"] for one in metric["Dimensions"]}
    return Series(where, metric["Namespace"], metric["MetricName"], dimensions, statistic, unit)


def _of_widget(widget: Mapping[str, Any], unreadable: list[str]) -> Iterator[Series]:
    """Read the metrics of https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html."""
    where = f"dashboard, {widget['title']}"
    rows = [(row[:-1], row[-1]) if isinstance(row[-1], dict) else (row, {}) for row in widget["metrics"]]
    ids = {options["id"] for _, options in rows if "id" in options}
    for names, options in rows:
        if names:
            namespace, name, *pairs = names
            dimensions = dict(zip(pairs[::2], pairs[1::2], strict=True))
            yield Series(where, namespace, name, dimensions, options["stat"])
        elif search := SEARCH.fullmatch(options["expression"]):
            yield _searched(where, search)
        else:
            unreadable += _unknown_ids(where, options["expression"], ids)


def _searched(where: str, search: re.Match[str]) -> Series:
    namespace, names = search["namespace"], search["dimensions"].split(",")
    terms = list(TERM.finditer(search["terms"]))
    wanted = {term["name"]: term["value"] for term in terms if not term["excluded"]}
    return Series(
        where,
        namespace,
        wanted.pop("MetricName", None),
        dict.fromkeys(names) | wanted,
        search["statistic"],
        excluded=frozenset(term["value"] for term in terms if term["excluded"]),
    )


def _unknown_ids(where: str, expression: str, ids: set[str]) -> list[str]:
    return [f"{where}: {expression} has no {name}" for name in IDENTIFIER.findall(expression) if name not in ids]
