import json

import pytest

from local_aws.awslambda.invocation import LogEvent
from local_aws.page.log_view import log_view, metrics_view


@pytest.mark.parametrize(
    ("message", "source", "level"),
    [
        ("plain", "function", None),
        ("[ERROR]\t2026-11-21T20:17:11.4Z\tid\tno", "function", "ERROR"),
        ("[1, 2]", "function", None),
        ("START RequestId: 1 Version: 1", "platform", None),
        ("END RequestId: 1", "platform", None),
        ("REPORT RequestId: 1\tDuration: 1.00 ms", "platform", None),
        ("INIT_REPORT Init Duration: 1.00 ms", "platform", None),
        ("START of something", "function", None),
        (json.dumps({"level": "ERROR", "message": "no"}), "function", "ERROR"),
        (json.dumps({"level": "warning"}), "function", "WARN"),
        (json.dumps({"level": "CRITICAL"}), "function", "FATAL"),
        (json.dumps({"level": 30}), "function", None),
        (json.dumps({"type": "platform.start", "record": {}}), "platform", None),
        (json.dumps({"type": "platform.report", "record": {"status": "success"}}), "platform", None),
        (json.dumps({"type": "platform.report", "record": {"status": "timeout"}}), "platform", "WARN"),
        (json.dumps({"_aws": {}, "ColdStart": [1]}), "metrics", None),
    ],
)
def test_line_shows_its_source_and_level(message: str, source: str, level: str | None) -> None:
    assert log_view([LogEvent(5, message)]) == [{"timestamp": 5, "message": message, "source": source, "level": level}]


def test_metrics_are_read_from_lines_and_invalid_ones_have_a_reason() -> None:
    directive = {"Namespace": "Orders", "Dimensions": [["service"]], "Metrics": [{"Name": "Lent", "Unit": "Count"}]}
    document = {"_aws": {"Timestamp": 1, "CloudWatchMetrics": [directive]}, "service": "orders", "Lent": [1.0]}
    lines = ["plain", json.dumps(document), json.dumps(document | {"Lent": "1"})]
    metric = {"namespace": "Orders", "dimensions": {"service": "orders"}, "name": "Lent", "values": [1.0]}
    assert metrics_view(LogEvent(1, line) for line in lines) == [
        metric | {"unit": "Count", "resolution": 60},
        {"problem": "Lent has no numeric value"},
    ]
