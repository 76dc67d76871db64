"""Which fields a query names; what the reader does not know it refuses, so that no field slips through."""

import pytest

from tests.support.logs_insights import literals, named_fields


def test_fields_are_named_in_every_command() -> None:
    query = """filter message = "request not a field" and status >= 400 or not (method in ["GET"])
    | stats count(*) as answers, pct(duration_ms, 99) as p99, latest(request_id) as example by route, @log
    | sort p99 desc, answers asc
    | limit 20"""
    assert named_fields(query) == {"message", "status", "method", "duration_ms", "request_id", "route"}


def test_a_field_within_a_field_is_one_name() -> None:
    assert named_fields("fields exception.frames.0, @timestamp, coalesce(a, b) as c | display c") == {
        "exception.frames.0",
        "a",
        "b",
    }


@pytest.mark.parametrize("query", ["parse @message '*' as all", "fields strlen(message)"])
def test_what_is_not_known_is_refused(query: str) -> None:
    with pytest.raises(ValueError, match="no such"):
        named_fields(query)


def test_what_a_field_is_compared_with_is_found() -> None:
    assert literals('filter message = "request" and other = "x" or message = "y"', "message") == ["request", "y"]
