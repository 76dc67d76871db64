"""The control plane: a child on loopback that ends with its parent and rejects unsupported operations at once."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import uuid
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError

from local_aws.control_plane.server import ControlPlane, ControlPlaneError
from tests.support.moto_servers import aws_client
from tests.support.racing import race

TOOLS = Path(__file__).parents[3] / "tools"

# Serves until it is killed. Its child holds the same standard error.
PARENT = """
from local_aws.control_plane.server import ControlPlane
with ControlPlane() as plane:
    print(plane.endpoint, flush=True)
    input()
"""


def _connect(endpoint: str, host: str = "127.0.0.1") -> None:
    port = urlsplit(endpoint).port
    assert port is not None
    with socket.create_connection((host, port), timeout=5):
        pass


def test_server_listens_on_loopback_only(control_plane: ControlPlane) -> None:
    assert control_plane.endpoint.startswith("http://127.0.0.1:")
    _connect(control_plane.endpoint)
    with pytest.raises(OSError, match=r"refused|assign|unreachable|timed out"):
        _connect(control_plane.endpoint, "127.0.0.2")


def test_environment_has_all_variables_of_an_aws_tool(control_plane: ControlPlane) -> None:
    key = {name: control_plane.environment[name] for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}
    assert re.fullmatch(r"[A-Z2-7]{20}", key["AWS_ACCESS_KEY_ID"])
    assert len(key["AWS_SECRET_ACCESS_KEY"]) == 40
    assert control_plane.environment == {
        **key,
        "AWS_ENDPOINT_URL": control_plane.endpoint,
        "AWS_REGION": "eu-central-1",
        "AWS_DEFAULT_REGION": "eu-central-1",
    }


def test_account_does_not_depend_on_the_host(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOTO_ACCOUNT_ID", "999999999999")
    with ControlPlane() as another, aws_client("sts", another.environment) as sts:
        assert sts.get_caller_identity()["Account"] == "123456789012"
        endpoint = another.endpoint
    with pytest.raises(ConnectionRefusedError):
        _connect(endpoint)  # The child is gone with the block.


def test_child_ends_when_its_parent_is_killed() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT],
        env={**os.environ, "PYTHONPATH": str(TOOLS)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as parent:
        assert parent.stdout is not None
        assert parent.stderr is not None
        endpoint = parent.stdout.readline().strip()
        _connect(endpoint)
        parent.send_signal(signal.SIGKILL)
        assert parent.stderr.read() == ""  # Ends when the last process that holds it has ended: the child.
    with pytest.raises(ConnectionRefusedError):
        _connect(endpoint)


def test_child_that_does_not_start_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", shutil.which("false"))
    with pytest.raises(ControlPlaneError, match="did not start within a minute"), ControlPlane():
        pytest.fail("entered")


def test_operation_that_moto_lacks_is_rejected_at_once(control_plane: ControlPlane) -> None:
    with (
        aws_client("logs", control_plane.environment) as logs,
        pytest.raises(ClientError, match=r"moto [\d.]+ cannot serve .*DescribeAccountPolicies") as raised,
    ):
        logs.describe_account_policies(policyType="DATA_PROTECTION_POLICY")
    response = raised.value.response["ResponseMetadata"]
    assert (response["HTTPStatusCode"], response["RetryAttempts"]) == (501, 0)


def test_one_of_50_concurrent_transactions_wins(control_plane: ControlPlane) -> None:
    with aws_client("dynamodb", control_plane.environment) as dynamodb:
        table = f"racing-{uuid.uuid4()}"
        dynamodb.create_table(
            TableName=table,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        )
        results = race(*[partial(_claim, dynamodb, table, runner) for runner in range(50)])
        items = dynamodb.scan(TableName=table)["Items"]
    [winner] = [number for number, result in enumerate(results) if not isinstance(result, Exception)]
    losers = [result for result in results if isinstance(result, ClientError)]
    assert [loser.response["Error"]["Code"] for loser in losers] == ["TransactionCanceledException"] * 49
    assert sorted(item["pk"]["S"] for item in items) == ["claim", f"runner-{winner}"]


def _claim(dynamodb: Any, table: str, runner: int) -> None:
    keys = (f"runner-{runner}", "claim")
    dynamodb.transact_write_items(
        TransactItems=[
            {"Put": {"TableName": table, "Item": {"pk": {"S": key}}, "ConditionExpression": "attribute_not_exists(pk)"}}
            for key in keys
        ]
    )
