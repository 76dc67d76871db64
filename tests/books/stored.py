"""Callers of the books service, and the items in its table before a request."""

from dataclasses import replace
from typing import Final

from books.domain import Book
from books.loan_repository import DynamoLoanRepository
from books.repository import DynamoBookRepository
from common.dynamodb.table import Table
from tests.books.examples import book, loan
from tests.support.filling import filling
from tests.support.profile import OTHER, OWNER, Role, Store

ALL: Final = "/api/v1/books"
# Subjects of the usual length. The owner has added the books and borrows them.
ROLES: Final = {
    OWNER: Role(subject="108851073249281"),
    OTHER: Role(subject="108851073249282"),
    "books:admin": Role(subject="108851073249283", scopes=("books:admin",)),
}
OWNED: Final = replace(book(1), created_by=ROLES[OWNER].subject)
OTHER_BOOK: Final = replace(book(2), created_by=ROLES[OWNER].subject)


def stored(*books: Book) -> Store:
    """Store these books."""

    def store(table: Table) -> None:
        for each in books:
            DynamoBookRepository(table).add(each)

    return store


def lent(table: Table) -> None:
    """Store a book that is lent to the owner."""
    stored(OWNED)(table)
    DynamoLoanRepository(table).lend(loan(1, ROLES[OWNER].subject))


def filled(count: int) -> Store:
    """Store `count` books of one author and with the same tags, all lent to the owner."""

    def store(table: Table) -> None:
        with filling(table) as filled_table:
            for number in range(count):
                DynamoBookRepository(filled_table).add(replace(book(number), created_by=ROLES[OWNER].subject))
                DynamoLoanRepository(filled_table).lend(loan(number, ROLES[OWNER].subject))

    return store
