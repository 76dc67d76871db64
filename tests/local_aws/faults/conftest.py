"""The control plane's plan of faults, and a role that they hit."""

import json
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws.control_plane.server import ControlPlane
from tests.local_aws.iam.roles import ACCOUNT, Role
from tests.support.fault_plan import FaultPlan
from tests.support.moto_servers import aws_client

ACTIONS = ("ConditionCheckItem", "DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem")


@dataclass(frozen=True)
class Stored:
    """A table with an item and a secret, which the role may use."""

    table: str
    secret: str
    operator: Any
    role: Role

    def key(self, pk: str = "a") -> dict[str, Any]:
        """Return a key of the table."""
        return {"pk": {"S": pk}}

    def items(self) -> list[str]:
        """Return the keys of all items, as the operator reads them."""
        return sorted(item["pk"]["S"] for item in self.operator.scan(TableName=self.table)["Items"])


@pytest.fixture
def plan(control_plane: ControlPlane) -> Iterator[FaultPlan]:
    with closing(FaultPlan.of(control_plane)) as plan:
        yield plan
        plan.clear()


@pytest.fixture
def stored(control_plane: ControlPlane, role: Role) -> Iterator[Stored]:
    name = f"faults-{uuid.uuid4()}"
    with (
        aws_client("dynamodb", control_plane.environment) as dynamodb,
        aws_client("secretsmanager", control_plane.environment) as secrets,
    ):
        attributes = [{"AttributeName": attribute, "AttributeType": "S"} for attribute in ("pk", "listing")]
        dynamodb.create_table(
            TableName=name,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=attributes,
            GlobalSecondaryIndexes=[
                {
                    "IndexName": "listing",
                    "KeySchema": [{"AttributeName": "listing", "KeyType": "HASH"}],
                    "Projection": {"ProjectionType": "ALL"},
                }
            ],
        )
        item = {"pk": {"S": "a"}, "listing": {"S": "all"}, "title": {"S": "A"}, "book": {"M": {"year": {"N": "1"}}}}
        dynamodb.put_item(TableName=name, Item=item)
        arn = secrets.create_secret(Name=name, SecretString=json.dumps({"key": "value"}))["ARN"]
        table = f"arn:aws:dynamodb:eu-central-1:{ACCOUNT}:table/{name}"
        role.may(
            {
                table: [f"dynamodb:{action}" for action in ACTIONS],
                f"{table}/index/listing": ["dynamodb:Query"],
                arn: ["secretsmanager:GetSecretValue"],
                "*": ["xray:PutTraceSegments"],
            }
        )
        yield Stored(name, arn, dynamodb, role)
        dynamodb.delete_table(TableName=name)


@contextmanager
def raising(code: str, status: int, message: str) -> Iterator[Any]:
    """Expect this error of AWS."""
    with pytest.raises(ClientError) as raised:
        yield raised
    response: dict[str, Any] = dict(raised.value.response)
    error = response["Error"]
    assert (error["Code"], response["ResponseMetadata"]["HTTPStatusCode"]) == (code, status)
    assert message in error["Message"]
