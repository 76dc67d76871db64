import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from local_aws.apigateway.access_log import AccessLog, access_line
from local_aws.awslambda.invocation import Outcome
from local_aws.model.deployment import Api, Route, Throttle
from tests.local_aws.apigateway.gateways import ARN, NEVER, Function, hello, serving
from tests.local_aws.zips import deliver

GROUP = "/aws/apigateway/shop"
# Every variable of https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html that
# has a value without an authorizer, a client certificate or a domain of the API's own.
NAMES = (
    "accountId",
    "apiId",
    "awsEndpointRequestId",
    "dataProcessed",
    "domainName",
    "domainPrefix",
    "error.message",
    "error.responseType",
    "extendedRequestId",
    "httpMethod",
    "identity.sourceIp",
    "identity.userAgent",
    "integration.error",
    "integration.integrationStatus",
    "integration.latency",
    "integration.requestId",
    "integration.status",
    "integrationErrorMessage",
    "integrationLatency",
    "integrationStatus",
    "path",
    "protocol",
    "requestId",
    "requestTime",
    "requestTimeEpoch",
    "responseLatency",
    "responseLength",
    "routeKey",
    "stage",
    "status",
    "authorizer.error",
    "identity.caller",
)
TEMPLATE = json.dumps({name: f"$context.{name}" for name in NAMES})
OF_THE_CALL = ("integration.status", "integration.integrationStatus", "integrationStatus")


def lines(folder: Path) -> list[dict[str, str]]:
    text = (folder / "shop.access.jsonl").read_text(encoding="utf-8")
    return [json.loads(json.loads(line)["message"]) for line in text.splitlines()]


def logged(function: Function, folder: Path, *routes: Route, content: str = "") -> dict[str, str]:
    """Send one request to `/orders/1` and return its line."""

    async def run() -> None:
        api = Api("abc123", access_log_group=GROUP, access_log_format=TEMPLATE)
        log = AccessLog(folder, GROUP, "stream", deliver)
        async with serving(function, api=api, routes=routes or [Route("$default", ARN)], access_log=log) as client:
            await client.post("/orders/1", headers={"User-Agent": "agent"}, content=content)

    asyncio.run(run())
    return lines(folder)[-1]


def test_access_log_of_a_successful_request(tmp_path: Path) -> None:
    function = Function()
    line = logged(function, tmp_path, content="12345")
    invoked = function.invocations[0].request_id
    event = function.events[0]
    assert line == {
        "accountId": "123456789012",
        "apiId": "abc123",
        "awsEndpointRequestId": invoked,
        "dataProcessed": "20",
        "domainName": "127.0.0.1",
        "domainPrefix": "127",
        "error.message": "-",
        "error.responseType": "-",
        "extendedRequestId": event["requestContext"]["requestId"],
        "httpMethod": "POST",
        "identity.sourceIp": "127.0.0.1",
        "identity.userAgent": "agent",
        "integration.error": "-",
        "integration.integrationStatus": "200",
        "integration.latency": line["integrationLatency"],
        "integration.requestId": invoked,
        "integration.status": "200",
        "integrationErrorMessage": "-",
        "integrationLatency": line["integrationLatency"],
        "integrationStatus": "200",
        "path": "/orders/1",
        "protocol": "HTTP/1.1",
        "requestId": event["requestContext"]["requestId"],
        "requestTime": event["requestContext"]["time"],
        "requestTimeEpoch": str(event["requestContext"]["timeEpoch"]),
        "responseLatency": line["responseLatency"],
        "responseLength": "15",
        "routeKey": "$default",
        "stage": "$default",
        "status": "200",
        "authorizer.error": "-",
        "identity.caller": "-",
    }
    assert int(line["integrationLatency"]) <= int(line["responseLatency"]) < 5000


def failed(text: str) -> str:
    return f"The Lambda function returned the following error: {text}. Check your Lambda function code and try again."


FAULT = ("500", "INTEGRATION_FAILURE", ("-", "200", "200"))
OUT_OF_TIME = "RequestId: 1 Error: Task timed out after 5.00 seconds"
MISMATCH = "The response from the Lambda function doesn't match the format that API Gateway expects"


@pytest.mark.parametrize(
    ("output", "logged_call", "error"),
    [
        ({"statusCode": 404, "body": "gone"}, ("404", "-", ("404", "200", "200")), "-"),
        (Outcome.error("KeyError", "'title'"), FAULT, failed("'title'")),
        (Outcome.error("Sandbox.Timedout", OUT_OF_TIME), FAULT, failed(OUT_OF_TIME)),
        ({"statusCode": 200, "headers": ["a"]}, FAULT, f"{MISMATCH}: headers is not an object."),
        (
            Outcome.error("TooManyRequestsException", "Rate Exceeded."),
            ("429", "THROTTLED", ("-", "429", "429")),
            "Rate Exceeded.",
        ),
        (Outcome(b"not JSON", "Broken"), FAULT, failed("Broken")),
    ],
)
def test_access_log_of_a_failed_function(
    output: object, logged_call: tuple[object, ...], error: str, tmp_path: Path
) -> None:
    line = logged(Function(lambda _: output), tmp_path)
    assert (line["status"], line["error.responseType"], tuple(line[name] for name in OF_THE_CALL)) == logged_call
    assert line["integrationErrorMessage"] == line["integration.error"] == error


def test_access_log_of_an_integration_timeout(tmp_path: Path) -> None:
    line = logged(Function(lambda _: NEVER), tmp_path, Route("$default", ARN, timeout=0.05))
    assert (line["status"], line["error.responseType"]) == ("503", "INTEGRATION_TIMEOUT")
    assert line["error.message"] == "Service Unavailable"
    assert line["integrationErrorMessage"] == "Endpoint request timed out"
    assert {line[name] for name in OF_THE_CALL} == {"-"}
    assert 50 <= int(line["integrationLatency"]) <= int(line["responseLatency"]) < 5000


@pytest.mark.parametrize(
    ("route", "content", "status", "kind", "key"),
    [
        (Route("GET /", ARN), "", "404", "RESOURCE_NOT_FOUND", "-"),
        (Route("$default", ARN, throttle=Throttle(1, 0)), "", "429", "THROTTLED", "$default"),
        (Route("$default", ARN), "x" * 7_000_000, "413", "REQUEST_TOO_LARGE", "$default"),
    ],
)
def test_access_log_of_a_rejected_request_has_no_integration(
    route: Route, content: str, status: str, kind: str, key: str, tmp_path: Path
) -> None:
    function = Function()
    line = logged(function, tmp_path, route, content=content)
    assert function.invocations == []
    assert (line["status"], line["error.responseType"], line["routeKey"]) == (status, kind, key)
    assert {line[name] for name in NAMES if "ntegration" in name or name == "awsEndpointRequestId"} == {"-"}


def test_missing_permission_is_a_500_with_its_reason_in_the_log(tmp_path: Path) -> None:
    function = Function()
    line = logged(function, tmp_path, Route("$default", ARN, permitted=False))
    assert function.invocations == []
    assert (line["status"], line["error.message"]) == ("500", "Internal Server Error")
    assert line["integrationErrorMessage"].startswith("The IAM role configured on the integration or API Gateway")
    assert line["integrationStatus"] == "403"


def test_lines_go_to_cloudwatch_logs_too(tmp_path: Path) -> None:
    sunk: list[tuple[str, str, int, str]] = []
    log = AccessLog(tmp_path, GROUP, "abc123/$default", lambda *line: sunk.append(line))
    log.write("one line")
    (kept,) = (tmp_path / "shop.access.jsonl").read_text(encoding="utf-8").splitlines()
    assert sunk == [(GROUP, "abc123/$default", json.loads(kept)["timestamp"], "one line")]


def test_stage_without_a_format_logs_nothing(tmp_path: Path) -> None:
    async def run() -> None:
        log = AccessLog(tmp_path, GROUP, "stream", deliver)
        async with serving(Function(), api=Api("abc123", access_log_group=GROUP), access_log=log) as client:
            assert (await client.get("/")).status_code == 200

    asyncio.run(run())
    assert list(tmp_path.iterdir()) == []


def test_client_input_cannot_add_a_log_line(tmp_path: Path) -> None:
    async def run() -> None:
        form = '{"agent":"$context.identity.userAgent"}'
        api = Api("abc123", access_log_group=GROUP, access_log_format=form)
        async with serving(
            Function(hello), api=api, access_log=AccessLog(tmp_path, GROUP, "stream", deliver)
        ) as client:
            await client.get("/", headers={"User-Agent": '"} \\ {"'})

    asyncio.run(run())
    assert lines(tmp_path) == [{"agent": '"} \\ {"'}]


def test_quoted_error_message() -> None:
    values: dict[str, Any] = {"error.messageString": "Not Found"}
    assert access_line("$context.error.messageString", values) == '"Not Found"'
    assert access_line("$context.error.messageString", {}) == "-"


def test_variable_name_ends_at_the_first_other_character() -> None:
    assert access_line('$context.status. $context.status"$context.status-', {"status": 200}) == '200. 200"200-'
