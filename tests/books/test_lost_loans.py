"""A loan is not undone by a repeated attempt of an earlier request whose response was lost."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from books.loan_repository import DynamoLoanRepository
from books.loans import BookAlreadyLent
from books.repository import DynamoBookRepository
from common.dynamodb.table import Table
from tests.books.examples import book, loan
from tests.support.lost_responses import LostResponses
from tests.support.tables import table_on


@pytest.fixture
def table() -> Iterator[Table]:
    with table_on("moto", "books") as table:
        DynamoBookRepository(table).add(book(1))
        yield table


@pytest.fixture
def loans(table: Table) -> DynamoLoanRepository:
    """Return the repository of the callers whose responses arrive."""
    return DynamoLoanRepository(table)


@contextmanager
def losing_the_first_response(table: Table, meanwhile: Callable[[], object]) -> Iterator[DynamoLoanRepository]:
    """Yield a repository whose next write is applied without a response; `meanwhile` runs before it is repeated."""
    responses = LostResponses(table._client)

    def pause(_: float) -> None:
        meanwhile()

    repeating = Table(table._client, table._name, pause)
    with responses.losing(1):
        yield DynamoLoanRepository(repeating)


@pytest.mark.parametrize("borrower", ["1", None], ids=["by the borrower", "by an administrator"])
def test_repeated_return_does_not_end_the_next_loan(
    table: Table, loans: DynamoLoanRepository, borrower: str | None
) -> None:
    loans.lend(loan(1, "1"))
    next_borrower = borrower or "2"
    with losing_the_first_response(table, lambda: loans.lend(loan(1, next_borrower))) as repeating:
        repeating.end(book(1).id, borrower=borrower)
    with pytest.raises(BookAlreadyLent):
        loans.lend(loan(1, "3"))


def test_repeated_loan_does_not_lend_a_returned_book_again(table: Table, loans: DynamoLoanRepository) -> None:
    with losing_the_first_response(table, lambda: loans.end(book(1).id, borrower="1")) as repeating:
        repeating.lend(loan(1, "1"))
    assert loans.lend(loan(1, "2")) == loan(1, "2")
