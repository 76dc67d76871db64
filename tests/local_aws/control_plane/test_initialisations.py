"""Versions whose INIT runs before their use: on the data plane, when they are published or provisioned."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws.control_plane.server import ControlPlane
from tests.local_aws.data_plane.account import Account, a_zip
from tests.local_aws.iam.roles import make_role
from tests.support.deployed.data_plane import data_plane
from tests.support.eventually import eventually
from tests.support.moto_servers import aws_client

NAME = "started"
GOOD = "def handler(event, context):\n    return {}"
BAD = "raise KeyError('TABLE_NAME')"
# Waits until the test closes the connection.
WAITING = f"import socket\nwith socket.create_connection(('127.0.0.1', PORT)) as gate:\n    gate.recv(1)\n{GOOD}"


def waiting(gate: socket.socket) -> str:
    return WAITING.replace("PORT", str(gate.getsockname()[1]))


def let_pass(gate: socket.socket) -> None:
    gate.accept()[0].close()


@pytest.fixture(scope="module")
def control_plane() -> Iterator[ControlPlane]:
    """Return a control plane of these tests' own, because a data plane serves the only API."""
    with ControlPlane() as running:
        yield running


@pytest.fixture
def lambda_(control_plane: ControlPlane, tmp_path: Path) -> Iterator[Any]:
    """Return a client of Lambda, whose function `started` is routed and served."""
    with ExitStack() as stack:
        iam, gateway, lambda_, logs = (
            stack.enter_context(aws_client(name, control_plane.environment))
            for name in ("iam", "apigatewayv2", "lambda", "logs")
        )
        group = f"/aws/lambda/{NAME}"
        logs.create_log_group(logGroupName=group)
        stack.callback(logs.delete_log_group, logGroupName=group)
        account = Account(control_plane.environment, gateway, lambda_)
        settings = {"Handler": "main.handler", "Role": make_role(iam, NAME), "Timeout": 20}
        stack.callback(iam.delete_role, RoleName=NAME)
        live = account.function(NAME, caller="", Code={"ZipFile": a_zip("main.py", GOOD)}, **settings)
        stack.callback(lambda_.delete_function, FunctionName=NAME)
        api = account.api()
        stack.callback(gateway.delete_api, ApiId=api)
        account.route(api, "$default", live)
        gateway.create_stage(ApiId=api, StageName="$default", AutoDeploy=True)
        plane = stack.enter_context(data_plane(control_plane.environment, tmp_path / "work"))
        control_plane.invoke_on(plane.admin_url)
        yield lambda_


def publish(lambda_: Any, source: str) -> str:
    lambda_.update_function_code(FunctionName=NAME, ZipFile=a_zip("main.py", source))
    version: str = lambda_.publish_version(FunctionName=NAME)["Version"]
    return version


def state(lambda_: Any, version: str) -> tuple[str, str, str | None]:
    found = lambda_.get_function_configuration(FunctionName=NAME, Qualifier=version)
    return found["State"], found["LastUpdateStatus"], found.get("StateReasonCode")


def provisioned(lambda_: Any, qualifier: str) -> tuple[str, str | None]:
    found = lambda_.get_provisioned_concurrency_config(FunctionName=NAME, Qualifier=qualifier)
    return found["Status"], found.get("StatusReason")


def test_version_whose_init_fails_under_snapstart_is_failed(lambda_: Any) -> None:
    lambda_.update_function_configuration(FunctionName=NAME, SnapStart={"ApplyOn": "PublishedVersions"})
    bad = publish(lambda_, BAD)
    eventually(lambda: state(lambda_, bad), ("Failed", "Failed", "FunctionError.RuntimeInitError"))
    with pytest.raises(ClientError, match="currently in the following state: Failed"):
        lambda_.update_alias(FunctionName=NAME, Name="live", FunctionVersion=bad)
    good = publish(lambda_, GOOD)
    eventually(lambda: state(lambda_, good), ("Active", "Successful", None))
    lambda_.update_alias(FunctionName=NAME, Name="live", FunctionVersion=good)


def test_version_is_pending_until_its_init_has_run(lambda_: Any) -> None:
    lambda_.update_function_configuration(FunctionName=NAME, SnapStart={"ApplyOn": "PublishedVersions"})
    with socket.create_server(("127.0.0.1", 0)) as gate:
        version = publish(lambda_, waiting(gate))
        assert state(lambda_, version) == ("Pending", "InProgress", "Creating")
        let_pass(gate)
        eventually(lambda: state(lambda_, version), ("Active", "Successful", None))


def test_provisioned_concurrency_of_a_version_whose_init_fails_is_failed(lambda_: Any) -> None:
    bad = publish(lambda_, BAD)
    lambda_.put_provisioned_concurrency_config(FunctionName=NAME, Qualifier=bad, ProvisionedConcurrentExecutions=1)
    eventually(lambda: provisioned(lambda_, bad), ("FAILED", "FUNCTION_ERROR_INIT_FAILURE"))


def test_alias_with_provisioned_concurrency_is_weighted_until_the_new_version_is_ready(lambda_: Any) -> None:
    lambda_.put_provisioned_concurrency_config(FunctionName=NAME, Qualifier="live", ProvisionedConcurrentExecutions=1)
    with socket.create_server(("127.0.0.1", 0)) as gate:
        version = publish(lambda_, waiting(gate))
        lambda_.update_alias(FunctionName=NAME, Name="live", FunctionVersion=version)
        alias = lambda_.get_alias(FunctionName=NAME, Name="live")
        assert alias["RoutingConfig"] == {"AdditionalVersionWeights": {"1": 1.0}}
        with pytest.raises(ClientError, match="Alias with weights can not be used with Provisioned Concurrency"):
            lambda_.put_provisioned_concurrency_config(
                FunctionName=NAME, Qualifier="live", ProvisionedConcurrentExecutions=2
            )
        let_pass(gate)
        eventually(lambda: "RoutingConfig" in lambda_.get_alias(FunctionName=NAME, Name="live"), False)


def test_alias_with_provisioned_concurrency_stays_weighted_if_the_new_version_fails(lambda_: Any) -> None:
    lambda_.put_provisioned_concurrency_config(FunctionName=NAME, Qualifier="live", ProvisionedConcurrentExecutions=1)
    eventually(lambda: provisioned(lambda_, "live"), ("READY", None))
    lambda_.update_alias(FunctionName=NAME, Name="live", FunctionVersion=publish(lambda_, BAD))
    eventually(lambda: provisioned(lambda_, "live"), ("FAILED", "FUNCTION_ERROR_INIT_FAILURE"))
    with pytest.raises(ClientError, match="Invalid alias configuration for Provisioned Concurrency"):
        lambda_.update_alias(FunctionName=NAME, Name="live", FunctionVersion=publish(lambda_, GOOD))
