"""The demo data: the service can read it, and loading it again changes nothing."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast

import boto3
import pytest

from books.isbn import isbn13
from books.loan_repository import DynamoLoanRepository
from books.loans import Loan
from books.repository import DynamoBookRepository
from common.dynamodb.table import Table
from local_aws.demo_data import load_demo_data
from tests.books.examples import MORNING
from tests.support.mocked_aws import mocked_aws
from tests.support.tables import ROOT, key_schema

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TABLE = "demo-books"
FILE = ROOT / "services" / "books" / "demo.json"


@pytest.fixture
def dynamodb() -> Iterator["DynamoDBClient"]:
    """A client whose table holds the demo data."""
    with mocked_aws():
        client: DynamoDBClient = boto3.client("dynamodb")
        schema = key_schema("books")
        schema.pop("TimeToLiveSpecification", None)
        client.create_table(TableName=TABLE, BillingMode="PAY_PER_REQUEST", **cast("Any", schema))
        load_demo_data(client, {TABLE: FILE})
        yield client
        client.close()


def test_demo_books_decode_and_have_valid_isbns(dynamodb: "DynamoDBClient") -> None:
    books = DynamoBookRepository(Table(dynamodb, TABLE))
    items = [item for group in json.loads(FILE.read_text()) for item in group]
    ids = [item["position"] for item in items if item["sk"] == "BOOK"]
    guards = {item["book_id"]: item["pk"] for item in items if item["sk"] == "ISBN"}
    assert len(ids) == 4
    assert set(guards) == set(ids)
    for book in map(books.get, ids):
        assert guards[book.id] == f"ISBN#{book.isbn}"
        assert isbn13(book.isbn) == book.isbn
        assert book.created_by == "1"


def test_demo_books_are_listed(dynamodb: "DynamoDBClient") -> None:
    books = DynamoBookRepository(Table(dynamodb, TABLE))
    listed = books.page(limit=100).items
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


def test_demo_books_can_be_changed_lent_and_removed(dynamodb: "DynamoDBClient") -> None:
    table = Table(dynamodb, TABLE)
    books, loans = DynamoBookRepository(table), DynamoLoanRepository(table)
    for book in books.page(limit=100).items:
        changed = book.changed(now=MORNING, tags=["new"])
        assert books.replace(book, changed)
        loan = Loan(book_id=book.id, borrower="2", lent_at=book.created_at)
        assert loans.lend(loan) == loan
        loans.end(book.id, borrower="2")
        assert books.remove(changed)
    assert dynamodb.scan(TableName=TABLE)["Count"] == 0


def test_loading_again_does_not_restore_a_removed_tag(dynamodb: "DynamoDBClient") -> None:
    books = DynamoBookRepository(Table(dynamodb, TABLE))
    [book] = books.by_tag("management", limit=1).items
    assert books.replace(book, book.changed(now=MORNING, tags=[]))
    load_demo_data(dynamodb, {TABLE: FILE})
    assert books.by_tag("management", limit=1).items == []
