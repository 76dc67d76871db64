import json
from typing import Any

import pytest

from local_aws.cloudwatch.embedded_metrics import Metric, MetricError, embedded_metrics


def a_document(**changes: Any) -> dict[str, Any]:
    """Return the specification's example, with changes to its directive."""
    directive = {
        "Namespace": "lambda-function-metrics",
        "Dimensions": [["functionVersion"]],
        "Metrics": [{"Name": "time", "Unit": "Milliseconds", "StorageResolution": 60}],
    }
    return {
        "_aws": {"Timestamp": 1574109732004, "CloudWatchMetrics": [directive | changes]},
        "functionVersion": "$LATEST",
        "time": 100,
        "requestId": "989ffbf8-9ace-4817-a57c-e4dd734019ee",
    }


def test_example_of_the_specification_is_one_metric() -> None:
    dimensions = {"functionVersion": "$LATEST"}
    metric = Metric("lambda-function-metrics", dimensions, "time", (100,), "Milliseconds", 60, time=1574109732.004)
    assert embedded_metrics(json.dumps(a_document())) == [metric]


def test_each_set_of_dimensions_is_a_metric() -> None:
    metrics = embedded_metrics(json.dumps(a_document(Dimensions=[["functionVersion", "requestId"], []])))
    assert [sorted(metric.dimensions) for metric in metrics] == [["functionVersion", "requestId"], []]


def test_default_unit_and_resolution() -> None:
    [metric] = embedded_metrics(json.dumps(a_document(Metrics=[{"Name": "time"}])))
    assert (metric.unit, metric.resolution) == ("None", 60)


def test_array_has_all_its_values() -> None:
    [metric] = embedded_metrics(json.dumps(a_document() | {"time": [1, 2.5]}))
    assert metric.values == (1, 2.5)


@pytest.mark.parametrize(
    "message",
    ["started", "[1]", '{"level": "INFO"}', 'INFO {"_aws": 1}', '{"_aws": NaN}', "[" * 100_000],
)
def test_line_without_metric_metadata_has_no_metrics(message: str) -> None:
    assert embedded_metrics(message) == []


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"Namespace": None}, "Namespace"),
        ({"Namespace": ""}, "Namespace"),
        ({"Dimensions": []}, "Dimensions"),
        ({"Dimensions": ["functionVersion"]}, "a set of dimensions"),
        ({"Dimensions": [["absent"]]}, "dimension absent"),
        ({"Dimensions": [["time"]]}, "dimension time"),
        ({"Dimensions": [["functionVersion"] * 31]}, "more than 30"),
        ({"Metrics": [{"Unit": "Count"}]}, "Name"),
        ({"Metrics": [{"Name": "absent"}]}, "absent has no numeric value"),
        ({"Metrics": [{"Name": "requestId"}]}, "requestId has no numeric value"),
        ({"Metrics": [{"Name": "time", "Unit": "Parsecs"}]}, "'Parsecs' is not a unit"),
        ({"Metrics": [{"Name": "time", "Unit": []}]}, "time: Unit"),
        ({"Metrics": [{"Name": "time", "StorageResolution": 5}]}, "StorageResolution"),
        ({"Metrics": [{"Name": "time"}] * 101}, "more than 100 metrics"),
    ],
)
def test_invalid_document_is_rejected_with_a_reason(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(MetricError, match=reason):
        embedded_metrics(json.dumps(a_document(**changes)))


@pytest.mark.parametrize("value", [True, "1", None, [], [1] * 101, [1, "2"], {"a": 1}])
def test_values_are_numbers_and_at_most_100(value: object) -> None:
    with pytest.raises(MetricError, match="time"):
        embedded_metrics(json.dumps(a_document() | {"time": value}))


@pytest.mark.parametrize("metadata", [1, {}, {"Timestamp": 1}, {"Timestamp": "now", "CloudWatchMetrics": []}])
def test_metadata_without_timestamp_or_directives_is_rejected(metadata: object) -> None:
    with pytest.raises(MetricError):
        embedded_metrics(json.dumps(a_document() | {"_aws": metadata}))


def test_dimension_above_1024_characters_is_rejected() -> None:
    assert embedded_metrics(json.dumps(a_document() | {"functionVersion": "x" * 1024}))
    with pytest.raises(MetricError, match="1024"):
        embedded_metrics(json.dumps(a_document() | {"functionVersion": "x" * 1025}))
