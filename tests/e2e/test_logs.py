"""The log lines of the packaged functions and of API Gateway have exact keys and no secret."""

import json
import re
import time
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from local_aws.session import Session
from tests.common.lines import ACCESS, BUG, CALL, COMMON, LIBRARY
from tests.conformance.found import profile
from tests.e2e.failures import THROTTLED, Outage, bug, signed_request
from tests.support.deployed.deployment import Deployment
from tests.support.deployed.invocations import INVOKED_DIRECTLY, access_lines, events, invocations
from tests.support.deployed.secrecy import SECRETS
from tests.support.deployed.signing import Signer
from tests.support.fault_plan import FaultPlan
from tests.support.moto_servers import aws_client
from tests.support.problem import assert_problem
from tests.support.services import PREFIX, SERVICES, address, deployed_name

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

GATEWAY = {
    *("requestId", "time", "ip", "userAgent", "protocol", "method", "path", "routeKey", "status", "responseLength"),
    *("responseLatency", "integrationStatus", "integrationLatency", "integrationError", "integrationErrorMessage"),
    "authorizerError",
    "errorMessage",
}


@pytest.mark.parametrize("service", SERVICES)
def test_line_of_an_anonymous_request_has_exactly_its_keys(deployment: Deployment, service: str) -> None:
    path = f"{address(service)}/health"
    response = deployment.api.get(path, headers={"x-correlation-id": "order-7"})
    invocation = deployment.invocation_of(response)
    [line] = invocation.lines
    assert line.keys() == ACCESS
    assert line["request_id"] == response.headers["x-request-id"] == response.headers["apigw-requestid"]
    assert (line["correlation_id"], line["function_request_id"]) == ("order-7", invocation.id)
    assert (line["level"], line["message"]) == ("INFO", "request")
    assert (line["method"], line["route"], line["status"]) == ("GET", path, 200)
    assert (line["service"], line["function_name"], line["environment"]) == (service, deployed_name(service), "dev")
    assert line["version"] != "unpackaged"
    assert line["cold_start"] is invocation.first
    assert line["traceparent"].startswith(f"00-{line['xray_trace_id'].removeprefix('1-').replace('-', '')}-")


@pytest.mark.parametrize("service", SERVICES)
def test_line_of_a_signed_request_has_the_principal_id(deployment: Deployment, signer: Signer, service: str) -> None:
    request = signed_request(deployment, signer, service)
    response = request.send(deployment, signer.bearer(request.subject))
    line = deployment.invocation_of(response).access()
    assert line.keys() - {"problem"} == ACCESS | {"principal_id"}
    assert line["principal_id"] == request.subject


@pytest.mark.parametrize("service", SERVICES)
def test_line_of_a_rejected_request_has_the_problem(deployment: Deployment, signer: Signer, service: str) -> None:
    request = signed_request(deployment, signer, service)
    for headers, problem in (({}, "unauthenticated"), (signer.bearer(request.subject, exp=1), "invalid-token")):
        [line] = deployment.invocation_of(request.send(deployment, headers)).lines
        assert line.keys() == ACCESS | {"problem"}
        assert (line["status"], line["problem"], line["route"]) == (401, problem, request.route)
    [line] = deployment.invocation_of(deployment.api.get(f"{address(service)}/a/b/c")).lines
    assert line.keys() == ACCESS
    assert (line["status"], line["route"]) == (404, "unmatched")


@pytest.mark.parametrize("service", SERVICES)
def test_bug_is_one_error_line_and_a_problem_with_the_request_id(
    deployment: Deployment, dynamodb: "DynamoDBClient", service: str
) -> None:
    response = bug(deployment, dynamodb, service)
    assert_problem(response, 500, "internal-error")
    error, access = deployment.invocation_of(response).lines
    assert error.keys() == BUG
    assert (error["aws_service"], error["aws_operation"]) == ("DynamoDB", "GetItem")
    assert access.keys() == ACCESS | {"problem"}
    assert (error["level"], error["message"]) == ("ERROR", "Unhandled exception")
    assert error["exception_name"]
    assert error["stack_trace"]["frames"][-1].keys() == {"file", "line", "function", "statement"}
    assert error["request_id"] == access["request_id"] == response.json()["request_id"]
    assert (access["level"], access["status"], access["problem"]) == ("INFO", 500, "internal-error")
    assert access["route"] == profile(service).broken.route


@pytest.mark.parametrize("service", SERVICES)
def test_debug_lines_of_a_failed_request_precede_its_access_line(
    faulty: Deployment, outage: dict[str, Outage], service: str
) -> None:
    response = outage[service].database
    assert_problem(response, 503, "database-unavailable")
    error, *debug, access = faulty.invocation_of(response).lines
    assert [(line["level"], line["aws_error"], line["aws_attempts"]) for line in debug] == [
        ("DEBUG", THROTTLED, 1),
        ("DEBUG", THROTTLED, 2),
    ]
    assert {line["timestamp"] <= error["timestamp"] for line in debug} == {True}
    assert all(line.keys() == COMMON | CALL for line in (error, *debug))
    assert (error["level"], error["message"], error["aws_attempts"]) == ("ERROR", "A call of AWS failed", 3)
    assert access.keys() == ACCESS | {"problem"}
    assert (access["status"], access["problem"]) == (503, "database-unavailable")


@pytest.mark.parametrize("service", SERVICES)
def test_unreadable_secret_is_an_error_line(faulty: Deployment, outage: dict[str, Outage], service: str) -> None:
    response = outage[service].signed.response
    assert_problem(response, 503, "secret-unavailable")
    line, _, access = faulty.invocation_of(response).lines
    assert line.keys() == COMMON | CALL | {"secret", "stage", "reason"}
    assert (line["level"], line["stage"], THROTTLED in line["reason"]) == ("ERROR", "AWSCURRENT", True)
    assert access.keys() == ACCESS | {"problem"}


@pytest.mark.parametrize("service", SERVICES)
def test_library_warning_has_the_common_keys(
    faulty: Deployment, plan: FaultPlan, outage: dict[str, Outage], signer: Signer, service: str
) -> None:
    request = outage[service].signed.request
    with plan.planned({"kind": "malformed", "caller": deployed_name(service), "service": "dynamodb"}):
        response = request.send(faulty, signer.bearer(request.subject))
    library, access = faulty.invocation_of(response).lines
    assert library.keys() == LIBRARY | {"exception", "exception_name", "stack_trace", "principal_id"}
    assert (library["level"], library["logger"]) == ("WARNING", "urllib3.connection")
    assert library["request_id"] == access["request_id"]


def test_line_of_api_gateway_has_the_request_id(deployment: Deployment) -> None:
    path = f"{address(SERVICES[0])}/health"
    response = deployment.api.get(path)
    line = deployment.gateway_line(response)
    assert line.keys() == GATEWAY
    assert line["requestId"] == deployment.invocation_of(response).access()["request_id"]
    assert line["requestId"] == response.headers["x-request-id"]
    assert (line["path"], line["status"]) == (path, "200")


@pytest.mark.parametrize(
    ("group", "key"),
    [
        (f"/aws/lambda/{deployed_name(SERVICES[0])}", "request_id"),
        (f"/aws/vendedlogs/apigateway/{PREFIX}", "requestId"),
    ],
)
def test_lines_are_found_in_their_log_group(deployment: Deployment, session: Session, group: str, key: str) -> None:
    request_id = deployment.api.get(f"{address(SERVICES[0])}/health").headers["apigw-requestid"]
    deadline = time.monotonic() + 60
    found: list[str] = []
    with aws_client("logs", session.control_plane) as logs:
        while not found and time.monotonic() < deadline:
            listed = logs.filter_log_events(logGroupName=group, filterPattern=f'"{request_id}"')["events"]  # as `tail`
            found = [event["message"] for event in listed if request_id in event["message"]]
            time.sleep(0.05)
    assert request_id in [json.loads(message).get(key) for message in found]


@pytest.fixture(scope="module")
def texts(deployments: list[Deployment], whole_run: None) -> dict[str, str]:  # noqa: ARG001
    """Return everything that functions and gateways have logged, by file."""
    files = [file for deployment in deployments for file in deployment.logs.iterdir()]
    assert len(files) == len(deployments) * (len(SERVICES) + 1)
    return {str(file): "\n".join(event["message"] for event in events(file)) for file in files}


def test_every_line_is_json_without_library_noise(texts: dict[str, str]) -> None:
    for text in texts.values():
        assert all(isinstance(json.loads(line), dict) for line in text.splitlines())
        assert "mangum" not in text.lower()
        assert "no application metrics" not in text.lower()
        assert '"logger":"botocore' not in text.replace(" ", "")


def test_no_line_has_a_secret(texts: dict[str, str], signer: Signer) -> None:
    for name, text in texts.items():
        for secret in (*SECRETS, re.compile(re.escape(signer.key))):
            assert (name, secret.findall(text)) == (name, [])


@pytest.mark.usefixtures("whole_run")
def test_only_failed_requests_write_debug_lines(deployments: list[Deployment]) -> None:
    """`test_deployment.py` deploys a route that writes debug lines and succeeds."""
    debugged = [
        invocation
        for deployment in deployments
        for service in SERVICES
        for invocation in invocations(deployment.logs, service)
        if any(line["level"] == "DEBUG" for line in invocation.lines)
    ]
    assert debugged
    assert {invocation.access()["status"] for invocation in debugged} <= {500, 503}


@pytest.mark.usefixtures("whole_run")
def test_every_line_belongs_to_one_line_of_api_gateway(deployments: list[Deployment]) -> None:
    for deployment in deployments:
        served = [one for service in SERVICES for one in invocations(deployment.logs, service) if one.ended]
        sent = Counter(line["requestId"] for line in access_lines(deployment.logs))
        assert set(sent.values()) == {1}
        sent[INVOKED_DIRECTLY] = len(SERVICES)  # `test_invoke.py` sends them to the functions.
        assert Counter(one.access()["request_id"] for one in served) <= sent
        assert all(line["request_id"] == one.access()["request_id"] for one in served for line in one.lines)
