"""Changes, removals and loans of one book at the same moment."""

from functools import partial
from typing import Any

import pytest

from books.domain import Book, BookLent, BookNotFound
from books.loans import Loan
from books.operations import change_book, remove_book
from tests.books.shelves import BOOK, Shelves, all_of, book, loan
from tests.support.eventually import eventually
from tests.support.racing import race

ROUNDS = 5


def anyone(_: str) -> None:
    """Allow everyone to change the book."""


def any_version(_: int) -> None:
    """Accept every version."""


def test_a_change_and_a_loan_at_once_lose_neither(shelves: Shelves) -> None:
    for number in range(ROUNDS):
        shelves.books.add(book(number))
        changed, lent = race(
            partial(
                change_book,
                shelves.books,
                book(number).id,
                allow=anyone,
                check=any_version,
                title="GEB",
                tags=["minds"],
            ),
            partial(shelves.loans.lend, loan(number)),
        )
        assert changed == book(number).changed(title="GEB", tags=["minds"]) == shelves.books.get(book(number).id)
        assert lent == loan(number) == shelves.loans.lend(loan(number))
    eventually(lambda: len(all_of(shelves.loans.of, "1")), ROUNDS)


def test_a_change_and_a_return_at_once_lose_neither(shelves: Shelves) -> None:
    for number in range(ROUNDS):
        shelves.books.add(book(number))
        shelves.loans.lend(loan(number))
        changed, ended = race(
            partial(change_book, shelves.books, book(number).id, allow=anyone, check=any_version, title="GEB"),
            partial(shelves.loans.end, book(number).id, borrower="1"),
        )
        assert (changed, ended) == (shelves.books.get(book(number).id), None)
        assert shelves.loans.lend(loan(number, "2")) == loan(number, "2")


def test_a_book_that_is_removed_and_lent_at_once_is_one_of_both(shelves: Shelves) -> None:
    for number in range(ROUNDS):
        shelves.books.add(book(number))
        removed, lent = race(
            partial(remove_book, shelves.books, book(number).id, allow=anyone, check=any_version),
            partial(shelves.loans.lend, loan(number)),
        )
        if isinstance(lent, Loan):
            assert isinstance(removed, BookLent)
            assert shelves.books.get(book(number).id) == book(number)
            shelves.loans.end(book(number).id, borrower="1")
        else:
            assert isinstance(lent, BookNotFound)
            assert removed is None
            with pytest.raises(BookNotFound):
                shelves.books.get(book(number).id)
    eventually(lambda: all_of(shelves.loans.of, "1"), [])


def test_a_loan_between_the_read_and_the_write_of_a_change_stays(shelves: Shelves) -> None:
    shelves.books.add(BOOK)
    known = shelves.books.get(BOOK.id)
    lent = shelves.loans.lend(Loan(book_id=BOOK.id, borrower="1", lent_at=BOOK.created_at))
    assert shelves.books.replace(known, known.changed(isbn="0-306-40615-2", tags=[]))
    eventually(lambda: all_of(shelves.loans.of, "1"), [lent])


def test_a_loan_between_the_read_and_the_write_of_a_removal_keeps_the_book(shelves: Shelves) -> None:
    shelves.books.add(book(1))
    known = shelves.books.get(book(1).id)
    shelves.loans.lend(loan(1))
    with pytest.raises(BookLent):
        shelves.books.remove(known)


def test_a_removal_just_before_a_loan_leaves_no_loan_of_a_book_that_is_gone(shelves: Shelves) -> None:
    shelves.books.add(book(1))
    assert shelves.books.remove(book(1))
    with pytest.raises(BookNotFound):
        shelves.loans.lend(loan(1))
    eventually(lambda: all_of(shelves.loans.of, "1"), [])
    with pytest.raises(BookNotFound):
        shelves.books.get(book(1).id)


def test_changes_of_different_things_at_once_are_all_kept(shelves: Shelves) -> None:
    shelves.books.add(BOOK)
    changes: list[Any] = [{"title": "GEB"}, {"author": "D. H."}, {"published_year": 1999}, {"tags": ["minds"]}]
    results = race(
        *(partial(change_book, shelves.books, BOOK.id, allow=anyone, check=any_version, **each) for each in changes)
    )
    assert sorted(result.version for result in results if isinstance(result, Book)) == [2, 3, 4, 5]
    changed = shelves.books.get(BOOK.id)
    assert (changed.title, changed.author, changed.published_year, changed.tags) == ("GEB", "D. H.", 1999, ("minds",))
    eventually(lambda: all_of(shelves.books.by_tag, "minds"), [changed])
    eventually(lambda: all_of(shelves.books.by_tag, "logic"), [])
