from pathlib import Path
from typing import Any

import pytest

from local_aws.cloudwatch.datapoints import Datapoints, Metric, Sample
from local_aws.cloudwatch.local_run import KEPT, PERIOD, LocalRun
from local_aws.page.dashboard_view import DashboardView, dashboard_view
from tests.local_aws.cloudwatch.dashboards import (
    BY_ROUTE,
    DOMAIN,
    NAMESPACE,
    RATE,
    UNITS,
    a_dashboard,
    a_graph,
    a_heading,
)
from tests.local_aws.cloudwatch.local_lines import START, an_access_line, an_observed

END = START + 10 * PERIOD


def a_sample(name: str, value: float, period: int = 0, unit: str = "Count", **dimensions: str) -> Sample:
    namespace = "AWS/ApiGateway" if "ApiId" in dimensions else NAMESPACE
    return Sample(Metric.of(namespace, name, dimensions), unit, START + period * PERIOD, (value,))


def api(name: str, *values: float) -> list[Sample]:
    return [a_sample(name, value, period, ApiId="a1b2c3") for period, value in enumerate(values)]


def shown(*samples: Sample, metrics: Any = (), now: float = END) -> dict[str, Any]:
    datapoints = Datapoints(PERIOD)
    datapoints.add(samples)
    return dashboard_view(a_dashboard(a_graph(*metrics)), datapoints, now)


def lines(*samples: Sample, metrics: Any) -> list[dict[str, Any]]:
    [widget] = shown(*samples, metrics=metrics)["widgets"]
    found: list[dict[str, Any]] = widget["lines"]
    return found


def test_metric_without_label_has_its_name_and_values_by_period() -> None:
    [line] = lines(*api("Count", 1, 1), *api("Count", 1), metrics=())
    assert line == {
        "label": "Count",
        "axis": "left",
        "unit": "Count",
        "points": [[START, 2], [START + PERIOD, 1]],
    }


def test_expressions_are_shown_but_not_their_operands() -> None:
    samples = [*api("Count", 1, 1), *api("5xx", 0, 1), *api("4xx", 0)]
    failed, rejected = lines(*samples, metrics=RATE)
    assert (failed["label"], failed["points"]) == ("5xx", [[START, 0], [START + PERIOD, 100]])
    assert (rejected["label"], rejected["axis"], rejected["unit"]) == ("4xx", "right", None)


def test_search_gives_a_line_per_found_metric() -> None:
    samples = [
        a_sample("Latency", 3, unit="Milliseconds", service="orders", route=route)
        for route in ("/orders", "/orders/{id}")
    ]
    label = "p99 ${PROP('Dim.service')} ${PROP('Dim.route')}"
    found = lines(*samples, metrics=[[{"expression": BY_ROUTE, "label": label}]])
    assert [line["label"] for line in found] == ["p99 orders /orders", "p99 orders /orders/{id}"]
    assert {line["unit"] for line in found} == {"Milliseconds"}
    [lent] = lines(
        a_sample("OrdersLent", 1, service="orders"),
        a_sample("5xx", 1, service="orders"),
        metrics=[[{"expression": DOMAIN, "label": "${PROP('MetricName')}"}]],
    )
    assert lent["label"] == "OrdersLent"


def test_unknown_metrics_are_reported_and_have_no_line() -> None:
    [widget] = shown(metrics=[UNITS])["widgets"]
    assert (widget["lines"], widget["unknown"]) == ([], ["ConsumedReadCapacityUnits"])
    [widget] = shown()["widgets"]
    assert (widget["lines"], widget["unknown"]) == ([], [])


def test_headings_and_graphs_keep_their_positions() -> None:
    mark = {"label": "alarm", "value": 5}
    dashboard = a_dashboard(a_heading("### Low"), a_graph(annotations={"horizontal": [mark]}))
    heading, graph = dashboard_view(dashboard, Datapoints(PERIOD), END)["widgets"]
    assert heading == {"place": {"x": 0, "y": 0, "width": 24, "height": 1}, "heading": "Low", "level": 3}
    assert (graph["place"], graph["marks"]) == ({"x": 8, "y": 1, "width": 8, "height": 6}, [mark])


def test_current_period_is_not_shown() -> None:
    view = shown(*api("Count", 1, 1), now=START + PERIOD + 4.9)
    assert view["end"] == START + PERIOD
    assert [line["points"] for line in view["widgets"][0]["lines"]] == [[[START, 1]]]


@pytest.mark.parametrize(("age", "periods"), [(1, 6), (10, 10), (KEPT + 10, KEPT)])
def test_number_of_shown_periods(age: int, periods: int) -> None:
    view = shown(*api("Count", 1), now=START + age * PERIOD)
    assert (view["end"] - view["begin"]) // PERIOD == periods


def test_empty_run_shows_an_empty_graph() -> None:
    view = shown()
    assert (view["begin"], view["end"]) == (END - 6 * PERIOD, END)
    assert (view["name"], view["period_s"], view["applied_periods_s"]) == ("shop-dev", PERIOD, [60])


def test_view_reads_new_metrics_when_requested(tmp_path: Path) -> None:
    view = DashboardView(a_dashboard, LocalRun(lambda: an_observed(tmp_path)))
    assert view(END)["widgets"][1]["lines"] == []
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "shop.access.jsonl").write_text(an_access_line() + "\n")
    assert [line["points"] for line in view(END)["widgets"][1]["lines"]] == [[[START, 1]]]
