"""A loan is not undone by an earlier request: by its repeated attempt, or by one that arrives late."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from books.domain import BookBusy
from books.loan_repository import DynamoLoanRepository
from books.loans import BookAlreadyLent
from books.repository import DynamoBookRepository
from common.aws_calls import ATTEMPTS
from common.dynamodb.client import OutcomeUnknown
from common.dynamodb.table import Table
from common.dynamodb.writes import ItemKey
from tests.books.examples import book, loan
from tests.support.late_attempts import late_writes
from tests.support.lost_responses import LostResponses
from tests.support.tables import table_on

WRITE = 2  # of the calls of a loan or a return; the first one reads the book


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
    with responses.losing(WRITE):
        yield DynamoLoanRepository(repeating)


@pytest.mark.parametrize("borrower", ["1", None], ids=["by the borrower", "by an administrator"])
def test_repeated_return_does_not_end_the_next_loan(
    table: Table, loans: DynamoLoanRepository, borrower: str | None
) -> None:
    loans.lend(loan(1, "1"))
    next_borrower = borrower or "2"
    with (
        losing_the_first_response(table, lambda: loans.lend(loan(1, next_borrower))) as repeating,
        pytest.raises(OutcomeUnknown),
    ):
        repeating.end(book(1).id, borrower=borrower)
    with pytest.raises(BookAlreadyLent):
        loans.lend(loan(1, "3"))


def test_repeated_loan_does_not_lend_a_returned_book_again(table: Table, loans: DynamoLoanRepository) -> None:
    with (
        losing_the_first_response(table, lambda: loans.end(book(1).id, borrower="1")) as repeating,
        pytest.raises(OutcomeUnknown),
    ):
        repeating.lend(loan(1, "1"))
    assert loans.lend(loan(1, "2")) == loan(1, "2")


@pytest.mark.parametrize("borrower", ["1", None], ids=["by the borrower", "by an administrator"])
def test_late_return_does_not_end_the_next_loan(
    table: Table, loans: DynamoLoanRepository, borrower: str | None
) -> None:
    loans.lend(loan(1, "1"))
    with late_writes(table._client) as arrive, pytest.raises(OutcomeUnknown):
        loans.end(book(1).id, borrower=borrower)
    loans.end(book(1).id, borrower=borrower)
    loans.lend(loan(1, "1"))
    assert arrive() == ATTEMPTS
    with pytest.raises(BookAlreadyLent):
        loans.lend(loan(1, "2"))


@pytest.mark.parametrize("lent_before", [False, True], ids=["first loan", "later loan"])
def test_late_loan_does_not_lend_a_returned_book_again(
    table: Table, loans: DynamoLoanRepository, *, lent_before: bool
) -> None:
    if lent_before:
        loans.lend(loan(1, "2"))
        loans.end(book(1).id, borrower="2")
    with late_writes(table._client) as arrive, pytest.raises(OutcomeUnknown):
        loans.lend(loan(1, "1"))
    loans.lend(loan(1, "1"))
    loans.end(book(1).id, borrower="1")
    assert arrive() == ATTEMPTS
    assert loans.lend(loan(1, "2")) == loan(1, "2")


class Raced(Table):
    """A table in which others do something after each read."""

    def __init__(self, table: Table, others: Callable[[], object]) -> None:
        super().__init__(table._client, table._name)
        self._others = others

    def get(self, key: ItemKey) -> dict[str, Any] | None:
        item = super().get(key)
        self._others()
        return item


def test_loan_gives_up_when_others_borrow_and_return_the_book_each_time(
    table: Table, loans: DynamoLoanRepository
) -> None:
    def others() -> None:
        loans.lend(loan(1, "2"))
        loans.end(book(1).id, borrower="2")

    with pytest.raises(BookBusy):
        DynamoLoanRepository(Raced(table, others)).lend(loan(1, "1"))
    assert loans.lend(loan(1, "3")) == loan(1, "3")


def test_return_gives_up_when_others_return_and_borrow_the_book_each_time(
    table: Table, loans: DynamoLoanRepository
) -> None:
    def others() -> None:
        loans.end(book(1).id, borrower="1")
        loans.lend(loan(1, "1"))

    loans.lend(loan(1, "1"))
    with pytest.raises(BookBusy):
        DynamoLoanRepository(Raced(table, others)).end(book(1).id, borrower="1")
    assert loans.lend(loan(1, "1")) == loan(1, "1")
