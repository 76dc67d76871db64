"""The fields in a query. Unknown syntax is rejected, so that no field is missed."""

import pytest

from tests.support.logs_insights import literals, named_fields


def test_fields_are_named_in_every_command() -> None:
    query = """filter message = "request not a field" and status >= 400 or not (method in ["GET"])
    | stats count(*) as responses, pct(duration_ms, 99) as p99, latest(request_id) as example by route, @log
    | sort p99 desc, responses asc
    | limit 20"""
    assert named_fields(query) == {"message", "status", "method", "duration_ms", "request_id", "route"}


def test_nested_field_is_one_name() -> None:
    assert named_fields("fields exception.frames.0, @timestamp, coalesce(a, b) as c | display c") == {
        "exception.frames.0",
        "a",
        "b",
    }


@pytest.mark.parametrize("query", ["parse @message '*' as all", "fields strlen(message)"])
def test_unknown_syntax_is_rejected(query: str) -> None:
    with pytest.raises(ValueError, match="no such"):
        named_fields(query)


def test_compared_values_of_a_field_are_found() -> None:
    assert literals('filter message = "request" and other = "x" or message = "y"', "message") == ["request", "y"]
