"""What every `LoanRepository` promises."""

from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from books.domain import BookNotFound
from books.loan_operations import return_book
from books.loans import BookAlreadyLent, Loan, LoanNotFound, NotYourLoan
from tests.books.shelves import MORNING, Shelves, all_of, book, loan
from tests.support.eventually import eventually
from tests.support.racing import race


@pytest.fixture(autouse=True)
def _one_book(shelves: Shelves) -> None:
    shelves.books.add(book(1))


def test_a_lent_book_cannot_be_lent_again_and_nobody_is_named(shelves: Shelves) -> None:
    assert shelves.loans.lend(loan(1, "4711")) == loan(1, "4711")
    with pytest.raises(BookAlreadyLent) as refusal:
        shelves.loans.lend(loan(1, "2"))
    assert "4711" not in refusal.value.detail
    eventually(lambda: all_of(shelves.loans.of, "4711"), [loan(1, "4711")])
    assert all_of(shelves.loans.of, "2") == []


def test_who_has_a_book_and_asks_again_keeps_the_first_loan(shelves: Shelves) -> None:
    first = shelves.loans.lend(loan(1))
    again = replace(first, lent_at=first.lent_at + timedelta(hours=1))
    assert shelves.loans.lend(again) == first
    eventually(lambda: all_of(shelves.loans.of, "1"), [first])


def test_a_loan_that_arrives_twice_is_the_same(shelves: Shelves) -> None:
    assert shelves.loans.lend(loan(1)) == shelves.loans.lend(loan(1)) == loan(1)


@pytest.mark.parametrize("moment", [timedelta(0), timedelta(microseconds=1), timedelta(milliseconds=1)])
def test_the_time_of_a_loan_is_kept_exactly(shelves: Shelves, moment: timedelta) -> None:
    lent = Loan(book_id=book(1).id, borrower="1", lent_at=MORNING + moment)
    shelves.loans.lend(lent)
    eventually(lambda: all_of(shelves.loans.of, "1"), [lent])


def test_lending_a_book_does_not_change_it(shelves: Shelves) -> None:
    shelves.loans.lend(loan(1))
    assert shelves.books.get(book(1).id) == book(1)


def test_a_returned_book_can_be_lent_to_somebody_else(shelves: Shelves) -> None:
    shelves.loans.lend(loan(1, "1"))
    shelves.loans.end(book(1).id, borrower="1")
    assert shelves.loans.lend(loan(1, "2")) == loan(1, "2")
    eventually(lambda: (all_of(shelves.loans.of, "1"), all_of(shelves.loans.of, "2")), ([], [loan(1, "2")]))


def test_a_book_that_is_not_there_is_neither_lent_nor_returned(shelves: Shelves) -> None:
    with pytest.raises(BookNotFound, match=book(2).id):
        shelves.loans.lend(loan(2))
    with pytest.raises(BookNotFound, match=book(2).id):
        shelves.loans.end(book(2).id, borrower="1")
    with pytest.raises(BookNotFound):
        shelves.books.get(book(2).id)


def test_a_book_that_is_not_lent_cannot_be_returned(shelves: Shelves) -> None:
    for borrower in ("1", None):
        with pytest.raises(LoanNotFound):
            shelves.loans.end(book(1).id, borrower=borrower)


def test_loan_of_someone_else_is_not_ended(shelves: Shelves) -> None:
    shelves.loans.lend(loan(1, "1"))
    with pytest.raises(NotYourLoan) as refusal:
        return_book(shelves.loans, book(1).id, borrower="2")
    assert refusal.value.scope == "books:admin"
    assert shelves.loans.lend(loan(1, "1")) == loan(1, "1")


@pytest.mark.parametrize("borrower", ["1", None])
def test_loan_is_ended_for_its_borrower_and_for_anyone(shelves: Shelves, borrower: str | None) -> None:
    shelves.loans.lend(loan(1, "1"))
    return_book(shelves.loans, book(1).id, borrower=borrower)
    with pytest.raises(LoanNotFound):
        return_book(shelves.loans, book(1).id, borrower=borrower)
    eventually(lambda: all_of(shelves.loans.of, "1"), [])


def test_a_changed_book_stays_lent(shelves: Shelves) -> None:
    shelves.loans.lend(loan(1))
    assert shelves.books.replace(book(1), book(1).changed(title="GEB", tags=["minds"], isbn="0-306-40615-2"))
    with pytest.raises(BookAlreadyLent):
        shelves.loans.lend(loan(1, "2"))
    assert all_of(shelves.loans.of, "1") == [loan(1)]


def test_ones_own_loans_are_listed_the_newest_first(shelves: Shelves) -> None:
    for number in range(2, 8):
        shelves.books.add(book(number))
    for number in (5, 2, 7, 1):
        shelves.loans.lend(loan(number))
    for number in (3, 6):
        shelves.loans.lend(loan(number, "11"))
    expected = [loan(number) for number in (7, 5, 2, 1)]
    for limit in (1, 2, 3, 4, 5):
        eventually(partial(all_of, shelves.loans.of, "1", limit=limit), expected)
    eventually(lambda: all_of(shelves.loans.of, "11", limit=1), [loan(6, "11"), loan(3, "11")])
    assert all_of(shelves.loans.of, "nobody") == []


@pytest.mark.parametrize("count", [2, 50])
def test_of_several_who_borrow_a_book_at_once_exactly_one_gets_it(shelves: Shelves, count: int) -> None:
    asked = [loan(1, f"user {number}") for number in range(count)]
    results = race(*(partial(shelves.loans.lend, each) for each in asked))
    [lent] = [result for result in results if isinstance(result, Loan)]
    assert results.index(lent) == asked.index(lent)
    assert sum(isinstance(result, BookAlreadyLent) for result in results) == count - 1
    eventually(lambda: [all_of(shelves.loans.of, each.borrower) for each in asked].count([]), count - 1)
    assert all_of(shelves.loans.of, lent.borrower) == [lent]


def test_of_one_borrowers_requests_at_once_all_get_the_same_loan(shelves: Shelves) -> None:
    asked = [replace(loan(1), lent_at=MORNING + timedelta(seconds=number)) for number in range(8)]
    results = race(*(partial(shelves.loans.lend, each) for each in asked))
    assert len({result.position for result in results if isinstance(result, Loan)}) == 1
    eventually(lambda: all_of(shelves.loans.of, "1"), results[:1])


def test_of_several_who_return_a_loan_at_once_exactly_one_ends_it(shelves: Shelves) -> None:
    shelves.loans.lend(loan(1))
    results = race(*(partial(shelves.loans.end, book(1).id, borrower=who) for who in ("1", "1", None, None)))
    assert results.count(None) == 1
    assert sum(isinstance(result, LoanNotFound) for result in results) == 3
