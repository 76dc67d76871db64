"""The contract of `LoanRepository`."""

from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from books.domain import BookNotFound
from books.loan_operations import return_book
from books.loans import BookAlreadyLent, Loan, LoanNotFound, NotYourLoan
from tests.books.examples import MORNING, book, loan
from tests.books.repositories import Repositories, all_of
from tests.support.eventually import eventually
from tests.support.racing import race


@pytest.fixture(autouse=True)
def _one_book(repositories: Repositories) -> None:
    repositories.books.add(book(1))


def test_lent_book_cannot_be_lent_again_and_the_borrower_is_not_disclosed(repositories: Repositories) -> None:
    assert repositories.loans.lend(loan(1, "4711")) == loan(1, "4711")
    with pytest.raises(BookAlreadyLent) as rejection:
        repositories.loans.lend(loan(1, "2"))
    assert "4711" not in rejection.value.detail
    eventually(lambda: all_of(repositories.loans.of, "4711"), [loan(1, "4711")])
    assert all_of(repositories.loans.of, "2") == []


def test_second_request_of_the_borrower_gets_the_first_loan(repositories: Repositories) -> None:
    first = repositories.loans.lend(loan(1))
    again = replace(first, lent_at=first.lent_at + timedelta(hours=1))
    assert repositories.loans.lend(again) == first
    eventually(lambda: all_of(repositories.loans.of, "1"), [first])


def test_repeated_loan_is_idempotent(repositories: Repositories) -> None:
    assert repositories.loans.lend(loan(1)) == repositories.loans.lend(loan(1)) == loan(1)


@pytest.mark.parametrize("moment", [timedelta(0), timedelta(microseconds=1), timedelta(milliseconds=1)])
def test_time_of_loan_is_stored_exactly(repositories: Repositories, moment: timedelta) -> None:
    lent = Loan(book_id=book(1).id, borrower="1", lent_at=MORNING + moment)
    repositories.loans.lend(lent)
    eventually(lambda: all_of(repositories.loans.of, "1"), [lent])


def test_lending_does_not_change_the_book(repositories: Repositories) -> None:
    repositories.loans.lend(loan(1))
    assert repositories.books.get(book(1).id) == book(1)


def test_returned_book_can_be_lent_again(repositories: Repositories) -> None:
    repositories.loans.lend(loan(1, "1"))
    repositories.loans.end(book(1).id, borrower="1")
    assert repositories.loans.lend(loan(1, "2")) == loan(1, "2")
    eventually(lambda: (all_of(repositories.loans.of, "1"), all_of(repositories.loans.of, "2")), ([], [loan(1, "2")]))


def test_unknown_book_cannot_be_lent_or_returned(repositories: Repositories) -> None:
    with pytest.raises(BookNotFound, match=book(2).id):
        repositories.loans.lend(loan(2))
    with pytest.raises(BookNotFound, match=book(2).id):
        repositories.loans.end(book(2).id, borrower="1")
    with pytest.raises(BookNotFound):
        repositories.books.get(book(2).id)


def test_book_that_is_not_lent_cannot_be_returned(repositories: Repositories) -> None:
    for borrower in ("1", None):
        with pytest.raises(LoanNotFound):
            repositories.loans.end(book(1).id, borrower=borrower)


def test_loan_of_another_borrower_is_not_ended(repositories: Repositories) -> None:
    repositories.loans.lend(loan(1, "1"))
    with pytest.raises(NotYourLoan) as rejection:
        return_book(repositories.loans, book(1).id, borrower="2")
    assert rejection.value.scope == "books:admin"
    assert repositories.loans.lend(loan(1, "1")) == loan(1, "1")


@pytest.mark.parametrize("borrower", ["1", None])
def test_loan_is_ended_by_the_borrower_and_by_an_administrator(
    repositories: Repositories, borrower: str | None
) -> None:
    repositories.loans.lend(loan(1, "1"))
    return_book(repositories.loans, book(1).id, borrower=borrower)
    with pytest.raises(LoanNotFound):
        return_book(repositories.loans, book(1).id, borrower=borrower)
    eventually(lambda: all_of(repositories.loans.of, "1"), [])


def test_changed_book_stays_lent(repositories: Repositories) -> None:
    repositories.loans.lend(loan(1))
    assert repositories.books.replace(
        book(1), book(1).changed(now=MORNING, title="GEB", tags=["minds"], isbn="0-306-40615-2")
    )
    with pytest.raises(BookAlreadyLent):
        repositories.loans.lend(loan(1, "2"))
    assert all_of(repositories.loans.of, "1") == [loan(1)]


def test_loans_of_a_borrower_are_listed_newest_first(repositories: Repositories) -> None:
    for number in range(2, 8):
        repositories.books.add(book(number))
    for number in (5, 2, 7, 1):
        repositories.loans.lend(loan(number))
    for number in (3, 6):
        repositories.loans.lend(loan(number, "11"))
    expected = [loan(number) for number in (7, 5, 2, 1)]
    for limit in (1, 2, 3, 4, 5):
        eventually(partial(all_of, repositories.loans.of, "1", limit=limit), expected)
    eventually(lambda: all_of(repositories.loans.of, "11", limit=1), [loan(6, "11"), loan(3, "11")])
    assert all_of(repositories.loans.of, "3") == []


@pytest.mark.parametrize("count", [2, 16])
def test_one_of_concurrent_borrowers_gets_the_book(repositories: Repositories, count: int) -> None:
    requested = [loan(1, f"user {number}") for number in range(count)]
    results = race(*(partial(repositories.loans.lend, each) for each in requested))
    [lent] = [result for result in results if isinstance(result, Loan)]
    assert results.index(lent) == requested.index(lent)
    assert sum(isinstance(result, BookAlreadyLent) for result in results) == count - 1
    eventually(lambda: [all_of(repositories.loans.of, each.borrower) for each in requested].count([]), count - 1)
    assert all_of(repositories.loans.of, lent.borrower) == [lent]


def test_concurrent_requests_of_one_borrower_get_the_same_loan(repositories: Repositories) -> None:
    requested = [replace(loan(1), lent_at=MORNING + timedelta(seconds=number)) for number in range(8)]
    results = race(*(partial(repositories.loans.lend, each) for each in requested))
    assert len({result.position for result in results if isinstance(result, Loan)}) == 1
    eventually(lambda: all_of(repositories.loans.of, "1"), results[:1])


def test_one_of_concurrent_returns_ends_the_loan(repositories: Repositories) -> None:
    repositories.loans.lend(loan(1))
    results = race(
        *(partial(repositories.loans.end, book(1).id, borrower=borrower) for borrower in ("1", "1", None, None))
    )
    assert results.count(None) == 1
    assert sum(isinstance(result, LoanNotFound) for result in results) == 3
