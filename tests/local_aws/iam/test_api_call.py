"""The permissions of a call: boto3 is denied without any one of them, and succeeds with all."""

import uuid
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from local_aws.control_plane.server import ControlPlane
from tests.local_aws.iam.roles import ACCOUNT, Role, denial, rejected
from tests.support.moto_servers import aws_client

DYNAMODB = f"arn:aws:dynamodb:eu-central-1:{ACCOUNT}:table"
LOGS = f"arn:aws:logs:eu-central-1:{ACCOUNT}:log-group"
KEY = {"pk": {"S": "a"}}


@pytest.fixture(autouse=True, scope="module")
def _tables(control_plane: ControlPlane) -> Iterator[None]:
    with aws_client("dynamodb", control_plane.environment) as dynamodb:
        for name in ("people", "orders"):
            dynamodb.create_table(
                TableName=name,
                BillingMode="PAY_PER_REQUEST",
                KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
                AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in ("pk", "title")],
                GlobalSecondaryIndexes=[
                    {
                        "IndexName": "by_title",
                        "KeySchema": [{"AttributeName": "title", "KeyType": "HASH"}],
                        "Projection": {"ProjectionType": "ALL"},
                    }
                ],
            )
        yield
        for name in ("people", "orders"):
            dynamodb.delete_table(TableName=name)


def put(*tables: str) -> list[dict[str, Any]]:
    return [{"Put": {"TableName": table, "Item": {"pk": {"S": str(uuid.uuid4())}}}} for table in tables]


QUERY = {"KeyConditionExpression": "pk = :pk", "ExpressionAttributeValues": {":pk": {"S": "a"}}}
INDEX_QUERY = {
    "IndexName": "by_title",
    "KeyConditionExpression": "title = :title",
    "ExpressionAttributeValues": {":title": {"S": "a"}},
}
UPDATE = {"UpdateExpression": "SET n = :n", "ExpressionAttributeValues": {":n": {"N": "1"}}}
# Method, arguments, and the action with each resource that it needs, in the order in which they are judged.
CALLS: list[tuple[str, dict[str, Any], list[tuple[str, str]]]] = [
    ("get_item", {"TableName": "people", "Key": KEY}, [("GetItem", "people")]),
    ("get_item", {"TableName": f"{DYNAMODB}/people", "Key": KEY}, [("GetItem", "people")]),
    ("put_item", {"TableName": "people", "Item": KEY}, [("PutItem", "people")]),
    ("update_item", {"TableName": "people", "Key": KEY, **UPDATE}, [("UpdateItem", "people")]),
    ("delete_item", {"TableName": "people", "Key": KEY}, [("DeleteItem", "people")]),
    ("describe_table", {"TableName": "people"}, [("DescribeTable", "people")]),
    ("query", {"TableName": "people", **QUERY}, [("Query", "people")]),
    ("query", {"TableName": "people", **INDEX_QUERY}, [("Query", "people/index/by_title")]),
    ("scan", {"TableName": "people"}, [("Scan", "people")]),
    ("scan", {"TableName": "people", "IndexName": "by_title"}, [("Scan", "people/index/by_title")]),
    ("transact_write_items", {"TransactItems": put("people")}, [("PutItem", "people")]),
    (
        "transact_write_items",
        {
            "TransactItems": [
                {"Delete": {"TableName": "people", "Key": {"pk": {"S": "b"}}}},
                {
                    "ConditionCheck": {
                        "TableName": "orders",
                        "Key": {"pk": {"S": "b"}},
                        "ConditionExpression": "attribute_not_exists(pk)",
                    }
                },
                {
                    "Update": {
                        "TableName": "orders",
                        "Key": {"pk": {"S": "c"}},
                        **UPDATE,
                    }
                },
                *put("people", "people", "orders"),
            ]
        },
        [
            ("DeleteItem", "people"),
            ("ConditionCheckItem", "orders"),
            ("UpdateItem", "orders"),
            ("PutItem", "people"),
            ("PutItem", "orders"),
        ],
    ),
    (
        "transact_get_items",
        {"TransactItems": [{"Get": {"TableName": table, "Key": KEY}} for table in ("people", "orders")]},
        [("GetItem", "people"), ("GetItem", "orders")],
    ),
    (
        "batch_get_item",
        {"RequestItems": {"people": {"Keys": [KEY]}, "orders": {"Keys": [KEY]}}},
        [("BatchGetItem", "people"), ("BatchGetItem", "orders")],
    ),
    (
        "batch_write_item",
        {"RequestItems": {"people": [{"PutRequest": {"Item": KEY}}]}},
        [("BatchWriteItem", "people")],
    ),
]


@pytest.mark.parametrize(("method", "arguments", "needs"), CALLS)
def test_dynamodb_call_needs_all_its_permissions(
    role: Role, method: str, arguments: dict[str, Any], needs: list[tuple[str, str]]
) -> None:
    call = getattr(role.client("dynamodb"), method)
    grants = [(f"{DYNAMODB}/{path}", f"dynamodb:{action}") for action, path in needs]
    for lacking in grants:
        others = [grant for grant in grants if grant != lacking]
        role.may(by_resource([*others, ("*", "dynamodb:DescribeLimits")]))
        assert rejected(lambda: call(**arguments)) == denial(role, lacking[1], lacking[0])
    role.may(by_resource(grants))
    assert call(**arguments)["ResponseMetadata"]["HTTPStatusCode"] == 200
    operation = "".join(word.title() for word in method.split("_"))
    assert role.calls()[-len(grants) :] == [(operation, action, arn, True, 200) for arn, action in grants]
    assert sum(not allowed for _, _, _, allowed, _ in role.calls()) == len(grants)


def by_resource(grants: list[tuple[str, str]]) -> dict[str, list[str]]:
    return {resource: [action for at, action in grants if at == resource] for resource, _ in grants}


def test_denied_transaction_stores_nothing(role: Role) -> None:
    role.may({f"{DYNAMODB}/people": ["dynamodb:PutItem"]})
    items = put("people", "orders")
    rejected(lambda: role.client("dynamodb").transact_write_items(TransactItems=items))
    with aws_client("dynamodb", role.environment) as operator:
        assert "Item" not in operator.get_item(TableName="people", Key=items[0]["Put"]["Item"])


@pytest.mark.parametrize("identify", [str.strip, lambda arn: arn[:-7], lambda _: "jwt-key"])
def test_granted_secret_is_read_by_name_and_by_arn(
    role: Role, control_plane: ControlPlane, secret: str, identify: Callable[[str], str]
) -> None:
    secrets = role.client("secretsmanager")
    with aws_client("secretsmanager", control_plane.environment) as operator:
        other = operator.create_secret(Name=str(uuid.uuid4()), SecretString="theirs")["ARN"]
    role.may({other: ["secretsmanager:GetSecretValue"]})
    message = rejected(lambda: secrets.get_secret_value(SecretId=identify(secret)))
    assert message == denial(role, "secretsmanager:GetSecretValue", secret)
    role.may({secret: ["secretsmanager:GetSecretValue"]})
    assert secrets.get_secret_value(SecretId=identify(secret))["SecretString"] == "ours"
    rejected(lambda: secrets.put_secret_value(SecretId=identify(secret), SecretString="mine"))


@pytest.fixture(scope="module")
def secret(control_plane: ControlPlane) -> str:
    with aws_client("secretsmanager", control_plane.environment) as operator:
        arn: str = operator.create_secret(Name="jwt-key", SecretString="ours")["ARN"]
    return arn


def test_missing_secret_is_denied_by_its_name(role: Role) -> None:
    message = rejected(lambda: role.client("secretsmanager").get_secret_value(SecretId="nowhere"))
    assert message == denial(role, "secretsmanager:GetSecretValue", "nowhere")


def test_lines_are_accepted_only_by_the_granted_log_group(role: Role, control_plane: ControlPlane) -> None:
    with aws_client("logs", control_plane.environment) as operator:
        for name in ("mine", "theirs"):
            operator.create_log_group(logGroupName=f"{role.name}-{name}")
    role.may({f"{LOGS}:{role.name}-mine:*": ["logs:CreateLogStream", "logs:PutLogEvents"]})
    logs = role.client("logs")
    logs.create_log_stream(logGroupName=f"{role.name}-mine", logStreamName="a")
    events = [{"timestamp": 1_795_000_000_000, "message": "hello"}]
    logs.put_log_events(logGroupName=f"{role.name}-mine", logStreamName="a", logEvents=events)
    message = rejected(lambda: logs.create_log_stream(logGroupName=f"{role.name}-theirs", logStreamName="a"))
    assert message == denial(role, "logs:CreateLogStream", f"{LOGS}:{role.name}-theirs:log-stream:a")


def test_segments_are_accepted_only_if_granted(role: Role) -> None:
    xray = role.client("xray")
    message = rejected(lambda: xray.put_trace_segments(TraceSegmentDocuments=["{}"]), status=403)
    assert message == denial(role, "xray:PutTraceSegments", "*")
    role.may({"*": ["xray:PutTraceSegments"]})
    xray.put_trace_segments(TraceSegmentDocuments=["{}"])


def test_get_caller_identity_needs_no_permission(role: Role) -> None:
    assert role.client("sts").get_caller_identity()["Arn"] == role.session_arn
    assert role.calls() == [("GetCallerIdentity", "sts:GetCallerIdentity", "*", True, 200)]


@pytest.mark.parametrize(
    ("action", "arguments"),
    [
        ("ListDeploymentTargets", {}),
        ("BatchGetDeploymentTargets", {"targetIds": ["a"]}),
        ("PutLifecycleEventHookExecutionStatus", {"lifecycleEventHookExecutionId": "e", "status": "Failed"}),
    ],
)
def test_codedeploy_call_of_a_hook_supports_no_resource(role: Role, action: str, arguments: dict[str, Any]) -> None:
    client = role.client("codedeploy")
    method = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in action).removeprefix("_")
    call = partial(getattr(client, method), deploymentId="d-1", **arguments)
    role.may({f"arn:aws:codedeploy:eu-central-1:{ACCOUNT}:deploymentgroup:app/shop": [f"codedeploy:{action}"]})
    assert rejected(call) == denial(role, f"codedeploy:{action}", "*")
    role.may({"*": [f"codedeploy:{action}"]})
    rejected(call, "DeploymentDoesNotExistException")
