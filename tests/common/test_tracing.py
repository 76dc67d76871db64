"""The segment documents that X-Ray gets of a handler, with each library that records traces."""

import asyncio
import io
import json
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.config import Config
from botocore.exceptions import ReadTimeoutError
from starlette.responses import StreamingResponse

from common.lambda_handler import Handler, create_handler
from common.aws_calls import ATTEMPTS
from common.dynamodb.client import CONFIG, DatabaseUnavailable, DynamoCall
from common.failures import Conflict, Failure, NotFound, Throttled
from common.http.application import create_app
from common.telemetry import traces as tracing
from common.telemetry.request import record_principal
from tests.common.conftest import no_adapters
from tests.support.http_events import http_event
from tests.support.lambda_context import FakeLambdaContext
from tests.support.traces import Traces, described, flags, recorded_traces, retries

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SECRET = "s3cr3t-of-a-person"
KEY = {"pk": {"S": SECRET}}
THROTTLED = {"__type": "com.amazonaws.dynamodb.v20120810#ThrottlingException"}
ITEM: Any = {"TableName": "things", "Key": KEY}


class Body(io.BytesIO):
    """The body of a response, as botocore reads it."""

    def stream(self) -> Iterator[bytes]:
        yield self.getvalue()


class Route:
    """The work of the route under test, its DynamoDB client, and the responses that DynamoDB gives."""

    def __init__(self, client: "DynamoDBClient") -> None:
        self.client = client
        self.work: Callable[[], Any] = lambda: None
        self.responses: list[tuple[int, dict[str, Any]] | Exception] = []
        events: Any = client.meta.events
        events.register("before-send", self._respond)

    def _respond(self, **_: Any) -> AWSResponse:
        response = self.responses.pop(0)
        if isinstance(response, Exception):
            raise response
        status, body = response
        headers = HTTPHeaders.from_dict({"x-amzn-RequestId": "r-1"})
        return AWSResponse("http://dynamodb", status, headers, Body(json.dumps(body).encode()))

    def add_error(self, code: str, *reasons: str, status: int = 400) -> None:
        body = {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": f"about {SECRET}"}
        cancelled = {"CancellationReasons": [{"Code": reason} for reason in reasons]} if reasons else {}
        self.responses.append((status, body | cancelled))

    def read(self) -> None:
        DynamoCall(self.client, "get_item", lambda _: None).make(ITEM)

    def write(self) -> None:
        writes = [{"Delete": ITEM}, {"Delete": ITEM}]
        DynamoCall(self.client, "transact_write_items", lambda _: None).make({"TransactItems": writes})


@pytest.fixture(params=["otel", "powertools"])
def traces(
    request: pytest.FixtureRequest, function_environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Traces]:
    assert function_environment
    with recorded_traces(monkeypatch, request.param) as traces:
        yield traces


@pytest.fixture
def route(traces: Traces) -> Iterator[Route]:
    assert traces.documents == []
    client: DynamoDBClient = boto3.client("dynamodb", config=CONFIG)
    yield Route(client)
    client.close()


@pytest.fixture
def handler(route: Route) -> Iterator[Handler]:
    app = create_app("things", description="Things.", routers=[])

    async def plain() -> None:
        route.work()

    async def inside(name: str) -> None:
        with tracing.operation("things.do"):
            route.work()
        assert name

    async def late() -> StreamingResponse:
        async def body() -> Any:
            yield b"half"
            raise ZeroDivisionError(SECRET)

        return StreamingResponse(body())

    app.add_api_route("/plain", plain)
    app.add_api_route("/things/{name}", inside)
    app.add_api_route("/late", late)
    handler = create_handler(app, no_adapters)
    tracing.watch(route.client)
    yield handler
    asyncio.get_event_loop().close()
    asyncio.set_event_loop(None)


def get(handler: Handler, path: str) -> int:
    status: int = handler(http_event("GET", path), FakeLambdaContext())["statusCode"]
    return status


def raising(error: Exception) -> Callable[[], None]:
    def work() -> None:
        raise error

    return work


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
