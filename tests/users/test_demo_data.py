"""The demo data: the service can read it, and loading it again changes nothing."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast

import boto3
import pytest

from common.dynamodb.table import Table
from local_aws.demo_data import load_demo_data
from tests.support.mocked_aws import mocked_aws
from tests.support.tables import ROOT, key_schema
from users.domain import EmailTaken, User
from users.repository import DynamoUserRepository
from users.schemas import UserCreate

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TABLE = "demo-users"
FILE = ROOT / "services" / "users" / "demo.json"


@pytest.fixture
def dynamodb() -> Iterator["DynamoDBClient"]:
    """A client whose table holds the demo data."""
    with mocked_aws():
        client: DynamoDBClient = boto3.client("dynamodb")
        schema = key_schema("users")
        schema.pop("TimeToLiveSpecification", None)
        client.create_table(TableName=TABLE, BillingMode="PAY_PER_REQUEST", **cast("Any", schema))
        load_demo_data(client, {TABLE: FILE})
        yield client
        client.close()


def test_first_demo_users_are_those_of_the_readme(dynamodb: "DynamoDBClient") -> None:
    users = DynamoUserRepository(Table(dynamodb, TABLE))
    found = {number: users.get(number) for number in (1, 2)}
    assert {number: (user.email, user.username, user.is_active) for number, user in found.items()} == {
        1: ("cto@example.com", "chief-tech", True),
        2: ("dev@example.com", "lead-dev", True),
    }


def test_demo_users_are_listed(dynamodb: "DynamoDBClient") -> None:
    users = DynamoUserRepository(Table(dynamodb, TABLE))
    assert users.page(limit=100, after=None) == ([users.get(2), users.get(1)], None)


def test_address_of_a_demo_user_is_taken(dynamodb: "DynamoDBClient") -> None:
    users = DynamoUserRepository(Table(dynamodb, TABLE))
    first = users.get(1)
    with pytest.raises(EmailTaken):
        users.add(User(id=3, email="CTO@example.com", username="x", is_active=True, created_at=first.created_at))


def test_loading_again_keeps_changes(dynamodb: "DynamoDBClient") -> None:
    key = {"pk": {"S": "USER#1"}, "sk": {"S": "USER"}}
    dynamodb.update_item(
        TableName=TABLE,
        Key=key,
        UpdateExpression="SET username = :name",
        ExpressionAttributeValues={":name": {"S": "renamed"}},
    )
    load_demo_data(dynamodb, {TABLE: FILE})
    assert dynamodb.get_item(TableName=TABLE, Key=key)["Item"]["username"] == {"S": "renamed"}
    assert dynamodb.scan(TableName=TABLE)["Count"] == 4


def test_example_of_a_new_user_is_not_in_the_demo_data(dynamodb: "DynamoDBClient") -> None:
    users = DynamoUserRepository(Table(dynamodb, TABLE))
    assert {users.id_of(example["email"]) for example in UserCreate.model_json_schema()["examples"]} == {None}
