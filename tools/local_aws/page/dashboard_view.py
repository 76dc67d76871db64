"""The JSON that shows the applied dashboard over the metrics of a local run."""

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from typing import Any

from local_aws.cloudwatch.dashboard import Dashboard, Graph, Heading, Source
from local_aws.cloudwatch.datapoints import Datapoints, Metric
from local_aws.cloudwatch.expression import Expression
from local_aws.cloudwatch.local_run import KEPT, LocalRun, is_known
from local_aws.cloudwatch.search import Search, filled_label

_LEAST = 6  # periods: fewer would show too little


class DashboardView:
    """Returns that JSON for a time in seconds since the epoch; safe with threads."""

    def __init__(self, applied: Callable[[], Dashboard], run: LocalRun) -> None:
        self._applied = applied
        self._run = run
        self._reading = threading.Lock()

    def __call__(self, now: float) -> dict[str, Any]:
        """Return the applied dashboard with the metrics of the run so far.

        Raises:
            DashboardError: No dashboard is applied, or a part of it is not supported.
        """
        applied = self._applied()
        with self._reading:
            return dashboard_view(applied, self._run.datapoints(now), now)


def dashboard_view(dashboard: Dashboard, datapoints: Datapoints, now: float) -> dict[str, Any]:
    """Return a dashboard from the first period with values to the last complete one, at most KEPT periods."""
    period = datapoints.period
    end = datapoints.start(now)
    first = datapoints.first()
    begin = max(end - KEPT * period, min(end - _LEAST * period, end if first is None else first))
    periods = range(begin, end, period)
    return {
        "name": dashboard.name,
        "period_s": period,
        "applied_periods_s": sorted({widget.period for widget in dashboard.widgets if isinstance(widget, Graph)}),
        "begin": begin,
        "end": end,
        "widgets": [_widget(widget, datapoints, periods) for widget in dashboard.widgets],
    }


def _widget(widget: Heading | Graph, datapoints: Datapoints, periods: Sequence[int]) -> dict[str, Any]:
    if isinstance(widget, Heading):
        return {"place": asdict(widget.place), "heading": widget.text, "level": widget.level}
    return {
        "place": asdict(widget.place),
        "title": widget.title,
        "marks": [{"label": label, "value": value} for label, value in widget.marks],
        "lines": [line for line in _lines(widget, datapoints, periods) if line["points"]],
        "unknown": sorted(
            {of.name for of in (source.of for source in widget.sources) if isinstance(of, Metric) and not is_known(of)}
        ),
    }


def _lines(graph: Graph, datapoints: Datapoints, periods: Sequence[int]) -> Iterator[dict[str, Any]]:
    by_id = {
        source.id: datapoints.points(source.of, source.statistic)
        for source in graph.sources
        if source.id and source.statistic and isinstance(source.of, Metric)
    }
    for source in graph.sources:
        if not source.visible:
            continue
        match source.of:
            case Expression():
                yield _line(source, source.label or source.of.text, None, source.of.points(by_id, periods), periods)
            case Search():
                for metric in filter(source.of.finds, datapoints.metrics()):
                    label = filled_label(source.label or metric.name, metric)
                    yield _of_metric(source, label, metric, source.of.statistic, datapoints, periods)
            case Metric() as metric if source.statistic:
                yield _of_metric(source, source.label or metric.name, metric, source.statistic, datapoints, periods)


def _of_metric(
    source: Source, label: str, metric: Metric, statistic: str, datapoints: Datapoints, periods: Sequence[int]
) -> dict[str, Any]:
    unit = "Count" if statistic == "SampleCount" else datapoints.unit(metric)
    return _line(source, label, unit, datapoints.points(metric, statistic), periods)


def _line(
    source: Source, label: str, unit: str | None, points: dict[int, float], periods: Sequence[int]
) -> dict[str, Any]:
    return {
        "label": label,
        "axis": "right" if source.right else "left",
        "unit": unit,
        "points": [[start, round(points[start], 3)] for start in periods if start in points],
    }
