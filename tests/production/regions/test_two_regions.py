"""The same environment in two regions of one account: neither changes or needs what belongs to the other."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import boto3
import pytest

from local_aws.terraform.stack import Stack
from monorepo.services import services
from tests.support.applied_stack import Applied, applied_stack
from tests.support.services import PREFIX, REGION

OTHER = "eu-west-1"
SERVICES = [service.name for service in services()]
BOUNDARY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Applied]:
    with applied_stack(tmp_path_factory.mktemp("first")) as stack:
        yield stack


@pytest.fixture(scope="module")
def second(first: Applied, tmp_path_factory: pytest.TempPathFactory) -> Stack:
    """Apply the stack in the other region, with what an account may demand of every role and resource."""
    environment = first.environment | {"AWS_REGION": OTHER, "AWS_DEFAULT_REGION": OTHER}
    policy = client("iam", first).create_policy(PolicyName="boundary", PolicyDocument=json.dumps(BOUNDARY))["Policy"]
    key = client("kms", first, OTHER).create_key()["KeyMetadata"]
    demanded = {
        "permissions_boundary_arn": policy["Arn"],
        "role_path": "/services/",
        "tags": json.dumps({"Team": "shop"}),
        "kms_key_arn": key["Arn"],
    }
    stack = replace(
        first.stack,
        work=tmp_path_factory.mktemp("second"),
        environment=environment,
        variables={**first.stack.variables, **demanded},
    )
    stack.init()
    stack.apply()
    return stack


def client(service: str, applied: Applied, region: str = REGION) -> Any:
    return boto3.client(
        service,
        region_name=region,
        endpoint_url=applied.environment["AWS_ENDPOINT_URL"],
        aws_access_key_id=applied.environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=applied.environment["AWS_SECRET_ACCESS_KEY"],
    )


def test_both_regions_show_no_difference(first: Applied, second: Stack) -> None:
    assert second.plan() is False
    assert first.stack.plan() is False


def test_what_belongs_to_the_account_exists_once_per_region(first: Applied, second: Stack) -> None:
    names = {f"{PREFIX}-{service}-{region}" for service in SERVICES for region in (REGION, OTHER)}
    roles = {role["RoleName"]: role for role in client("iam", first).list_roles()["Roles"]}
    assert names <= roles.keys()
    paths = {name: role["Path"] for name, role in roles.items() if name in names}
    assert paths == {name: "/services/" if name.endswith(OTHER) else "/" for name in names}
    for region in (REGION, OTHER):
        dashboards = client("cloudwatch", first, region).list_dashboards()["DashboardEntries"]
        assert f"{PREFIX}-{region}" in {entry["DashboardName"] for entry in dashboards}
    functions = {arn for _, service in sorted(second.outputs()["functions"].items()) for arn in [service["role_arn"]]}
    assert all(arn.endswith(f"-{OTHER}") for arn in functions)


def test_demands_of_the_account_hold_for_every_resource(first: Applied, second: Stack) -> None:
    boundary, key = second.variables["permissions_boundary_arn"], second.variables["kms_key_arn"]
    for service in SERVICES:
        role = client("iam", first).get_role(RoleName=f"{PREFIX}-{service}-{OTHER}")["Role"]
        assert role["PermissionsBoundary"]["PermissionsBoundaryArn"] == boundary
        assert {"Key": "Team", "Value": "shop"} in role["Tags"]
        table = client("dynamodb", first, OTHER).describe_table(TableName=f"{PREFIX}-{service}")["Table"]
        assert table["SSEDescription"]["KMSMasterKeyArn"] == key
        function = client("lambda", first, OTHER).get_function_configuration(FunctionName=f"{PREFIX}-{service}")
        assert function["KMSKeyArn"] == key
    groups = client("logs", first, OTHER).describe_log_groups()["logGroups"]
    assert {group.get("kmsKeyId") for group in groups} == {key}
    topic = client("sns", first, OTHER).get_topic_attributes(TopicArn=second.outputs()["alarm_topic_arn"])
    assert topic["Attributes"]["KmsMasterKeyId"] == key
    secrets = client("secretsmanager", first, OTHER).list_secrets()["SecretList"]
    assert {secret["KmsKeyId"] for secret in secrets} == {key}


def test_destroying_one_region_leaves_the_other(first: Applied, second: Stack) -> None:
    second.destroy()
    assert client("lambda", first, OTHER).list_functions()["Functions"] == []
    assert first.stack.plan() is False
