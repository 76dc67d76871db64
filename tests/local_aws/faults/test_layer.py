"""Faults as boto3 sees them, with a role's credentials on the control plane."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError

from local_aws.control_plane.server import ControlPlane
from tests.local_aws.faults.conftest import Stored, raising
from tests.support.fault_plan import FaultPlan
from tests.support.moto_servers import aws_client

ONCE: dict[str, Any] = {"retries": {"total_max_attempts": 1}}
CAPACITY = "Throughput exceeds the current capacity of your table or index."
RESET = "Connection was closed before we received a valid response"


def get(stored: Stored, **config: Any) -> Any:
    return stored.role.client("dynamodb", **config or ONCE).get_item(TableName=stored.table, Key=stored.key())


def put(stored: Stored, pk: str = "new", **config: Any) -> Any:
    return stored.role.client("dynamodb", **config or ONCE).put_item(TableName=stored.table, Item=stored.key(pk))


def transact(stored: Stored, **config: Any) -> Any:
    new = {"TableName": stored.table, "ConditionExpression": "attribute_not_exists(pk)"}
    items = [{"Put": {**new, "Item": stored.key(pk)}} for pk in ("b", "c")]
    return stored.role.client("dynamodb", **config or ONCE).transact_write_items(TransactItems=items)


def secret(stored: Stored) -> Any:
    return stored.role.client("secretsmanager", **ONCE).get_secret_value(SecretId=stored.secret)


@pytest.mark.parametrize(
    ("kind", "call", "code", "status", "message"),
    [
        ("throttle", get, "ThrottlingException", 400, CAPACITY),
        ("throttle", secret, "ThrottlingException", 400, "Rate exceeded"),
        ("error", put, "InternalServerError", 500, "Internal server error"),
        ("error", transact, "InternalServerError", 500, "Internal server error"),
        ("error", secret, "InternalServiceError", 500, "An error occurred on the server side."),
        ("conflict", put, "TransactionConflictException", 400, "Transaction is ongoing for the item"),
        (
            "in-progress",
            transact,
            "TransactionInProgressException",
            400,
            "The transaction with the given request token is already in progress.",
        ),
        ("table-missing", get, "ResourceNotFoundException", 400, "Requested resource not found"),
        ("table-missing", transact, "ResourceNotFoundException", 400, "Requested resource not found"),
        (
            "secret-missing",
            secret,
            "ResourceNotFoundException",
            400,
            "Secrets Manager can't find the specified secret.",
        ),
    ],
)
def test_error_is_that_of_aws(
    plan: FaultPlan, stored: Stored, kind: str, call: Callable[[Stored], Any], code: str, status: int, message: str
) -> None:
    plan.add({"kind": kind})
    with raising(code, status, message):
        call(stored)
    assert stored.items() == ["a"]
    call(stored)


@pytest.mark.parametrize(
    ("kind", "reason", "message"),
    [
        ("throttle", "ThrottlingError", CAPACITY),
        ("conflict", "TransactionConflict", "Transaction is ongoing for the item"),
    ],
)
def test_transaction_is_cancelled(plan: FaultPlan, stored: Stored, kind: str, reason: str, message: str) -> None:
    plan.add({"kind": kind})
    with raising("TransactionCanceledException", 400, f"specific reasons [{reason}, None]") as raised:
        transact(stored)
    first, second = raised.value.response["CancellationReasons"]
    assert (first["Code"], first["Message"][: len(message)], second) == (reason, message, {"Code": "None"})
    assert stored.items() == ["a"]


def test_error_of_a_rest_protocol_has_its_code_in_the_header(plan: FaultPlan, stored: Stored) -> None:
    traces = stored.role.client("xray", **ONCE)
    plan.add({"kind": "throttle"}, {"kind": "error"})
    with raising("ThrottledException", 429, "Rate exceeded"):
        traces.put_trace_segments(TraceSegmentDocuments=["{}"])
    with raising("InternalFailure", 500, "unknown error"):
        traces.put_trace_segments(TraceSegmentDocuments=["{}"])


def test_error_of_a_query_protocol_is_xml(plan: FaultPlan, stored: Stored) -> None:
    client = stored.role.client("sts", **ONCE)
    plan.add({"kind": "throttle"}, {"kind": "error"})
    with raising("Throttling", 400, "Rate exceeded"):
        client.get_caller_identity()
    with raising("InternalFailure", 500, "unknown error"):
        client.get_caller_identity()


def test_error_has_a_request_id(plan: FaultPlan, stored: Stored) -> None:
    plan.add({"kind": "throttle"})
    with raising("ThrottlingException", 400, CAPACITY) as raised:
        get(stored)
    assert raised.value.response["ResponseMetadata"]["RequestId"]


def test_sdk_retries_a_throttled_call(plan: FaultPlan, stored: Stored) -> None:
    plan.add({"kind": "throttle", "operation": "GetItem"})
    assert get(stored, retries={"mode": "standard", "total_max_attempts": 2})["ResponseMetadata"]["RetryAttempts"] == 1
    [report] = plan.report()
    assert report["calls"] == ["shop-dev-people dynamodb:GetItem"]


def test_delayed_call_is_applied(plan: FaultPlan, stored: Stored) -> None:
    plan.add({"kind": "delay", "seconds": 0.3})
    began = time.monotonic()
    put(stored)
    assert time.monotonic() - began >= 0.3
    assert stored.items() == ["a", "new"]


def test_reset_call_is_not_applied(plan: FaultPlan, stored: Stored) -> None:
    plan.add({"kind": "reset"})
    with pytest.raises(ConnectionClosedError, match=RESET):
        put(stored)
    assert stored.items() == ["a"]
    assert [call[-1] for call in stored.role.calls()] == [0]


def test_call_without_a_response_is_not_applied(plan: FaultPlan, stored: Stored) -> None:
    plan.add({"kind": "reset", "seconds": 1})
    with pytest.raises(ReadTimeoutError):
        put(stored, read_timeout=0.2, **ONCE)
    put(stored, "later")
    assert stored.items() == ["a", "later"]


def test_connection_is_reset_and_not_only_closed(plan: FaultPlan, stored: Stored) -> None:
    plan.add({"kind": "reset"})
    with pytest.raises(ConnectionClosedError) as raised:
        get(stored)
    cause = raised.value.kwargs["error"]
    assert "ConnectionResetError" in repr(cause)


def test_lost_call_is_applied(plan: FaultPlan, stored: Stored) -> None:
    plan.add({"kind": "lost"})
    with pytest.raises(ConnectionClosedError, match=RESET):
        put(stored)
    assert stored.items() == ["a", "new"]
    assert [call[-1] for call in stored.role.calls()] == [200]


def test_malformed_response_is_served_and_its_library_warns(
    plan: FaultPlan, stored: Stored, caplog: pytest.LogCaptureFixture
) -> None:
    plan.add({"kind": "malformed"})
    assert get(stored)["Item"]["pk"] == {"S": "a"}
    assert [(record.name, record.levelname) for record in caplog.records] == [("urllib3.connection", "WARNING")]


def test_late_call_is_applied_when_the_plan_is_cleared(plan: FaultPlan, stored: Stored) -> None:
    plan.add({"kind": "late", "count": 2})
    for pk in ("b", "c"):
        with pytest.raises(ConnectionClosedError, match=RESET):
            put(stored, pk)
    put(stored, "d")
    assert stored.items() == ["a", "d"]
    plan.clear()
    assert stored.items() == ["a", "b", "c", "d"]


def test_late_transaction_is_applied_once(plan: FaultPlan, stored: Stored) -> None:
    plan.add({"kind": "late"})
    transact(stored, retries={"mode": "standard", "total_max_attempts": 2})
    plan.clear()
    assert [call[-1] for call in stored.role.calls()] == [200, 200]
    assert stored.items() == ["a", "b", "c"]


def test_sdk_sends_a_lost_conditional_write_again_and_it_is_refused(plan: FaultPlan, stored: Stored) -> None:
    plan.add({"kind": "lost"})
    client = stored.role.client("dynamodb", retries={"mode": "standard", "total_max_attempts": 2})
    with pytest.raises(ClientError, match="ConditionalCheckFailed"):
        client.put_item(TableName=stored.table, Item=stored.key("new"), ConditionExpression="attribute_not_exists(pk)")
    assert stored.items() == ["a", "new"]


def test_lost_transaction_is_applied_once(plan: FaultPlan, stored: Stored) -> None:
    plan.add({"kind": "lost"})
    answer = transact(stored, retries={"mode": "standard", "total_max_attempts": 2})
    assert answer["ResponseMetadata"]["RetryAttempts"] == 1
    assert stored.items() == ["a", "b", "c"]


DAMAGED = {"pk": {"S": "a"}, "listing": {"S": "all"}, "title": {"SS": ["damaged"]}, "book": {"SS": ["damaged"]}}


def test_items_keep_only_their_keys(plan: FaultPlan, stored: Stored) -> None:
    client = stored.role.client("dynamodb", **ONCE)
    plan.add({"kind": "item", "count": None})
    assert get(stored)["Item"] == DAMAGED
    query = {
        "KeyConditionExpression": "listing = :all",
        "ExpressionAttributeValues": {":all": {"S": "all"}},
        "IndexName": "listing",
    }
    assert client.query(TableName=stored.table, **query)["Items"] == [DAMAGED]
    read = {"Get": {"TableName": stored.table, "Key": stored.key()}}
    assert client.transact_get_items(TransactItems=[read])["Responses"] == [{"Item": DAMAGED}]
    plan.clear()
    assert get(stored)["Item"]["title"] == {"S": "A"}


def test_item_of_a_failed_condition_is_damaged(plan: FaultPlan, stored: Stored) -> None:
    refused = {
        "TableName": stored.table,
        "Item": stored.key(),
        "ConditionExpression": "attribute_not_exists(pk)",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    client = stored.role.client("dynamodb", **ONCE)
    plan.add({"kind": "item", "count": None})
    with pytest.raises(ClientError) as one:
        client.put_item(**refused)
    assert dict(one.value.response)["Item"] == DAMAGED
    with pytest.raises(ClientError) as several:
        client.transact_write_items(TransactItems=[{"Put": refused}])
    cancelled: dict[str, Any] = dict(several.value.response)
    assert cancelled["CancellationReasons"][0]["Item"] == DAMAGED


def test_secret_is_not_json(plan: FaultPlan, stored: Stored) -> None:
    plan.add({"kind": "secret-not-json"})
    assert secret(stored)["SecretString"] == "not JSON"
    assert json.loads(secret(stored)["SecretString"]) == {"key": "value"}


def test_denied_call_is_not_hit(plan: FaultPlan, stored: Stored) -> None:
    plan.add({"kind": "throttle"})
    with raising("AccessDeniedException", 400, "is not authorized to perform: dynamodb:Scan"):
        stored.role.client("dynamodb", **ONCE).scan(TableName=stored.table)
    assert plan.report()[0]["seen"] == 0


def test_operator_is_not_hit_unless_named(plan: FaultPlan, stored: Stored, control_plane: ControlPlane) -> None:
    plan.add({"kind": "throttle"})
    assert stored.items() == ["a"]
    plan.add({"kind": "throttle", "caller": "operator", "operation": "Scan"})
    with (
        aws_client("dynamodb", control_plane.environment, **ONCE) as once,
        raising("ThrottlingException", 400, CAPACITY),
    ):
        once.scan(TableName=stored.table)


CALLER = """
import boto3, sys
endpoint, key, secret, token, table = sys.argv[1:]
client = boto3.client("dynamodb", region_name="eu-central-1", endpoint_url=endpoint, aws_access_key_id=key,
    aws_secret_access_key=secret, aws_session_token=token)
client.put_item(TableName=table, Item={"pk": {"S": "new"}})
print("survived")
"""


@pytest.mark.parametrize(("kind", "items"), [("kill", ["a"]), ("kill-applied", ["a", "new"])])
def test_calling_process_is_killed(
    plan: FaultPlan, stored: Stored, control_plane: ControlPlane, tmp_path: Path, kind: str, items: list[str]
) -> None:
    plan.add({"kind": kind})
    credentials = stored.role.credentials
    arguments = [control_plane.endpoint, credentials.access_key_id, credentials.secret_access_key]
    finished = subprocess.run(
        [sys.executable, "-c", CALLER, *arguments, credentials.session_token, stored.table],
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (finished.returncode, finished.stdout) == (-signal.SIGKILL, ""), finished.stderr
    assert stored.items() == items
