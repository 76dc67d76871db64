"""The documents of calls of DynamoDB, with each library that records traces."""

from contextlib import closing

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ReadTimeoutError

from common.lambda_handler import Handler
from common.aws_calls import ATTEMPTS
from common.telemetry import traces as tracing
from tests.common.tracing.traced_route import ITEM, KEY, SECRET, THROTTLED, Route, get
from tests.support.traces import Traces, described, flags, retries


def test_calls_are_children_of_their_operation_or_of_the_handler(
    handler: Handler, traces: Traces, route: Route
) -> None:
    route.work = route.read
    route.responses = [(200, {})]
    get(handler, "/things/lamp")
    assert traces.tree() == {"## handler": {"things.do": {"dynamodb": {}}}}
    traces.next()
    route.responses = [(200, {})]
    get(handler, "/plain")
    assert traces.tree() == {"## handler": {"dynamodb": {}}}


def test_call_has_operation_table_and_status_but_no_payload(handler: Handler, traces: Traces, route: Route) -> None:
    def work() -> None:
        route.read()
        route.write()

    route.work = work
    route.responses = [(200, {"Item": KEY}), (200, {})]
    get(handler, "/plain")
    calls = [document for document in traces.documents if document["name"] == "dynamodb"]
    common = {"region": "eu-central-1", "table_name": "things", "request_id": "r-1"}
    assert [described(call) for call in calls] == [
        {"operation": "GetItem", **common},
        {"operation": "TransactWriteItems", **common},
    ]
    assert [retries(call) for call in calls] == [0, 0]
    assert {call["namespace"] for call in calls} == {"aws"}
    assert [call["http"] for call in calls] == [{"response": {"status": 200}}] * 2
    assert SECRET not in str(traces.documents)


def test_each_attempt_is_a_span(handler: Handler, traces: Traces, route: Route) -> None:
    route.work = route.read
    route.responses = [(500, {}), (200, {})]
    assert get(handler, "/plain") == 200
    calls = [document for document in traces.documents if document["name"] == "dynamodb"]
    assert [(call["http"]["response"]["status"], flags(call)) for call in calls] == [(500, {"fault"}), (200, set())]


def test_retries_by_a_client_of_another_kind_are_counted(handler: Handler, traces: Traces, route: Route) -> None:
    config = Config(retries={"mode": "legacy", "total_max_attempts": 2})
    with closing(boto3.client("dynamodb", config=config)) as client:
        tracing.watch(client)
        retrying = Route(client)
        retrying.responses = [(500, {}), (200, {})]
        route.work = lambda: client.get_item(**ITEM)
        assert get(handler, "/plain") == 200
    assert retries(traces.one("dynamodb")) == 1


@pytest.mark.parametrize(
    ("code", "reasons", "status", "marks"),
    [
        ("ProvisionedThroughputExceededException", (), 400, {"error", "throttle"}),
        ("RequestLimitExceeded", (), 400, {"error", "throttle"}),
        ("ThrottlingException", (), 400, {"error", "throttle"}),
        (
            "TransactionCanceledException",
            ("None", "ThrottlingError"),
            400,
            {"error", "throttle"},
        ),
        (
            "TransactionCanceledException",
            ("ProvisionedThroughputExceeded",),
            400,
            {"error", "throttle"},
        ),
        ("TransactionCanceledException", ("ConditionalCheckFailed",), 400, {"error"}),
        ("AccessDeniedException", (), 400, {"error"}),
        ("InternalServerError", (), 500, {"fault"}),
    ],
)
def test_dynamodb_error_marks_the_call(
    handler: Handler,
    traces: Traces,
    route: Route,
    code: str,
    reasons: tuple[str, ...],
    status: int,
    marks: set[str],
) -> None:
    route.work = route.write if reasons else route.read
    for _ in range(ATTEMPTS):
        route.add_error(code, *reasons, status=status)
    get(handler, "/things/lamp")
    call, *others = [document for document in traces.documents if document["name"] == "dynamodb"]
    assert flags(call) == marks
    assert [flags(other) for other in others] == [marks] * len(others)
    [thrown] = call["cause"]["exceptions"]
    assert (thrown["type"], thrown["remote"]) == (code, True)
    assert not thrown.get("message")
    assert SECRET not in str(traces.documents)


def test_throttled_operation_is_a_fault(handler: Handler, traces: Traces, route: Route) -> None:
    route.work = route.read
    route.responses = [(400, THROTTLED)] * ATTEMPTS
    assert get(handler, "/things/lamp") == 503
    assert (flags(traces.one("things.do")), flags(traces.one("## handler"))) == ({"fault"}, {"fault"})


def test_call_without_response_is_a_fault(handler: Handler, traces: Traces, route: Route) -> None:
    route.work = route.read
    route.responses = [ReadTimeoutError(endpoint_url="http://dynamodb")] * ATTEMPTS
    assert get(handler, "/things/lamp") == 503
    calls = [document for document in traces.documents if document["name"] == "dynamodb"]
    expected = [({"fault"}, "ReadTimeoutError")] * ATTEMPTS
    assert [(flags(call), call["cause"]["exceptions"][0]["type"]) for call in calls] == expected
    assert traces.tree() == {"## handler": {"things.do": {"dynamodb": {}}}}


def test_call_rejected_by_botocore_leaves_no_open_subsegment(handler: Handler, traces: Traces, route: Route) -> None:
    route.work = lambda: route.client.get_item(TableName="things", Key=SECRET)  # type: ignore[arg-type]
    assert get(handler, "/things/lamp") == 500
    assert traces.tree() == {"## handler": {"things.do": {}}}
    assert traces.one("things.do")["cause"]["exceptions"][0]["type"] == "ParamValidationError"
    assert SECRET not in str(traces.documents)
