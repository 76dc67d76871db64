"""The demo data: what the services read from it, and that loading it again changes nothing."""

import json
from typing import TYPE_CHECKING, cast

import boto3
import pytest
from moto import mock_aws

from books.isbn import isbn13
from books.loan_repository import DynamoLoanRepository
from books.loans import Loan
from books.repository import DynamoBookRepository
from common.dynamodb.table import Table
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
            schema = key_schema(service)
            schema.pop("TimeToLiveSpecification", None)
            client.create_table(TableName=name, BillingMode="PAY_PER_REQUEST", **cast("Any", schema))
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


def test_the_demo_users_are_listed_as_they_are(dynamodb: "DynamoDBClient") -> None:
    users = DynamoUserRepository(Table(dynamodb, "shop-dev-users"))
    assert users.page(limit=100, after=None) == ([users.get(2), users.get(1)], None)


def test_a_demo_users_address_is_taken(dynamodb: "DynamoDBClient") -> None:
    users = DynamoUserRepository(Table(dynamodb, "shop-dev-users"))
    first = users.get(1)
    with pytest.raises(EmailTaken):
        users.add(User(id=3, email="CTO@example.com", username="x", is_active=True, created_at=first.created_at))


def test_every_demo_book_can_be_read_and_its_isbn_is_one(dynamodb: "DynamoDBClient") -> None:
    books = DynamoBookRepository(Table(dynamodb, "shop-dev-books"))
    items = [item for group in json.loads((FOLDER / "books.json").read_text()) for item in group]
    ids = [item["position"] for item in items if item["sk"] == "BOOK"]
    guards = {item["book_id"]: item["pk"] for item in items if item["sk"] == "ISBN"}
    assert len(ids) == 4
    assert set(guards) == set(ids)
    for book in map(books.get, ids):
        assert guards[book.id] == f"ISBN#{book.isbn}"
        assert isbn13(book.isbn) == book.isbn
        assert book.created_by == "1"


def test_every_demo_book_is_on_the_lists_on_which_it_belongs(dynamodb: "DynamoDBClient") -> None:
    books = DynamoBookRepository(Table(dynamodb, "shop-dev-books"))
    listed = books.newest(limit=100).items
    assert [book.title for book in listed] == [
        "The Mythical Man-Month",
        "Designing Data-Intensive Applications",
        "Domain-Driven Design",
        "The Pragmatic Programmer",
    ]
    for book in listed:
        assert books.get(book.id) == book
        assert books.by_author(book.author, limit=100).items == [book]
    for tag in {tag for book in listed for tag in book.tags}:
        assert books.by_tag(tag, limit=100).items == [book for book in listed if tag in book.tags]


def test_a_demo_book_can_be_changed_lent_and_removed_and_leaves_nothing(dynamodb: "DynamoDBClient") -> None:
    table = Table(dynamodb, "shop-dev-books")
    books, loans = DynamoBookRepository(table), DynamoLoanRepository(table)
    for book in books.newest(limit=100).items:
        changed = book.changed(tags=["new"])
        assert books.replace(book, changed)
        loan = Loan(book_id=book.id, borrower="2", lent_at=book.created_at)
        assert loans.lend(loan) == loan
        loans.end(book.id, borrower="2")
        assert books.remove(changed)
    assert dynamodb.scan(TableName="shop-dev-books")["Count"] == 0


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


def test_loading_again_does_not_bring_back_a_tag_that_a_book_has_lost(dynamodb: "DynamoDBClient") -> None:
    books = DynamoBookRepository(Table(dynamodb, "shop-dev-books"))
    [book] = books.by_tag("management", limit=1).items
    assert books.replace(book, book.changed(tags=[]))
    load_demo_data(dynamodb, TABLES)
    assert books.by_tag("management", limit=1).items == []


def test_a_service_that_is_gone_needs_no_demo_data(dynamodb: "DynamoDBClient") -> None:
    load_demo_data(dynamodb, {"users": "shop-dev-users"})
