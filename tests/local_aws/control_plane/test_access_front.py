"""Enforcement of IAM: boto3 with a role's credentials may make the calls that the role's policies allow."""

import urllib.error
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from botocore.parsers import ResponseParserError

from local_aws.control_plane.server import ControlPlane
from local_aws.iam.credentials import Credentials
from tests.local_aws.iam.roles import ACCOUNT, Role, policy, rejected
from tests.support.moto_servers import aws_client, download

KEY = {"pk": {"S": "a"}}
PEOPLE = f"arn:aws:dynamodb:eu-central-1:{ACCOUNT}:table/people"


def test_changed_policy_takes_effect_at_once(role: Role) -> None:
    put_trace_segments = partial(role.client("xray").put_trace_segments, TraceSegmentDocuments=["{}"])
    rejected(put_trace_segments, status=403)
    role.may({"*": ["xray:PutTraceSegments"]})
    put_trace_segments()
    role.iam.delete_role_policy(RoleName=role.name, PolicyName="service")
    rejected(put_trace_segments, status=403)
    role.iam.delete_role(RoleName=role.name)
    rejected(put_trace_segments, status=403)


def test_unsupported_policy_allows_nothing_and_is_named(role: Role) -> None:
    role.may({"*": ["dynamodb:*"]})
    message = rejected(lambda: role.client("dynamodb").get_item(TableName="people", Key=KEY))
    assert f"role {role.name}, policy service, statement 0 (Grant0): Action 'dynamodb:*' is not evaluated" in message
    role.may({PEOPLE: ["dynamodb:GetItem"]})
    role.iam.attach_role_policy(RoleName=role.name, PolicyArn=managed_policy(role))
    message = rejected(lambda: role.client("dynamodb").get_item(TableName="people", Key=KEY))
    assert "managed policies are not evaluated here" in message


def managed_policy(role: Role) -> str:
    document = policy({"*": ["dynamodb:GetItem"]})
    arn: str = role.iam.create_policy(PolicyName=role.name, PolicyDocument=document)["Policy"]["Arn"]
    return arn


@pytest.mark.parametrize(
    ("service", "method", "arguments", "action", "code", "status"),
    [
        ("dynamodb", "list_tables", {}, "dynamodb:ListTables", "AccessDeniedException", 400),
        (
            "dynamodb",
            "execute_statement",
            {"Statement": "SELECT * FROM people"},
            "dynamodb:ExecuteStatement",
            "AccessDeniedException",
            400,
        ),
        (
            "dynamodbstreams",
            "list_streams",
            {"TableName": "people"},
            "dynamodb:ListStreams",
            "AccessDeniedException",
            400,
        ),
        ("logs", "describe_log_groups", {}, "logs:DescribeLogGroups", "AccessDeniedException", 400),
        ("secretsmanager", "list_secrets", {}, "secretsmanager:ListSecrets", "AccessDeniedException", 400),
        ("ssm", "get_parameter", {"Name": "a"}, "ssm:GetParameter", "AccessDeniedException", 400),
        ("xray", "get_groups", {}, "xray:POST /Groups", "AccessDeniedException", 403),
        ("lambda", "list_functions", {}, "lambda:GET /2015-03-31/functions", "AccessDeniedException", 403),
        ("iam", "list_roles", {}, "iam:ListRoles", "AccessDenied", 403),
        ("sts", "get_session_token", {}, "sts:GetSessionToken", "AccessDenied", 403),
        ("s3", "list_buckets", {}, "s3:GET /", "AccessDenied", 403),
    ],
)
def test_call_with_unknown_permissions_is_denied(
    role: Role, service: str, method: str, arguments: dict[str, Any], action: str, code: str, status: int
) -> None:
    if "/" not in action:
        role.may({"*": [action]})
    message = rejected(lambda: getattr(role.client(service), method)(**arguments), code, status)
    unknown = "because the embedded AWS does not know which permissions the call needs"
    assert message == f"User: {role.session_arn} is not authorized to perform: {action} {unknown}"
    assert [(call[1], call[3], call[4]) for call in role.calls()] == [(action, False, status)]


@pytest.mark.parametrize(
    ("change", "service", "method", "code", "status"),
    [
        ({"access_key_id": "ASIAUNKNOWN"}, "dynamodb", "list_tables", "UnrecognizedClientException", 400),
        ({"session_token": "another"}, "dynamodb", "list_tables", "UnrecognizedClientException", 400),
        ({"session_token": None}, "dynamodb", "list_tables", "UnrecognizedClientException", 400),
        ({"session_token": "another"}, "secretsmanager", "list_secrets", "UnrecognizedClientException", 400),
        ({"session_token": "another"}, "xray", "get_groups", "UnrecognizedClientException", 403),
        ({"session_token": "another"}, "sts", "get_caller_identity", "InvalidClientTokenId", 403),
    ],
)
def test_unknown_credentials_are_rejected(
    role: Role, change: dict[str, Any], service: str, method: str, code: str, status: int
) -> None:
    send = getattr(role.client(service, replace(role.credentials, **change)), method)
    assert rejected(send, code, status) == "The security token included in the request is invalid."
    assert role.calls() == []


def test_action_in_the_body_does_not_change_the_operation(role: Role, control_plane: ControlPlane) -> None:
    with aws_client("dynamodb", control_plane.environment) as operator:
        schema = {"KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}], "BillingMode": "PAY_PER_REQUEST"}
        attributes = [{"AttributeName": "pk", "AttributeType": "S"}]
        operator.create_table(TableName=role.name, AttributeDefinitions=attributes, **schema)
        role.may({f"arn:aws:dynamodb:eu-central-1:{ACCOUNT}:table/{role.name}": ["dynamodb:GetItem"]})
        key = {"pk": {"S": "a&Action=DeleteTable&b"}}
        assert "Item" not in role.client("dynamodb").get_item(TableName=role.name, Key=key)
        assert role.name in operator.list_tables()["TableNames"]
        operator.delete_table(TableName=role.name)


def test_target_header_does_not_change_a_form_request(role: Role) -> None:
    sts = role.client("sts")

    def add_target(request: Any, **_: object) -> None:
        request.headers["X-Amz-Target"] = "x.GetCallerIdentity"

    sts.meta.events.register("before-sign.sts", add_target)
    with pytest.raises(ResponseParserError):  # The error has the format of the other protocol.
        sts.assume_role(RoleArn=role.arn, RoleSessionName="other")
    assert {(call[1], call[3]) for call in role.calls()} == {("sts:GetCallerIdentity", False)}


def test_expired_credentials_are_rejected(role: Role, control_plane: ControlPlane) -> None:
    with aws_client("sts", control_plane.environment, parameter_validation=False) as sts:
        made = sts.assume_role(RoleArn=role.arn, RoleSessionName="shop-dev-people", DurationSeconds=0)["Credentials"]
    expired = Credentials(made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])
    message = rejected(lambda: role.client("dynamodb", expired).list_tables(), "ExpiredTokenException")
    assert message == "The security token included in the request is expired"
    rejected(lambda: role.client("sts", expired).get_caller_identity(), "ExpiredToken", 403)


@pytest.mark.parametrize(
    "path", ["/", "/moto-api/data.json", "/lambda_eu-central-1/functions", "/2015-03-31/functions"]
)
def test_unsigned_request_is_rejected(control_plane: ControlPlane, path: str) -> None:
    with pytest.raises(urllib.error.HTTPError) as raised:
        download(control_plane.endpoint + path)
    with raised.value as response:
        assert response.code == 403
        assert response.headers["x-amzn-ErrorType"] == "MissingAuthenticationTokenException"
