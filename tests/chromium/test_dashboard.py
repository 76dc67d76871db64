"""The dashboard on the page, as Chromium draws it."""

import asyncio
from pathlib import Path
from typing import Any

from local_aws.apigateway.journal import Journal
from local_aws.apigateway.loopback_server import LoopbackServer
from local_aws.cloudwatch.dashboard import DashboardError
from local_aws.page.admin import Admin
from local_aws.page.alarms_view import alarms_view
from local_aws.page.chromium import Chromium
from local_aws.page.devtools import Tab, visiting
from local_aws.xray.daemon import Traces
from tests.chromium.views import a_graph, a_line, a_view, never_invoked
from tests.local_aws.cloudwatch.local_lines import an_observed

HOSTILE = "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"


def seen(view: dict[str, Any] | DashboardError, *expressions: str, selector: str = ".graph", width: int = 1280) -> Any:
    """Show a view, wait for the selector, and return the values of JavaScript expressions."""

    def dashboard(_: float) -> dict[str, Any]:
        if isinstance(view, DashboardError):
            raise view
        return view

    async def deploy() -> None:
        raise AssertionError

    def look(url: str) -> list[Any]:
        with visiting(Chromium.found(), url, width=width, height=900) as tab:
            assert tab.appears(selector)
            return [_evaluated(tab, expression) for expression in expressions]

    async def run() -> list[Any]:
        admin = Admin(
            token="key",
            api="http://127.0.0.1:8000",
            functions=list,
            journal=Journal(),
            traces=Traces(),
            calls=Path("calls.jsonl"),
            deploy=deploy,
            invoke=never_invoked,
            initialise=never_invoked,
            dashboard=dashboard,
            alarms=lambda: alarms_view([], []),
            observed=an_observed,
        )
        async with LoopbackServer(admin.app()) as server:
            return await asyncio.to_thread(look, f"{server.url}/dashboard")

    return asyncio.run(run())


def _evaluated(tab: Tab, expression: str) -> Any:
    return tab.evaluate(f"(() => {{ const all = (s) => [...document.querySelectorAll(s)]; return {expression}; }})()")


TEXTS = "all('.plot text').map((text) => text.textContent)"


def test_widgets_have_the_positions_of_the_dashboard() -> None:
    first, second = a_graph(0, a_line()), a_graph(0, a_line())
    second["place"] = {"x": 16, "y": 1, "width": 8, "height": 6}
    boxes = "all('.heading, .graph').map((box) => box.getBoundingClientRect()).map(({ x, y, right }) => [x, y, right])"
    [[heading, left, right], wide] = seen(a_view(first, second), boxes, "document.body.scrollWidth")
    assert heading[1] < left[1] == right[1]
    assert left[2] < right[0]
    assert right[2] <= wide == 1280
    [boxes_of_a_phone] = seen(a_view(first, second), boxes, width=400)
    assert boxes_of_a_phone[1][0] == boxes_of_a_phone[2][0]


def test_line_has_label_unit_and_colour() -> None:
    view = a_view(a_graph(0, a_line("p50", 1, 2, 4), a_line("p99", 100, 1500, 900)))
    labels, texts, strokes, points = seen(
        view,
        "all('.legend li').map((item) => item.textContent)",
        TEXTS,
        "all('.curve').map((line) => getComputedStyle(line).stroke)",
        "all('.curve').map((line) => line.getAttribute('points').split(' ').length)",
    )
    assert labels == ["p50", "p99"]
    assert {"0 ms", "500 ms", "1.5 s"} <= set(texts)
    assert strokes == ["rgb(0, 114, 178)", "rgb(217, 142, 0)"]
    assert points == [3, 3]


def test_gap_splits_a_line_and_a_single_value_is_a_dot() -> None:
    line = a_line("5xx", 1, 2, 3, 4, unit="Count")
    del line["points"][2]
    shapes = "[all('.curve').length, all('.plot circle').length]"
    assert seen(a_view(a_graph(0, line)), shapes) == [[1, 1]]


def test_annotations_and_both_axes_are_drawn() -> None:
    failed, rejected = a_line("5xx", 0.5, 1, unit=None), a_line("4xx", 20, 40, axis="right", unit=None)
    graph = a_graph(0, failed, rejected, marks=[{"label": "alarm", "value": 5}])
    [texts, marks, labels] = seen(
        a_view(graph), TEXTS, "all('.mark').length", "all('.legend li').map((item) => item.textContent)"
    )
    assert {"alarm 5", "6", "40"} <= set(texts)
    assert marks == 1
    assert labels == ["5xx", "4xx (right)"]


def test_empty_graph_shows_whether_data_is_unknown_or_absent() -> None:
    view = a_view(a_graph(0, unknown=["ConsumedReadCapacityUnits"]), a_graph(1))
    assert seen(view, "all('.empty').map((text) => text.textContent)") == [
        ["No data locally: ConsumedReadCapacityUnits", "No data yet"]
    ]


def test_legend_counts_the_lines_that_do_not_fit() -> None:
    lines = [a_line(f"p99 things /api/v1/things/{{thing_id}}/{number}") for number in range(30)]
    items = "all('.legend li').map((item) => item.textContent)"
    [labels, curves] = seen(a_view(a_graph(0, *lines)), items, "all('.curve').length")
    assert labels[-1] == f"and {30 - (len(labels) - 1)} more"
    assert curves == 30


def test_note_names_the_periods_of_page_and_dashboard() -> None:
    [note] = seen(a_view(), "document.getElementById('note').textContent")
    assert "periods of 5 s, where the dashboard says 60 s" in note


def test_dashboard_with_an_error_shows_it() -> None:
    error = DashboardError("widget 3: a pie is not shown here")
    problem = "document.getElementById('problem').textContent"
    assert seen(error, problem, selector="#problem:not(:empty)") == ["widget 3: a pie is not shown here"]


def test_markup_in_a_label_is_shown_as_text() -> None:
    graph = a_graph(0, a_line(HOSTILE), title=HOSTILE, marks=[{"label": HOSTILE, "value": 1}])
    unknown = a_graph(1, unknown=[HOSTILE])
    found = seen(a_view(graph, unknown), "document.title", "all('script').length", "all('img').length")
    assert found == ["Dashboard of the embedded AWS", 1, 0]
