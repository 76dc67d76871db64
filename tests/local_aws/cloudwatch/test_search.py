import pytest

from local_aws.cloudwatch.datapoints import Metric
from local_aws.cloudwatch.search import Search, SearchError, check_label, filled_label

LATENCY = Metric.of("Shelf/dev", "Latency", {"service": "books", "route": "/books/{id}"})
LENT = Metric.of("Shelf/dev", "BooksLent", {"service": "books"})
FAILED = Metric.of("Shelf/dev", "5xx", {"service": "books"})
REGISTERED = Metric.of("Shelf/dev", "UsersRegistered", {"service": "users"})
COLD = Metric.of("Shelf/dev", "ColdStart", {"service": "books", "function_name": "shelf-dev-books"})
METRICS = [LATENCY, LENT, FAILED, REGISTERED, COLD, Metric.of("Other", "BooksLent", {"service": "books"})]


def found(text: str) -> list[Metric]:
    search = Search.parsed(text)
    return [metric for metric in METRICS if search.finds(metric)]


def test_a_search_finds_metrics_with_exactly_its_dimensions() -> None:
    assert found("""SEARCH('{"Shelf/dev",service,route} MetricName="Latency"', 'p99')""") == [LATENCY]
    assert found("""SEARCH('{"Shelf/dev",route,service} MetricName="4xx"', 'Sum')""") == []


def test_terms_hold_together_and_one_may_be_denied() -> None:
    assert found("""SEARCH('{"Shelf/dev",service} service="books" NOT MetricName="5xx"', 'Sum')""") == [LENT]
    assert found("""SEARCH('{"Shelf/dev",service} NOT service="books"', 'Sum')""") == [REGISTERED]


def test_a_search_says_its_statistic() -> None:
    assert (
        Search.parsed("""SEARCH('{"Shelf/dev",service} service="books"', 'SampleCount')""").statistic == "SampleCount"
    )


@pytest.mark.parametrize(
    "text",
    [
        "SEARCH('{\"Shelf/dev\",service}', 'Sum')",
        "SEARCH('{\"Shelf/dev\"} MetricName=\"5xx\"', 'Sum')",
        "SEARCH('MetricName=\"5xx\"', 'Sum')",
        "SEARCH('{\"Shelf/dev\",service} 5xx', 'Sum')",
        "SEARCH('{\"Shelf/dev\",service} MetricName=5xx', 'Sum')",
        'SEARCH(\'{"Shelf/dev",service} MetricName="a" OR MetricName="b"\', \'Sum\')',
        "SEARCH('{\"Shelf/dev\",service} MetricName=\"5xx\"', 'Sum', 60)",
        "SEARCH('{\"Shelf/dev\",service} MetricName=\"5xx\"', 'TM(10%:90%)')",
        "SUM(SEARCH('{\"Shelf/dev\",service} MetricName=\"5xx\"', 'Sum'))",
    ],
)
def test_any_other_form_is_refused(text: str) -> None:
    with pytest.raises(SearchError):
        Search.parsed(text)


def test_labels_are_filled_in_from_name_and_dimensions() -> None:
    label = "p99 ${PROP('Dim.service')} ${PROP('Dim.route')}"
    check_label(label)
    assert filled_label(label, LATENCY) == "p99 books /books/{id}"
    assert filled_label("${PROP('MetricName')}", LENT) == "BooksLent"


@pytest.mark.parametrize("label", ["${LAST}", "${PROP('Dim.a-b')}", "${PROP('AccountId')}", "${"])
def test_a_label_with_another_dynamic_part_is_refused(label: str) -> None:
    with pytest.raises(SearchError, match="dynamic part"):
        check_label(label)
