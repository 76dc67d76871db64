"""The dashboard that Terraform applied, as values. Forms that our Terraform module does not write are rejected.

Form: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from local_aws.clients.operator_client import operator_client
from local_aws.cloudwatch.datapoints import Metric
from local_aws.cloudwatch.expression import Expression, ExpressionError
from local_aws.cloudwatch.search import Search, SearchError, check_label
from local_aws.cloudwatch.statistic import statistic

_PLACE = ("x", "y", "width", "height")
_HEADING = re.compile(r"(#{1,6}) ([^\n]+)")


class DashboardError(Exception):
    """There is no dashboard, or a part of it is not supported; the message names it."""


@dataclass(frozen=True, slots=True)
class Place:
    """The position and size of a widget on a grid of 24 columns."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Heading:
    """A widget of text that holds one heading; `level` 1 is the largest."""

    place: Place
    level: int
    text: str


@dataclass(frozen=True, slots=True)
class Source:
    """The source of a graph's lines: a metric, a search, or an expression; `right` chooses the axis."""

    of: Metric | Search | Expression
    label: str | None
    statistic: str | None = None
    id: str | None = None
    visible: bool = True
    right: bool = False


@dataclass(frozen=True, slots=True)
class Graph:
    """A widget of lines over time; `period` in seconds, `marks` are horizontal lines with their labels."""

    place: Place
    title: str
    period: int
    sources: tuple[Source, ...]
    marks: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Dashboard:
    """A dashboard's name and its widgets, in their order."""

    name: str
    widgets: tuple[Heading | Graph, ...]


def applied_dashboard(environment: Mapping[str, str]) -> Dashboard:
    """Return the one dashboard of the control plane that `environment` (its AWS_* variables) names.

    Raises:
        DashboardError: There is not exactly one dashboard, or a part of it is not supported.
    """
    client = operator_client("cloudwatch", environment)
    names = [entry["DashboardName"] for entry in client.list_dashboards()["DashboardEntries"]]
    if len(names) != 1:
        raise DashboardError(f"{len(names) or 'no'} dashboards are applied, and one is shown here")
    return dashboard(names[0], client.get_dashboard(DashboardName=names[0])["DashboardBody"])


def dashboard(name: str, body: str) -> Dashboard:
    """Read a dashboard's body.

    Raises:
        DashboardError: A part of it is not supported.
    """
    widgets = _fields("the dashboard", json.loads(body), required=("widgets",))["widgets"]
    return Dashboard(name, tuple(_widget(f"widget {number}", widget) for number, widget in enumerate(widgets, 1)))


def _widget(where: str, widget: Any) -> Heading | Graph:
    _fields(where, widget, required=("type", "properties", *_PLACE))
    place = Place(*(widget[name] for name in _PLACE))
    match widget["type"]:
        case "text":
            return _heading(where, place, widget["properties"])
        case "metric":
            return _graph(where, place, widget["properties"])
    raise DashboardError(f"{where}: a widget of type {widget['type']!r} is not shown here")


def _heading(where: str, place: Place, properties: Any) -> Heading:
    markdown = _fields(where, properties, required=("markdown",))["markdown"]
    found = _HEADING.fullmatch(markdown)
    if not found:
        raise DashboardError(f"{where}: only one heading is shown here, not {markdown!r}")
    return Heading(place, len(found[1]), found[2])


def _graph(where: str, place: Place, properties: Any) -> Graph:
    _fields(where, properties, required=("title", "region", "view", "period", "yAxis", "metrics", "annotations"))
    where = f"{where} ({properties['title']})"
    if properties["view"] != "timeSeries":
        raise DashboardError(f"{where}: the view {properties['view']!r} is not shown here")
    if properties["yAxis"] != {"left": {"min": 0}}:
        raise DashboardError(f"{where}: axes begin at 0 here, not {json.dumps(properties['yAxis'])}")
    marks = _fields(where, properties["annotations"], required=("horizontal",))["horizontal"]
    for mark in marks:
        _fields(where, mark, required=("label", "value"))
    sources = tuple(_source(where, metric) for metric in properties["metrics"])
    _check_ids(where, sources)
    lines = tuple((mark["label"], mark["value"]) for mark in marks)
    return Graph(place, properties["title"], properties["period"], sources, lines)


def _source(where: str, metric: Any) -> Source:
    *names, options = metric if isinstance(metric[-1], dict) else (*metric, {})
    _fields(where, options, optional=("expression", "id", "label", "stat", "visible", "yAxis"))
    of, name = _of(where, names, options)
    label = options.get("label")
    axis = options.get("yAxis", "left")
    if axis not in ("left", "right"):
        raise DashboardError(f"{where}: there is no axis {axis!r}")
    try:
        check_label(label or "")
    except SearchError as error:
        raise DashboardError(f"{where}: {error}") from None
    return Source(of, label, name, options.get("id"), options.get("visible", True), right=axis == "right")


def _of(where: str, names: list[str], options: Mapping[str, Any]) -> tuple[Metric | Search | Expression, str | None]:
    """Return the metric or expression of an array, and its statistic unless the expression names it."""
    text = options.get("expression")
    try:
        if text is None:
            statistic(options.get("stat", ""))
            return _metric(where, names), options["stat"]
        if names or "stat" in options:
            raise DashboardError(f"{where}: {text!r} cannot be combined with a metric or a statistic")
        return (Search.parsed(text) if text.startswith("SEARCH(") else Expression(text)), None
    except (ExpressionError, SearchError, ValueError) as error:
        raise DashboardError(f"{where}: {error}") from None


def _metric(where: str, names: list[str]) -> Metric:
    # The shorthand "." and "...", which repeats parts of the previous metric, is not supported either.
    if len(names) < 2 or len(names) % 2 or any(set(name) <= {"."} for name in names):  # noqa: PLR2004 - pairs
        raise DashboardError(f"{where}: {json.dumps(names)} is not namespace, name, and dimensions with their values")
    namespace, name, *dimensions = names
    return Metric.of(namespace, name, dict(zip(dimensions[::2], dimensions[1::2], strict=True)))


def _check_ids(where: str, sources: Iterable[Source]) -> None:
    metrics = {source.id for source in sources if isinstance(source.of, Metric)}
    for source in sources:
        if isinstance(source.of, Expression) and source.of.all_metrics:
            raise DashboardError(f"{where}: {source.of.text!r} is over all metrics, which is evaluated for alarms only")
        if isinstance(source.of, Expression) and (unknown := source.of.ids - metrics):
            raise DashboardError(f"{where}: {source.of.text!r} needs {sorted(unknown)}, which no metric has as id")


def _fields(where: str, value: Any, required: Iterable[str] = (), optional: Iterable[str] = ()) -> Mapping[str, Any]:
    """Return the object; raise unless it has exactly these fields."""
    if not isinstance(value, dict):
        raise DashboardError(f"{where}: {json.dumps(value)} is not an object")
    if missing := {*required} - value.keys():
        raise DashboardError(f"{where}: {sorted(missing)} is missing")
    if unknown := value.keys() - {*required, *optional}:
        raise DashboardError(f"{where}: {sorted(unknown)} is not supported here")
    return value
