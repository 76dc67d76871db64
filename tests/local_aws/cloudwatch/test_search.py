import pytest

from local_aws.cloudwatch.datapoints import Metric
from local_aws.cloudwatch.search import Search, SearchError, check_label, filled_label

LATENCY = Metric.of("Shop/dev", "Latency", {"service": "orders", "route": "/orders/{id}"})
LENT = Metric.of("Shop/dev", "OrdersLent", {"service": "orders"})
FAILED = Metric.of("Shop/dev", "5xx", {"service": "orders"})
REGISTERED = Metric.of("Shop/dev", "PeopleRegistered", {"service": "people"})
COLD = Metric.of("Shop/dev", "ColdStart", {"service": "orders", "function_name": "shop-dev-orders"})
METRICS = [LATENCY, LENT, FAILED, REGISTERED, COLD, Metric.of("Other", "OrdersLent", {"service": "orders"})]


def found(text: str) -> list[Metric]:
    search = Search.parsed(text)
    return [metric for metric in METRICS if search.finds(metric)]


def test_search_matches_exact_dimensions() -> None:
    assert found("""SEARCH('{"Shop/dev",service,route} MetricName="Latency"', 'p99')""") == [LATENCY]
    assert found("""SEARCH('{"Shop/dev",route,service} MetricName="4xx"', 'Sum')""") == []


def test_terms_are_combined_and_may_be_negated() -> None:
    assert found("""SEARCH('{"Shop/dev",service} service="orders" NOT MetricName="5xx"', 'Sum')""") == [LENT]
    assert found("""SEARCH('{"Shop/dev",service} NOT service="orders"', 'Sum')""") == [REGISTERED]


def test_search_names_its_statistic() -> None:
    assert (
        Search.parsed("""SEARCH('{"Shop/dev",service} service="orders"', 'SampleCount')""").statistic == "SampleCount"
    )


@pytest.mark.parametrize(
    "text",
    [
        "SEARCH('{\"Shop/dev\",service}', 'Sum')",
        "SEARCH('{\"Shop/dev\"} MetricName=\"5xx\"', 'Sum')",
        "SEARCH('MetricName=\"5xx\"', 'Sum')",
        "SEARCH('{\"Shop/dev\",service} 5xx', 'Sum')",
        "SEARCH('{\"Shop/dev\",service} MetricName=5xx', 'Sum')",
        'SEARCH(\'{"Shop/dev",service} MetricName="a" OR MetricName="b"\', \'Sum\')',
        "SEARCH('{\"Shop/dev\",service} MetricName=\"5xx\"', 'Sum', 60)",
        "SEARCH('{\"Shop/dev\",service} MetricName=\"5xx\"', 'TM(10%:90%)')",
        "SUM(SEARCH('{\"Shop/dev\",service} MetricName=\"5xx\"', 'Sum'))",
    ],
)
def test_other_search_forms_are_rejected(text: str) -> None:
    with pytest.raises(SearchError):
        Search.parsed(text)


def test_labels_are_expanded_from_name_and_dimensions() -> None:
    label = "p99 ${PROP('Dim.service')} ${PROP('Dim.route')}"
    check_label(label)
    assert filled_label(label, LATENCY) == "p99 orders /orders/{id}"
    assert filled_label("${PROP('MetricName')}", LENT) == "OrdersLent"


@pytest.mark.parametrize("label", ["${LAST}", "${PROP('Dim.a-b')}", "${PROP('AccountId')}", "${"])
def test_unknown_dynamic_label_is_rejected(label: str) -> None:
    with pytest.raises(SearchError, match="dynamic part"):
        check_label(label)
