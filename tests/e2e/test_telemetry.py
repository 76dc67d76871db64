"""What the packaged functions leave in logs and traces."""

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from local_aws.session import Session
from tests.support.moto_servers import aws_client

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

FUNCTION = "bookshelf-dev-users"
SECONDS = 60.0


def messages(logs: Path) -> list[str]:
    """What the users function has written: each line of the file is an event as CloudWatch Logs returns it."""
    lines = (logs / f"{FUNCTION}.jsonl").read_text().splitlines()
    return [json.loads(line)["message"] for line in lines]


def lines_of(logs: Path, request_id: str) -> list[dict[str, Any]]:
    """Every line that the users function wrote for a request, once its access line is there."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        lines = [line for line in messages(logs) if request_id in line]
        written = [json.loads(line) for line in lines if "_aws" not in line]
        if any(line.get("message") == "request" for line in written):
            return written
        time.sleep(0.05)
    raise AssertionError(f"no access line for {request_id}")


def trace(session: Session, trace_id: str, *expected: str) -> dict[str, dict[str, Any]]:
    """The segments of a trace by origin or name, once the expected ones are there: each arrives by itself."""
    deadline = time.monotonic() + SECONDS
    found: dict[str, dict[str, Any]] = {}
    while not set(expected) <= set(found) and time.monotonic() < deadline:
        documents = httpx2.get(f"{session.admin_url}/traces/{trace_id}").json().get("segments", [])
        found = {document.get("origin", document["name"]): document for document in documents}
        time.sleep(0.05)
    return found


def test_one_access_line_carries_the_ids_the_route_and_the_status(api: httpx2.Client, logs: Path) -> None:
    answer = api.get("/users/1", headers={"x-correlation-id": "order-7"})
    request_id = answer.headers["x-request-id"]
    [line] = lines_of(logs, request_id)
    assert line["request_id"] == request_id
    assert line["correlation_id"] == "order-7"
    assert line["function_request_id"]
    assert (line["method"], line["route"], line["status"]) == ("GET", "/users/{user_id}", 200)
    assert (line["service"], line["function_name"], line["environment"]) == ("users", FUNCTION, "dev")
    assert line["traceparent"].startswith(f"00-{line['xray_trace_id'].removeprefix('1-').replace('-', '')}-")
    assert line.keys() == {
        *("level", "location", "message", "timestamp", "service", "environment", "version", "cold_start"),
        *("function_name", "function_memory_size", "function_arn", "function_request_id", "xray_trace_id"),
        *("request_id", "correlation_id", "traceparent", "method", "route", "status", "duration_ms"),
    }


@pytest.mark.parametrize(
    ("group", "key"), [(f"/aws/lambda/{FUNCTION}", "request_id"), ("/aws/apigateway/bookshelf-dev", "requestId")]
)
def test_lines_are_found_in_their_log_group(api: httpx2.Client, session: Session, group: str, key: str) -> None:
    request_id = api.get("/users/1").headers["apigw-requestid"]
    deadline = time.monotonic() + SECONDS
    found: list[str] = []
    with aws_client("logs", session.control_plane) as logs:
        while not found and time.monotonic() < deadline:
            events = logs.filter_log_events(logGroupName=group, filterPattern=f'"{request_id}"')["events"]  # as `tail`
            found = [event["message"] for event in events if request_id in event["message"]]
            time.sleep(0.05)
    assert request_id in [json.loads(message).get(key) for message in found]


def test_every_line_of_the_function_is_json_and_none_is_mangums(api: httpx2.Client, logs: Path) -> None:
    answer = api.get("/users/1")
    lines_of(logs, answer.headers["x-request-id"])
    lines = messages(logs)
    assert all(isinstance(json.loads(line), dict) for line in lines)
    text = "\n".join(lines).lower()
    assert "mangum" not in text
    assert "botocore." not in text
    assert "no application metrics" not in text


def test_a_bug_is_one_error_line_and_a_problem_with_the_request_id(
    api: httpx2.Client, logs: Path, dynamodb: "DynamoDBClient", session: Session
) -> None:
    dynamodb.put_item(TableName="bookshelf-dev-users", Item={"pk": {"S": "USER#13"}, "sk": {"S": "USER"}})
    trace_id = "1-67891234-abcdef012345678912345678"
    answer = api.get("/users/13", headers={"x-amzn-trace-id": f"Root={trace_id};Parent=53995c3f42cd8ad8;Sampled=1"})
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["request_id"] == answer.headers["x-request-id"]
    lines = lines_of(logs, answer.headers["x-request-id"])
    errors = [line for line in lines if line.get("level") == "ERROR"]
    assert [error["exception_name"] for error in errors] == ["KeyError"]
    handler = trace(session, trace_id, "## handler")["## handler"]
    assert handler["fault"] is True
    assert handler["cause"]["exceptions"][0]["type"] == "KeyError"


def test_a_trace_shows_the_function_the_handler_and_the_call_of_dynamodb(api: httpx2.Client, session: Session) -> None:
    trace_id = "1-67891233-abcdef012345678912345678"
    header = {"x-amzn-trace-id": f"Root={trace_id};Parent=53995c3f42cd8ad8;Sampled=1"}
    assert api.get("/users/1", headers=header).status_code == 200
    expected = ["AWS::Lambda", "AWS::Lambda::Function", "## handler", "dynamodb"]
    found = trace(session, trace_id, *expected)
    service, function, handler, call = (found[name] for name in expected)
    assert service["parent_id"] == "53995c3f42cd8ad8"
    assert function["parent_id"] == service["id"]
    assert handler["parent_id"] == function["id"]
    assert call["parent_id"] == handler["id"]
    assert "metadata" not in handler  # Powertools would put the answer there
    assert (call["aws"]["operation"], call["aws"]["table_name"]) == ("GetItem", "bookshelf-dev-users")
