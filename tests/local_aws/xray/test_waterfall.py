import math

from local_aws.xray.waterfall import waterfall
from tests.local_aws.page.seen_requests import BEGAN, a_segment


def test_rows_are_nested_by_parent_and_sorted_by_start() -> None:
    documents = [
        a_segment("second", "handler", 0.6, 0.7),
        a_segment("handler", "function", 0.5, 0.9),
        a_segment("first", "handler", 0.5, 0.6),
        a_segment("function", "service"),
        a_segment("service", "of-the-client"),
    ]
    rows = waterfall(documents)
    assert [(row.id, row.depth) for row in rows] == [
        ("service", 0),
        ("function", 1),
        ("handler", 2),
        ("first", 3),
        ("second", 3),
    ]
    assert rows[2].start == BEGAN + 0.5
    assert math.isclose(rows[2].duration_ms or 0, 400, abs_tol=0.01)


def test_embedded_subsegments_are_rows() -> None:
    inner = a_segment("inner", start=0.2)
    outer = a_segment("outer", start=0.1, subsegments=[inner])
    rows = waterfall([a_segment("function", subsegments=[outer]), a_segment("sent-later", "inner", 0.3)])
    assert [(row.id, row.depth) for row in rows] == [("function", 0), ("outer", 1), ("inner", 2), ("sent-later", 3)]


def test_shared_trace_shows_only_the_part_of_the_request() -> None:
    documents = [
        a_segment("other", "client", aws={"request_id": "request-1"}),
        a_segment("own", "client", aws={"request_id": "request-2"}),
        a_segment("own-part", "own"),
    ]
    assert [row.id for row in waterfall(documents, "request-2")] == ["own", "own-part"]
    assert len(waterfall(documents)) == 3


def test_whole_trace_is_shown_until_the_own_segment_arrives() -> None:
    assert [row.id for row in waterfall([a_segment("part", "own")], "request-2")] == ["part"]


def test_complete_document_replaces_the_one_in_progress() -> None:
    complete, begun = a_segment("a"), a_segment("a", end=None, in_progress=True)
    assert [row.duration_ms for row in waterfall([begun])] == [None]
    for documents in ([begun, complete], [complete, begun]):
        assert [row.duration_ms for row in waterfall(documents)] == [1000]


def test_row_shows_failure_and_call() -> None:
    document = a_segment(
        "a",
        origin="AWS::Lambda",
        fault=True,
        throttle=True,
        error=False,
        aws={"operation": "GetItem", "table_name": "orders"},
        http={"response": {"status": 400}},
        cause={"exceptions": [{"type": "KeyError", "message": "'id'"}, "?", {}]},
    )
    [row] = waterfall([document])
    assert (row.origin, row.flags, row.status, row.detail) == (
        "AWS::Lambda",
        ("fault", "throttle"),
        400,
        "GetItem orders",
    )
    assert row.cause == ("KeyError: 'id'", "Exception: ")


def test_incomplete_documents_are_left_out() -> None:
    nan = a_segment("nan") | {"start_time": math.nan}
    nameless = a_segment("nameless") | {"name": None}
    circle = [a_segment("b", "c"), a_segment("c", "b"), a_segment("d", "d")]
    odd = a_segment("odd", aws=1, http=[], cause="16 characters..", subsegments={}) | {"end_time": math.inf}
    [row] = waterfall([nan, nameless, *circle, odd])
    assert (row.id, row.duration_ms, row.cause) == ("odd", None, ())


def test_trace_deeper_than_the_interpreters_stack() -> None:
    document = a_segment("0")
    for depth in range(1, 3000):
        document = a_segment(str(depth), subsegments=[document])
    assert waterfall([document])[-1].depth == 2999
