import asyncio
import base64
import json
from pathlib import Path
from typing import override

import pytest

from local_aws.apigateway.journal import KEPT_BYTES, KEPT_TARGET, Journal
from local_aws.apigateway.routing import TrailingSlash
from local_aws.awslambda.invocation import Invocation, Outcome, Record
from local_aws.model.deployment import Route
from tests.local_aws.apigateway.gateways import ARN, NEVER, Function, hello, serving
from tests.local_aws.apigateway.served import ECHO, Applied, echo, served, zipped
from tests.local_aws.zips import Zips, a_deployment, a_function


def test_request_reaches_the_function_and_its_response_is_returned(zips: Zips, work: Path) -> None:
    async def run() -> None:
        async with echo(zips, work) as (_, client):
            response = await client.post("/a%20b?x=1&x=2", json={"title": "é"}, headers={"Cookie": "c=3"})
            assert response.status_code == 200
            assert response.headers["content-type"] == "application/json"
            assert response.headers.get_list("set-cookie") == ["a=1", "b=2"]
            assert len(response.headers["apigw-requestid"]) == 16
            event = response.json()
            assert event["requestContext"]["requestId"] == response.headers["apigw-requestid"]
            assert (event["rawPath"], event["rawQueryString"]) == ("/a b", "x=1&x=2")
            assert json.loads(event["body"]) == {"title": "é"}
            assert event["cookies"] == ["c=3"]
            assert event["headers"]["x-forwarded-port"] == str(client.base_url.port)

    asyncio.run(run())


@pytest.mark.parametrize(
    ("path", "status"), [("/boom", 500), ("/exit", 500), ("/wrong", 500), ("/slow", 500), ("/x", 200)]
)
def test_function_failure_is_a_500_of_the_gateway(path: str, status: int, zips: Zips, work: Path) -> None:
    async def run() -> None:
        function = a_function(code=zipped(zips, ECHO), timeout=1)
        async with served(Applied(a_deployment(function)), work) as (_, client):
            response = await client.get(path)
            assert response.status_code == status
            assert status == 200 or response.content == b'{"message":"Internal Server Error"}'
            assert (await client.get("/")).status_code == 200

    asyncio.run(run())


def test_request_without_route_is_a_404(zips: Zips, work: Path) -> None:
    async def run() -> None:
        deployment = a_deployment(a_function(code=zipped(zips, ECHO)), key="GET /orders/{id}")
        async with served(Applied(deployment), work) as (_, client):
            response = await client.post("/orders/1")
            assert (response.status_code, response.content) == (404, b'{"message":"Not Found"}')
            assert "apigw-requestid" in response.headers
            assert (await client.get("/orders/1")).json()["pathParameters"] == {"id": "1"}
            assert (await client.get("/orders/1/")).status_code == 404

    asyncio.run(run())


def test_trailing_slash_can_be_ignored(zips: Zips, work: Path) -> None:
    async def run() -> None:
        deployment = a_deployment(a_function(code=zipped(zips, ECHO)), key="GET /orders")
        async with served(Applied(deployment), work, trailing_slash=TrailingSlash.IGNORED) as (_, client):
            assert (await client.get("/orders/")).json()["rawPath"] == "/orders/"

    asyncio.run(run())


def test_integration_timeout_is_a_503(zips: Zips, work: Path) -> None:
    async def run() -> None:
        deployment = a_deployment(a_function(code=zipped(zips, ECHO), timeout=20), timeout=0.2)
        async with served(Applied(deployment), work) as (_, client):
            response = await client.get("/slow")
            assert (response.status_code, response.content) == (503, b'{"message":"Service Unavailable"}')

    asyncio.run(run())


def test_trace_joins_the_client_lambda_and_the_function(zips: Zips, work: Path) -> None:
    source = """
        import json, os, socket
        def handler(event, context):
            fields = dict(part.split("=") for part in os.environ["_X_AMZN_TRACE_ID"].split(";"))
            segment = {"name": "work", "id": "53995c3f42cd8ad8", "trace_id": fields["Root"], "type": "subsegment",
                       "parent_id": fields["Parent"], "start_time": 1.0, "end_time": 2.0}
            host, port = os.environ["AWS_XRAY_DAEMON_ADDRESS"].split(":")
            message = '{"format": "json", "version": 1}\\n' + json.dumps(segment)
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(message.encode(), (host, int(port)))
            return event["headers"]["x-amzn-trace-id"]
    """

    async def run() -> None:
        function = a_function(code=zipped(zips, source))
        async with served(Applied(a_deployment(function)), work) as (plane, client):
            root = "1-5759e988-bd862e3fe1be46a994272793"
            header = f"Root={root};Parent=70de5b6f19ff9a0a;Sampled=1"
            assert (await client.get("/", headers={"X-Amzn-Trace-Id": header})).text == header
            made = (await client.get("/")).text
            listed = (await client.get(f"{plane.admin_url}/traces")).json()["traces"]
            assert listed == [root, made.removeprefix("Root=")]
            segments = (await client.get(f"{plane.admin_url}/traces/{root}")).json()["segments"]
            by_parent = {segment["parent_id"]: segment for segment in segments}
            service = by_parent["70de5b6f19ff9a0a"]
            whole = by_parent[service["id"]]
            assert by_parent[whole["id"]]["name"] == "work"
            assert (await client.get(f"{plane.admin_url}/traces/1-0-0")).status_code == 404

    asyncio.run(run())


def test_bug_of_the_embedded_aws_is_a_logged_500(zips: Zips, work: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def run() -> None:
        async with echo(zips, work) as (_, client):
            (work / "environments").write_text("not a folder", encoding="utf-8")
            response = await client.get("/")
            assert (response.status_code, response.content) == (500, b'{"message":"Internal Server Error"}')
            assert "the embedded AWS failed to serve GET /" in caplog.text
            assert "NotADirectoryError" in caplog.text

    asyncio.run(run())


def test_throttled_function_is_a_429_of_the_gateway() -> None:
    async def run() -> None:
        async with serving(Function(lambda _: Outcome.error("TooManyRequestsException", "Rate Exceeded."))) as client:
            response = await client.get("/")
            assert (response.status_code, response.content) == (429, b'{"message":"Too Many Requests"}')

    asyncio.run(run())


def test_request_id_header_of_the_function_is_replaced() -> None:
    async def run() -> None:
        function = Function(lambda _: {"statusCode": 200, "headers": {"Apigw-Requestid": "mine"}})
        async with serving(function) as client:
            response = await client.get("/")
            request_id = function.events[0]["requestContext"]["requestId"]
            assert response.headers.get_list("apigw-requestid") == [request_id]

    asyncio.run(run())


def a_record(request_id: str) -> Record:
    return Record("echo", "stream", request_id, "AKIA", "1-2-3", True, 1.0, 2.0, None, 40, None, ())


def test_journal_records_request_and_response() -> None:
    async def run() -> None:
        journal, record = Journal(), a_record("1")
        function = Function(lambda event: Outcome(json.dumps(hello(event)).encode(), record=record))
        async with serving(function, journal=journal) as client:
            response = await client.post("/a%20b?c=d", content="body")
            (entry,) = journal.entries()
            assert entry.request_id == response.headers["apigw-requestid"]
            assert journal.entry(entry.request_id) is entry
            assert (entry.method, entry.path, entry.query, entry.route_key) == ("POST", "/a%20b", "c=d", "$default")
            assert entry.event == function.events[0]
            assert entry.trace_id == function.invocations[0].trace.root
            assert entry.received == function.events[0]["requestContext"]["timeEpoch"] / 1000
            assert (entry.status, entry.body) == (200, b"hello /a b")
            assert dict(entry.headers) == {
                "content-type": "text/plain",
                "apigw-requestid": entry.request_id,
            }
            assert entry.duration_ms is not None
            assert 0 < entry.duration_ms < 5000
            assert entry.invocation is record

    asyncio.run(run())


def test_journal_cuts_path_and_query_of_a_rejected_request() -> None:
    async def run() -> None:
        journal = Journal()
        async with serving(Function(), journal=journal) as client:
            response = await client.get(f"/{'a' * 20_000}?{'b' * 20_000}")
            assert response.status_code == 431
            (entry,) = journal.entries()
            assert (entry.path, entry.query) == (f"/{'a' * (KEPT_TARGET - 1)}…", f"{'b' * KEPT_TARGET}…")
            await client.get(f"/{'a' * (KEPT_TARGET - 1)}?{'b' * KEPT_TARGET}")
            assert "…" not in journal.entries()[1].path + journal.entries()[1].query

    asyncio.run(run())


@pytest.mark.parametrize("content_type", ["text/plain", "application/octet-stream"])
def test_journal_truncates_a_large_request_body(content_type: str) -> None:
    async def run() -> None:
        journal = Journal()
        async with serving(Function(lambda event: str(len(event["body"]))), journal=journal) as client:
            response = await client.post("/", content=b"x" * 5 * KEPT_BYTES, headers={"content-type": content_type})
            assert int(response.text) >= 5 * KEPT_BYTES
            event = journal.entries()[0].event
            assert event is not None
            body = base64.b64decode(event["body"]) if event["isBase64Encoded"] else event["body"].encode()
            assert KEPT_BYTES <= len(body) < 2 * KEPT_BYTES
            assert set(body) == {ord("x")}

    asyncio.run(run())


def test_journal_truncates_a_large_response() -> None:
    async def run() -> None:
        journal = Journal()
        async with serving(Function(lambda _: "x" * (KEPT_BYTES + 1)), journal=journal) as client:
            assert len((await client.get("/")).content) == KEPT_BYTES + 1
            assert journal.entries()[0].body == b"x" * KEPT_BYTES

    asyncio.run(run())


def test_request_that_reaches_no_function_has_no_event() -> None:
    async def run() -> None:
        journal = Journal()
        async with serving(Function(), routes=[Route("GET /orders", ARN)], journal=journal) as client:
            await client.get("/")
            (entry,) = journal.entries()
            assert (entry.status, entry.route_key, entry.event, entry.invocation) == (404, None, None, None)

    asyncio.run(run())


def test_invocation_that_outlives_its_response_is_recorded() -> None:
    async def run() -> None:
        journal, record = Journal(), a_record("1")
        pending: list[asyncio.Future[Outcome]] = []

        class Late(Function):
            @override
            def invoke(self, invocation: Invocation) -> asyncio.Future[Outcome]:
                pending.append(super().invoke(invocation))
                return pending[-1]

        routes = [Route("$default", ARN, timeout=0.01)]
        async with serving(Late(lambda _: NEVER), routes=routes, journal=journal) as client:
            assert (await client.get("/")).status_code == 503
            (entry,) = journal.entries()
            assert (entry.status, entry.invocation) == (503, None)
            pending[0].set_result(Outcome(b"null", record=record))
            await asyncio.sleep(0)
            assert entry.invocation is record

    asyncio.run(run())
