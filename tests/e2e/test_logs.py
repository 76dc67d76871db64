"""What the packaged functions and API Gateway log of a request: which keys, which lines, and nothing secret."""

import json
import re
import time
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from local_aws.session import Session
from tests.books.journeys.requests import LOANS, NOWHERE, new_id
from tests.common.lines import ACCESS, COMMON, ERROR, LIBRARY
from tests.e2e.failures import NUMBER, ROUTES, Outages, bug
from tests.support.deployed.deployment import Deployment
from tests.support.deployed.faults import MALFORMED, THROTTLED, THROTTLING, Faults
from tests.support.deployed.invocations import access_lines, events, invocations
from tests.support.deployed.secrecy import SECRETS
from tests.support.deployed.signing import Signer
from tests.support.moto_servers import aws_client
from tests.support.problem import assert_problem
from tests.support.services import SERVICES
from tests.users.journeys.accounts import log_in, register

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

GATEWAY = {
    *("requestId", "time", "ip", "userAgent", "protocol", "method", "path", "routeKey", "status", "responseLength"),
    *("responseLatency", "integrationStatus", "integrationLatency", "integrationError", "integrationErrorMessage"),
    "errorMessage",
}


def test_the_line_of_a_stranger_has_exactly_these_keys(deployment: Deployment) -> None:
    answer = deployment.api.get("/users/1", headers={"x-correlation-id": "order-7"})
    left = deployment.invocation_of(answer)
    [line] = left.lines
    assert line.keys() == ACCESS
    assert line["request_id"] == answer.headers["x-request-id"] == answer.headers["apigw-requestid"]
    assert (line["correlation_id"], line["function_request_id"]) == ("order-7", left.id)
    assert (line["level"], line["message"]) == ("INFO", "request")
    assert (line["method"], line["route"], line["status"]) == ("GET", "/users/{user_id}", 200)
    assert (line["service"], line["function_name"], line["environment"]) == ("users", "bookshelf-dev-users", "dev")
    assert line["version"] != "unpackaged"
    assert line["cold_start"] is left.first
    assert line["traceparent"].startswith(f"00-{line['xray_trace_id'].removeprefix('1-').replace('-', '')}-")


@pytest.mark.parametrize("path", ["/api/v1/users/me", LOANS])
def test_the_line_of_a_user_says_who_by_the_id(deployment: Deployment, path: str) -> None:
    person = register(deployment.api)
    [line] = deployment.invocation_of(deployment.api.get(path, headers=log_in(deployment.api, person))).lines
    assert line.keys() == ACCESS | {"principal_id"}
    assert line["principal_id"] == str(person.id)


def test_the_line_of_a_problem_says_which(deployment: Deployment, signer: Signer) -> None:
    for answer, problem, known in (
        (deployment.api.get("/users/424242"), "user-not-found", set()),
        (deployment.api.get(LOANS), "unauthenticated", set()),
        (deployment.api.get(LOANS, headers=signer.bearer("x", exp=1)), "invalid-token", set()),
        (deployment.api.put(f"{NOWHERE}/loan", headers=signer.bearer(new_id())), "book-not-found", {"principal_id"}),
    ):
        [line] = deployment.invocation_of(answer).lines
        assert line.keys() == ACCESS | {"problem"} | known
        assert (line["status"], line["problem"]) == (answer.status_code, problem)
    [line] = deployment.invocation_of(deployment.api.get("/nowhere/at/all")).lines
    assert line.keys() == ACCESS
    assert (line["status"], line["route"]) == (404, "unmatched")


@pytest.mark.parametrize("service", SERVICES)
def test_a_bug_is_one_error_line_and_a_problem_with_the_request_id(
    deployment: Deployment, dynamodb: "DynamoDBClient", service: str
) -> None:
    answer = bug(deployment, dynamodb, service)
    assert_problem(answer, 500, "internal-error")
    error, access = deployment.invocation_of(answer).lines
    assert error.keys() == ERROR
    assert access.keys() == ACCESS | {"problem"}
    assert (error["level"], error["message"], error["exception_name"]) == ("ERROR", "Unhandled exception", "KeyError")
    assert error["stack_trace"]["frames"][-1].keys() == {"file", "line", "function", "statement"}
    assert error["request_id"] == access["request_id"] == answer.json()["request_id"]
    assert (access["level"], access["status"], access["problem"]) == ("INFO", 500, "internal-error")
    assert access["route"] == ROUTES[service]


@pytest.mark.parametrize("service", SERVICES)
def test_a_bug_says_who_met_it(
    deployment: Deployment, dynamodb: "DynamoDBClient", signer: Signer, service: str
) -> None:
    error, access = deployment.invocation_of(bug(deployment, dynamodb, service, signer.bearer(NUMBER))).lines
    assert error.keys() == ERROR | {"principal_id"}
    assert error["principal_id"] == access["principal_id"] == str(NUMBER)


def test_debug_lines_are_written_when_a_request_fails_and_before_its_own(faulty: Deployment, outage: Outages) -> None:
    assert_problem(outage.users, 503, "database-unavailable")
    debug, access = faulty.invocation_of(outage.users).lines
    assert debug.keys() == COMMON | {"operation", "error"}
    assert (debug["level"], debug["operation"], debug["error"]) == ("DEBUG", "GetItem", THROTTLED)
    assert debug["timestamp"] <= access["timestamp"]
    assert access.keys() == ACCESS | {"problem"}
    assert (access["status"], access["problem"]) == (503, "database-unavailable")


def test_a_line_of_ours_has_keys_of_its_own(faulty: Deployment, outage: Outages) -> None:
    assert_problem(outage.login, 503, "secret-unavailable")
    line, access = faulty.invocation_of(outage.login).lines
    assert line.keys() == COMMON | {"secret", "stage", "reason"}
    assert (line["level"], line["stage"], THROTTLING in line["reason"]) == ("ERROR", "AWSCURRENT", True)
    assert access.keys() == ACCESS | {"problem"}


def test_a_librarys_warning_is_a_line_like_ours(faulty: Deployment, faults: Faults) -> None:
    faults.let("GetItem", MALFORMED)
    answer = faulty.api.get("/users/1")
    assert answer.status_code == 200
    library, access = faulty.invocation_of(answer).lines
    assert library.keys() == LIBRARY | {"exception", "exception_name", "stack_trace"}
    assert (library["level"], library["logger"]) == ("WARNING", "urllib3.connection")
    assert library["request_id"] == access["request_id"]


def test_api_gateways_line_is_joined_by_the_request_id(deployment: Deployment) -> None:
    answer = deployment.api.get("/users/1")
    line = deployment.gateway_line(answer)
    assert line.keys() == GATEWAY
    assert (
        line["requestId"] == deployment.invocation_of(answer).access()["request_id"] == answer.headers["x-request-id"]
    )
    assert (line["path"], line["status"]) == ("/users/1", "200")


@pytest.mark.parametrize(
    ("group", "key"),
    [("/aws/lambda/bookshelf-dev-users", "request_id"), ("/aws/apigateway/bookshelf-dev", "requestId")],
)
def test_lines_are_found_in_their_log_group(deployment: Deployment, session: Session, group: str, key: str) -> None:
    request_id = deployment.api.get("/users/1").headers["apigw-requestid"]
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
    """All that all functions and gateways have logged, by file."""
    files = [file for deployment in deployments for file in deployment.logs.iterdir()]
    assert len(files) == len(deployments) * (len(SERVICES) + 1)
    return {str(file): "\n".join(event["message"] for event in events(file)) for file in files}


def test_every_line_is_json_and_none_is_mangums(texts: dict[str, str]) -> None:
    for text in texts.values():
        assert all(isinstance(json.loads(line), dict) for line in text.splitlines())
        assert "mangum" not in text.lower()
        assert "no application metrics" not in text.lower()
        assert '"logger":"botocore' not in text.replace(" ", "")


def test_nothing_secret_is_in_any_line_of_the_run(texts: dict[str, str], signer: Signer) -> None:
    for name, text in texts.items():
        for secret in (*SECRETS, re.compile(re.escape(signer.key))):
            assert (name, secret.findall(text)) == (name, [])


@pytest.mark.usefixtures("whole_run")
def test_debug_lines_are_those_of_requests_that_failed(deployments: list[Deployment]) -> None:
    """An edit of `test_deployment.py` writes debug lines and succeeds."""
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
def test_every_line_of_the_run_belongs_to_one_line_of_api_gateways(deployments: list[Deployment]) -> None:
    for deployment in deployments:
        served = [one for service in SERVICES for one in invocations(deployment.logs, service) if one.ended]
        asked = Counter(line["requestId"] for line in access_lines(deployment.logs))
        assert set(asked.values()) == {1}
        assert Counter(one.access()["request_id"] for one in served) <= asked
        assert all(line["request_id"] == one.access()["request_id"] for one in served for line in one.lines)
