"""The demo data: what the services read from it, and that loading it again changes nothing."""

import json
from typing import TYPE_CHECKING, cast

import boto3
import pytest
from moto import mock_aws

from books.repository import DynamoBookRepository
from common.table import Table
from local_aws.demo_data import FOLDER, load_demo_data
from tests.support.tables import key_schema
from users.domain import EmailTaken, User
from users.repository import DynamoUserRepository

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from mypy_boto3_dynamodb import DynamoDBClient


TABLES = {"users": "shop-dev-users", "books": "shop-dev-books"}


@pytest.fixture
def dynamodb() -> "Iterator[DynamoDBClient]":
    """A client whose tables hold the demo data."""
    with mock_aws():
        client: DynamoDBClient = boto3.client("dynamodb")
        for service, name in TABLES.items():
            schema = cast("Any", key_schema(service))
            client.create_table(TableName=name, BillingMode="PAY_PER_REQUEST", **schema)
        load_demo_data(client, TABLES)
        yield client
        client.close()


def test_the_first_users_are_those_of_the_readme(dynamodb: "DynamoDBClient") -> None:
    users = DynamoUserRepository(Table(dynamodb, "shop-dev-users"))
    found = {number: users.get(number) for number in (1, 2)}
    assert {number: (user.email, user.username, user.is_active) for number, user in found.items()} == {
        1: ("cto@example.com", "chief-tech", True),
        2: ("dev@example.com", "lead-dev", True),
    }


def test_a_demo_users_address_is_taken(dynamodb: "DynamoDBClient") -> None:
    users = DynamoUserRepository(Table(dynamodb, "shop-dev-users"))
    first = users.get(1)
    with pytest.raises(EmailTaken):
        users.add(User(id=3, email="CTO@example.com", username="x", is_active=True, created_at=first.created_at))


def test_every_demo_book_can_be_read_and_its_isbn_is_one(dynamodb: "DynamoDBClient") -> None:
    books = DynamoBookRepository(Table(dynamodb, "shop-dev-books"))
    items = json.loads((FOLDER / "books.json").read_text())
    ids = [item["id"] for item in items if item["sk"] == "BOOK"]
    guards = {item["book_id"]: item["pk"] for item in items if item["sk"] == "ISBN"}
    assert len(ids) == 4
    assert set(guards) == set(ids)
    for book in map(books.get, ids):
        assert guards[book.id] == f"ISBN#{book.isbn}"
        assert sum(int(digit) * (1, 3)[place % 2] for place, digit in enumerate(book.isbn)) % 10 == 0


def test_loading_again_keeps_what_was_changed(dynamodb: "DynamoDBClient") -> None:
    key = {"pk": {"S": "USER#1"}, "sk": {"S": "USER"}}
    dynamodb.update_item(
        TableName="shop-dev-users",
        Key=key,
        UpdateExpression="SET username = :name",
        ExpressionAttributeValues={":name": {"S": "renamed"}},
    )
    load_demo_data(dynamodb, TABLES)
    assert dynamodb.get_item(TableName="shop-dev-users", Key=key)["Item"]["username"] == {"S": "renamed"}
    assert dynamodb.scan(TableName="shop-dev-users")["Count"] == 4


def test_a_service_that_is_gone_needs_no_demo_data(dynamodb: "DynamoDBClient") -> None:
    load_demo_data(dynamodb, {"users": "shop-dev-users"})
