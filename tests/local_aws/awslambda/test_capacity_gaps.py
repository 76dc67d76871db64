"""SnapStart and provisioned concurrency on the control plane, without a data plane that could fail."""

import io
import json
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws.control_plane.server import ControlPlane
from tests.support.moto_servers import aws_client, moto_in_this_process

NAME = "sized"


def code(text: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("main.py", text)
    return buffer.getvalue()


@pytest.fixture
def lambda_(control_plane: ControlPlane) -> Iterator[Any]:
    """Return a client; the function `sized` has the version 1 and the alias `live`."""
    with ExitStack() as stack:
        iam, client = (stack.enter_context(aws_client(name, control_plane.environment)) for name in ("iam", "lambda"))
        role = iam.create_role(RoleName=NAME, AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17"}))["Role"]
        settings = {"FunctionName": NAME, "Role": role["Arn"], "Runtime": "python3.13", "Handler": "main.handler"}
        client.create_function(**settings, Code={"ZipFile": code("1")}, Publish=True)
        client.create_alias(FunctionName=NAME, Name="live", FunctionVersion="1")
        yield client
        client.delete_function(FunctionName=NAME)
        iam.delete_role(RoleName=NAME)


def put(lambda_: Any, qualifier: str, executions: int) -> Any:
    return lambda_.put_provisioned_concurrency_config(
        FunctionName=NAME, Qualifier=qualifier, ProvisionedConcurrentExecutions=executions
    )


def listed(lambda_: Any) -> dict[str, int]:
    configs = lambda_.list_provisioned_concurrency_configs(FunctionName=NAME)["ProvisionedConcurrencyConfigs"]
    return {
        config["FunctionArn"].rpartition(":")[2]: config["RequestedProvisionedConcurrentExecutions"]
        for config in configs
    }


# When a test of plain moto fails, moto has filled a gap: delete its part of awslambda/capacity_gaps.py.


def test_plain_moto_lacks_snapstart_and_provisioned_concurrency() -> None:
    once = {"total_max_attempts": 1}
    with moto_in_this_process() as environment, aws_client("lambda", environment, retries=once) as client:
        with aws_client("iam", environment) as iam:
            role = iam.create_role(RoleName=NAME, AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17"}))
        made = client.create_function(
            FunctionName=NAME,
            Role=role["Role"]["Arn"],
            Runtime="python3.13",
            Handler="main.handler",
            Code={"ZipFile": code("1")},
            SnapStart={"ApplyOn": "PublishedVersions"},
        )
        assert made["SnapStart"]["ApplyOn"] == "None"
        with pytest.raises(ClientError):
            client.list_provisioned_concurrency_configs(FunctionName=NAME)


def test_snapstart_applies_to_published_versions(lambda_: Any) -> None:
    lambda_.update_function_configuration(FunctionName=NAME, SnapStart={"ApplyOn": "PublishedVersions"})
    version = lambda_.publish_version(FunctionName=NAME)
    assert (version["Version"], version["State"]) == ("2", "Active")
    found = {
        qualifier: lambda_.get_function_configuration(FunctionName=NAME, Qualifier=qualifier)["SnapStart"]
        for qualifier in ("$LATEST", "1", "2")
    }
    assert found == {
        "$LATEST": {"ApplyOn": "PublishedVersions", "OptimizationStatus": "Off"},
        "1": {"ApplyOn": "None", "OptimizationStatus": "Off"},
        "2": {"ApplyOn": "PublishedVersions", "OptimizationStatus": "On"},
    }
    with pytest.raises(ClientError, match="not supported for functions enabled with SnapStart"):
        put(lambda_, "2", 1)


def test_provisioned_concurrency_is_stored_listed_and_deleted(lambda_: Any) -> None:
    assert put(lambda_, "live", 2)["Status"] == "IN_PROGRESS"
    put(lambda_, "1", 1)
    assert listed(lambda_) == {"live": 2, "1": 1}
    found = lambda_.get_provisioned_concurrency_config(FunctionName=NAME, Qualifier="live")
    assert (found["Status"], found["AvailableProvisionedConcurrentExecutions"]) == ("READY", 2)
    put(lambda_, "live", 3)
    lambda_.delete_provisioned_concurrency_config(FunctionName=NAME, Qualifier="1")
    assert listed(lambda_) == {"live": 3}
    with pytest.raises(lambda_.exceptions.ProvisionedConcurrencyConfigNotFoundException):
        lambda_.get_provisioned_concurrency_config(FunctionName=NAME, Qualifier="1")


def test_unpublished_code_has_no_provisioned_concurrency(lambda_: Any) -> None:
    with pytest.raises(ClientError, match="cannot be applied to unpublished"):
        put(lambda_, "$LATEST", 1)


def test_all_versions_together_stay_within_the_reservation(lambda_: Any) -> None:
    lambda_.put_function_concurrency(FunctionName=NAME, ReservedConcurrentExecutions=3)
    put(lambda_, "1", 2)
    lambda_.update_function_code(FunctionName=NAME, ZipFile=code("2"))
    version = lambda_.publish_version(FunctionName=NAME)["Version"]
    with pytest.raises(ClientError, match="should not be greater than the reservedConcurrentExecution"):
        put(lambda_, version, 2)
    put(lambda_, version, 1)


def test_weighted_alias_rejects_provisioned_concurrency(lambda_: Any) -> None:
    lambda_.update_function_code(FunctionName=NAME, ZipFile=code("2"))
    lambda_.publish_version(FunctionName=NAME)
    lambda_.update_alias(FunctionName=NAME, Name="live", RoutingConfig={"AdditionalVersionWeights": {"2": 0.1}})
    with pytest.raises(ClientError, match="Alias with weights can not be used with Provisioned Concurrency"):
        put(lambda_, "live", 1)


def test_alias_with_provisioned_concurrency_moves_at_once_without_a_data_plane(lambda_: Any) -> None:
    put(lambda_, "live", 1)
    lambda_.update_function_code(FunctionName=NAME, ZipFile=code("2"))
    version = lambda_.publish_version(FunctionName=NAME)["Version"]
    lambda_.update_alias(FunctionName=NAME, Name="live", FunctionVersion=version)
    alias = lambda_.get_alias(FunctionName=NAME, Name="live")
    assert (alias["FunctionVersion"], "RoutingConfig" in alias) == (version, False)


def test_provisioned_concurrency_is_deleted_with_the_function(lambda_: Any) -> None:
    put(lambda_, "live", 1)
    role = lambda_.get_function_configuration(FunctionName=NAME)["Role"]
    lambda_.delete_function(FunctionName=NAME)
    settings = {"FunctionName": NAME, "Role": role, "Runtime": "python3.13", "Handler": "main.handler"}
    lambda_.create_function(**settings, Code={"ZipFile": code("1")})
    assert listed(lambda_) == {}
