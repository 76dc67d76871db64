import json
from collections.abc import Iterator
from typing import Any

import pytest

from local_aws.clients.operator_client import operator_client
from local_aws.cloudwatch.dashboard import (
    Dashboard,
    DashboardError,
    Graph,
    Heading,
    Place,
    Source,
    applied_dashboard,
    dashboard,
)
from local_aws.cloudwatch.datapoints import Metric
from local_aws.cloudwatch.expression import Expression
from local_aws.cloudwatch.search import Search
from tests.local_aws.cloudwatch.dashboards import BY_ROUTE, RATE, REQUESTS, a_body, a_dashboard, a_graph, a_heading
from tests.support.moto_servers import moto_in_this_process

COUNT = Metric.of("AWS/ApiGateway", "Count", {"ApiId": "a1b2c3"})


@pytest.fixture
def control_plane() -> Iterator[dict[str, str]]:
    with moto_in_this_process() as environment:
        yield environment


def apply(control_plane: dict[str, str], name: str) -> None:
    operator_client("cloudwatch", control_plane).put_dashboard(DashboardName=name, DashboardBody=a_body())


def test_applied_dashboard_is_read(control_plane: dict[str, str]) -> None:
    with pytest.raises(DashboardError, match="no dashboards are applied"):
        applied_dashboard(control_plane)
    apply(control_plane, "shop-dev")
    assert applied_dashboard(control_plane) == a_dashboard()
    apply(control_plane, "shop-prod")
    with pytest.raises(DashboardError, match="2 dashboards are applied"):
        applied_dashboard(control_plane)


def test_heading_and_graph_are_parsed() -> None:
    requests = Source(COUNT, None, "SampleCount")
    heading = Heading(Place(0, 0, 24, 1), 2, "Traffic")
    assert a_dashboard() == Dashboard("shop-dev", (heading, Graph(Place(8, 1, 8, 6), "Requests", 60, (requests,), ())))


def sources(*metrics: Any) -> tuple[Source, ...]:
    [graph] = a_dashboard(a_graph(*metrics)).widgets
    assert isinstance(graph, Graph)
    return graph.sources


def test_operands_of_expressions_are_hidden() -> None:
    rate, rejected, errors, *_ = sources(*RATE)
    assert isinstance(rate.of, Expression)
    assert (rate.label, rate.visible, rate.right, rejected.right) == ("5xx", True, False, True)
    assert (errors.id, errors.visible, errors.statistic) == ("errors", False, "Sum")


def test_search_has_its_own_statistic() -> None:
    [source] = sources([{"expression": BY_ROUTE, "label": "p99 ${PROP('Dim.route')}"}])
    assert isinstance(source.of, Search)
    assert (source.of.statistic, source.statistic) == ("p99", None)


def test_annotation_has_a_label_and_a_value() -> None:
    [graph] = a_dashboard(a_graph(annotations={"horizontal": [{"label": "alarm", "value": 5}]})).widgets
    assert isinstance(graph, Graph)
    assert graph.marks == (("alarm", 5),)


OF = REQUESTS[:4]
STAT = {"stat": "Sum"}


@pytest.mark.parametrize(
    ("widget", "message"),
    [
        ({"type": "log"} | {"x": 0, "y": 0, "width": 1, "height": 1, "properties": {}}, "type 'log'"),
        (a_heading(color="red"), "['color'] is not supported"),
        (a_heading("## Two\nlines"), "only one heading"),
        (a_heading("[a link](https://example.com)"), "only one heading"),
        ({"type": "text", "properties": {"markdown": "# x"}}, "['height', 'width', 'x', 'y'] is missing"),
        (a_graph(stacked=True), "['stacked'] is not supported"),
        (a_graph(view="singleValue"), "view 'singleValue'"),
        (a_graph(yAxis={"left": {"min": 1}}), "axes begin at 0"),
        (a_graph(annotations={"vertical": []}), "['horizontal'] is missing"),
        (a_graph(annotations={"horizontal": [{"label": "a", "value": 1, "fill": "above"}]}), "['fill']"),
        (a_graph(["..."]), "is not a supported statistic"),
        (a_graph(["...", STAT]), "is not namespace, name, and dimensions"),
        (a_graph([".", "5xx", ".", ".", STAT]), "is not namespace, name, and dimensions"),
        (a_graph(["AWS/ApiGateway", "Count", "ApiId", STAT]), "is not namespace, name, and dimensions"),
        (a_graph([*OF, {"stat": "IQM"}]), "'IQM' is not a supported statistic"),
        (a_graph([*OF, STAT | {"color": "#ff0000"}]), "['color'] is not supported"),
        (a_graph([*OF, STAT | {"yAxis": "middle"}]), "no axis 'middle'"),
        (a_graph([*OF, STAT | {"label": "${LAST}"}]), "dynamic part"),
        (a_graph([{"expression": "errors + 1"}]), "is not evaluated here"),
        (a_graph([{"expression": "100 * errors"}]), "needs ['errors']"),
        (a_graph([{"expression": "SEARCH('errors', 'Sum')"}]), "is not a supported search"),
        (a_graph([{"expression": "2 * a", "stat": "Sum"}]), "cannot be combined"),
        (a_heading(properties=[]), "[] is not an object"),
    ],
)
def test_other_widget_forms_are_rejected_with_a_reason(widget: dict[str, Any], message: str) -> None:
    with pytest.raises(DashboardError) as raised:
        a_dashboard(widget)
    assert message in str(raised.value)
    assert str(raised.value).startswith("widget 1")


def test_dashboard_settings_are_rejected() -> None:
    with pytest.raises(DashboardError, match=r"\['start'\] is not supported here"):
        dashboard("shop-dev", json.dumps({"start": "-PT3H", "widgets": []}))
