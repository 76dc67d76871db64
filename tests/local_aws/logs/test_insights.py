import json
from pathlib import Path
from typing import Any

import pytest

from local_aws.logs.insights import Query, QueryError
from local_aws.logs.insights_rows import Row, row

START = 1_795_255_200_000  # 2026-11-21T10:00:00Z
QUERIES = Path(__file__).parents[3] / "terraform" / "modules" / "observability" / "queries.tf"


def event(second: int = 0, **fields: Any) -> Row:
    return row("123456789012:/aws/lambda/orders", "stream", START + second * 1000, json.dumps(fields))


def a_request(second: int, route: str, status: int, duration: float, **fields: Any) -> Row:
    known = {
        "message": "request",
        "route": route,
        "status": status,
        "duration_ms": duration,
        "request_id": f"r{second}",
    }
    return event(second, **known | fields)


REQUESTS = [
    a_request(0, "/orders", 200, 10),
    a_request(1, "/orders", 503, 30.5, problem="database-unavailable"),
    a_request(2, "/people", 200, 7),
    event(3, message="Unhandled exception", exception_name="KeyError"),
    row("123456789012:/aws/lambda/orders", "stream", START + 4000, "START RequestId: 1"),
]


def test_rows_have_the_fields_of_cloudwatch_and_of_the_message() -> None:
    found = event(1, status=200, user={"id": 7, "tags": ["a"]}, empty=None)
    assert found.pop("@message").startswith("{")
    assert found == {
        "@timestamp": "2026-11-21 10:00:01.000",
        "@logStream": "stream",
        "@log": "123456789012:/aws/lambda/orders",
        "status": 200,
        "user.id": 7,
    }


def test_statistics_by_fields_in_the_order_of_a_column() -> None:
    query = """
        filter message = "request"
        | stats count(*) as requests, pct(duration_ms, 50) as p50, max(duration_ms) as slowest,
            latest(request_id) as example by route
        | sort p50 desc
        | limit 50
    """
    assert Query(query).run(REQUESTS) == [
        {"route": "/orders", "requests": "2", "p50": "20.25", "slowest": "30.5", "example": "r1"},
        {"route": "/people", "requests": "1", "p50": "7", "slowest": "7", "example": "r2"},
    ]


def test_missing_fields_are_left_out() -> None:
    query = "filter status >= 200 | stats count(*) as responses by status, problem | sort status desc"
    assert Query(query).run(REQUESTS) == [
        {"status": "503", "problem": "database-unavailable", "responses": "1"},
        {"status": "200", "responses": "2"},
    ]


def test_fields_with_the_first_value_of_several() -> None:
    query = (
        'filter request_id = "r1" or exception_name = "KeyError" | fields @timestamp, coalesce(route, message) as place'
    )
    query += " | sort @timestamp asc"
    assert Query(query).run(REQUESTS) == [
        {"@timestamp": "2026-11-21 10:00:01.000", "place": "/orders"},
        {"@timestamp": "2026-11-21 10:00:03.000", "place": "Unhandled exception"},
    ]


def test_without_fields_the_newest_messages_come_first() -> None:
    newest, *_ = Query("limit 1").run(REQUESTS)
    assert newest == {"@timestamp": "2026-11-21 10:00:04.000", "@message": "START RequestId: 1"}


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("status >= 500 or status = 200 and duration_ms < 8", ["r1", "r2"]),
        ("(status >= 500 or status = 200) and duration_ms < 8", ["r2"]),
        ("not status = 200 and route = '/orders'", ["r1"]),
        ('status = "503"', ["r1"]),
        ('problem != "other" and status = 200', ["r0", "r2"]),
        ("duration_ms <= 7", ["r2"]),
        ("status > problem", []),
    ],
)
def test_conditions(condition: str, found: list[str]) -> None:
    query = f"filter {condition} | filter message = 'request' | fields request_id | sort request_id asc"
    assert [one["request_id"] for one in Query(query).run(REQUESTS)] == found


def test_aggregates_of_numbers_ignore_other_values() -> None:
    rows = [event(0, took=1), event(1, took="2.5"), event(2, took="-"), event(3)]
    query = "stats count(took), sum(took), avg(took) as mean, min(took), count(*) as all"
    assert Query(query).run(rows) == [
        {"count(took)": "3", "sum(took)": "3.5", "mean": "1.75", "min(took)": "1", "all": "4"}
    ]
    assert Query("stats pct(took, 33) as third").run(rows) == [{"third": "1.495"}]
    assert Query("stats pct(took, 33.3333) as third").run(rows) == [{"third": "1.5"}]
    assert Query("stats max(took) as slowest, latest(took) as last by message").run([event(0, message="a")]) == [
        {"message": "a"}
    ]


def test_order_of_several_columns_and_kinds() -> None:
    rows = [event(0, a=2, b="x"), event(1, a=10, b="y"), event(2, a=2, b="z"), event(3, b="none"), event(4, a="text")]
    found = Query("fields a, b | sort a desc, b desc").run(rows)
    assert found == [{"a": "text"}, {"a": "10", "b": "y"}, {"a": "2", "b": "z"}, {"a": "2", "b": "x"}, {"b": "none"}]


def test_applied_queries_are_supported() -> None:
    texts = [part.split("QUERY\n")[0] for part in QUERIES.read_text(encoding="utf-8").split("<<-QUERY\n")[1:]]
    assert len(texts) >= 5
    for text in texts:
        Query(text)


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("parse @message '*'", "the command 'parse' is not supported"),
        ("filter message like /a/", "'/a/' is not supported"),
        ('filter message like "a"', "the operator 'like' is not supported"),
        ("stats stddev(a)", "the function 'stddev' is not supported"),
        ("stats pct(a, b)", "pct of b is not supported"),
        ("fields strlen(a)", "'strlen' is not supported here"),
        ("sort a", "the query is not complete"),
        ("sort a | limit 1", "must be asc or desc"),
        ("limit many", "limit needs a number"),
        ("limit 1 limit 2", "'limit' is in the place of '|'"),
        ("fields", "the query is not complete"),
        ("filter (a = 1", "the query is not complete"),
    ],
)
def test_unsupported_query_is_rejected_with_a_reason(query: str, reason: str) -> None:
    with pytest.raises(QueryError) as raised:
        Query(query)
    assert reason in str(raised.value)
