"""The segment documents that X-Ray gets of a handler, with each library that records traces."""

from collections.abc import Callable

import pytest

from common.lambda_handler import Handler
from common.aws_calls import ATTEMPTS
from common.dynamodb.client import DatabaseUnavailable
from common.failures import Conflict, Failure, NotFound, Throttled
from common.telemetry.request import record_principal
from tests.common.tracing.traced_route import SECRET, THROTTLED, Route, get, raising
from tests.support.traces import Traces, flags


def test_handler_subsegment_has_route_status_and_principal(handler: Handler, traces: Traces, route: Route) -> None:
    route.work = lambda: record_principal("7")
    assert get(handler, "/things/lamp") == 200
    span = traces.one("## handler")
    own = {name: span["annotations"][name] for name in ("route", "status", "principal_id")}
    assert own == {"route": "/things/{name}", "status": 200, "principal_id": "7"}
    assert set(span["annotations"]) == {*own, "ColdStart", "Service"}
    assert flags(span) == set()
    assert not span.get("metadata")


def test_anonymous_request_has_no_principal_and_unknown_path_is_unmatched(handler: Handler, traces: Traces) -> None:
    assert get(handler, "/nowhere") == 404
    span = traces.one("## handler")
    assert span["annotations"]["route"] == "unmatched"
    assert "principal_id" not in span["annotations"]
    assert flags(span) == {"error"}


class Gone(NotFound):
    code = "gone"
    title = "Gone"


@pytest.mark.parametrize(
    ("failure", "status", "marks"),
    [
        (Gone("no"), 404, {"error"}),
        (Conflict("no"), 409, {"error"}),
        (Throttled("no", retry_after=1), 429, {"error", "throttle"}),
        (DatabaseUnavailable("no"), 503, {"fault"}),
    ],
)
def test_failure_marks_operation_and_handler(
    handler: Handler, traces: Traces, route: Route, failure: Failure, status: int, marks: set[str]
) -> None:
    route.work = raising(failure)
    assert get(handler, "/things/lamp") == status
    for name in ("things.do", "## handler"):
        assert flags(traces.one(name)) == marks
        assert "cause" not in traces.one(name)


def test_bug_is_a_fault_with_its_exception_on_operation_and_handler(
    handler: Handler, traces: Traces, route: Route
) -> None:
    route.work = raising(ZeroDivisionError(SECRET))
    assert get(handler, "/things/lamp") == 500
    for name in ("things.do", "## handler"):
        span = traces.one(name)
        assert flags(span) == {"fault"}
        [thrown] = span["cause"]["exceptions"]
        assert thrown["type"] == "ZeroDivisionError"
        assert "work" in {frame["label"] for frame in thrown["stack"]}
    assert SECRET not in str(traces.documents)


def test_bug_after_the_first_bytes_is_a_fault_of_the_handler(handler: Handler, traces: Traces) -> None:
    assert get(handler, "/late") == 500
    span = traces.one("## handler")
    assert (flags(span), span["annotations"]["status"]) == ({"fault"}, 500)
    assert span["cause"]["exceptions"][0]["type"] == "ZeroDivisionError"


@pytest.mark.parametrize("work", [raising(ZeroDivisionError()), raising(DatabaseUnavailable("no")), lambda: None])
def test_subsegments_do_not_leak_into_the_next_invocation(
    handler: Handler, traces: Traces, route: Route, work: Callable[[], None]
) -> None:
    route.work = work
    get(handler, "/things/lamp")
    route.work = lambda: None
    traces.next()
    get(handler, "/plain")
    assert traces.tree() == {"## handler": {}}
    assert flags(traces.one("## handler")) == set()


def test_invocations_of_one_trace_have_their_own_parent_and_sampling(handler: Handler, traces: Traces) -> None:
    trace_id = "1-67891233-abcdef012345678912345678"
    for parent in ("a" * 16, "b" * 16):
        traces.next(trace_id=trace_id, parent=parent)
        get(handler, "/things/lamp")
        assert {each["name"] for each in traces.documents if each["parent_id"] == parent} == {"## handler"}
    traces.next(trace_id=trace_id, sampled="0")
    get(handler, "/things/lamp")
    assert traces.documents == []


@pytest.mark.parametrize("header", ["unsampled", "undecided", "none"])
def test_unsampled_invocation_sends_nothing(
    handler: Handler, traces: Traces, route: Route, monkeypatch: pytest.MonkeyPatch, header: str
) -> None:
    traces.next(sampled="0")
    if header == "undecided":
        monkeypatch.setenv("_X_AMZN_TRACE_ID", "Root=1-67891233-abcdef012345678912345678")
    if header == "none":
        monkeypatch.delenv("_X_AMZN_TRACE_ID")
    route.work = route.read
    route.responses = [(200, {})]
    assert get(handler, "/things/lamp") == 200
    route.responses = [(400, THROTTLED)] * ATTEMPTS
    assert get(handler, "/things/lamp") == 503
    route.work = raising(ZeroDivisionError())
    assert get(handler, "/things/lamp") == 500
    assert (traces.datagrams, traces.documents) == ([], [])


def test_cold_start_is_annotated_once(handler: Handler, traces: Traces) -> None:
    found = []
    for _ in range(2):
        traces.next()
        get(handler, "/plain")
        found.append(traces.one("## handler")["annotations"]["ColdStart"])
    assert found == [True, False]
