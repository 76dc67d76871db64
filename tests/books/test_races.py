"""Concurrent changes, removals and loans of one book."""

from functools import partial
from typing import Any

import pytest

from books.domain import Book, BookLent, BookNotFound
from books.loans import Loan
from books.operations import change_book, remove_book
from tests.books.examples import BOOK, MORNING, book, loan
from tests.books.repositories import Repositories, all_of
from tests.support.eventually import eventually
from tests.support.racing import race

ROUNDS = 5


def anyone(_: str) -> None:
    """Allow everyone to change the book."""


def any_version(_: int) -> None:
    """Accept every version."""


def test_concurrent_change_and_loan_are_both_stored(repositories: Repositories) -> None:
    for number in range(ROUNDS):
        repositories.books.add(book(number))
        changed, lent = race(
            partial(
                change_book,
                repositories.books,
                book(number).id,
                allow=anyone,
                check=any_version,
                now=MORNING,
                title="GEB",
                tags=["minds"],
            ),
            partial(repositories.loans.lend, loan(number)),
        )
        assert (
            changed
            == book(number).changed(now=MORNING, title="GEB", tags=["minds"])
            == repositories.books.get(book(number).id)
        )
        assert lent == loan(number) == repositories.loans.lend(loan(number))
    eventually(lambda: len(all_of(repositories.loans.of, "1")), ROUNDS)


def test_concurrent_change_and_return_are_both_stored(repositories: Repositories) -> None:
    for number in range(ROUNDS):
        repositories.books.add(book(number))
        repositories.loans.lend(loan(number))
        changed, ended = race(
            partial(
                change_book,
                repositories.books,
                book(number).id,
                allow=anyone,
                check=any_version,
                now=MORNING,
                title="GEB",
            ),
            partial(repositories.loans.end, book(number).id, borrower="1"),
        )
        assert (changed, ended) == (repositories.books.get(book(number).id), None)
        assert repositories.loans.lend(loan(number, "2")) == loan(number, "2")


def test_one_of_concurrent_removal_and_loan_succeeds(repositories: Repositories) -> None:
    for number in range(ROUNDS):
        repositories.books.add(book(number))
        removed, lent = race(
            partial(remove_book, repositories.books, book(number).id, allow=anyone, check=any_version),
            partial(repositories.loans.lend, loan(number)),
        )
        if isinstance(lent, Loan):
            assert isinstance(removed, BookLent)
            assert repositories.books.get(book(number).id) == book(number)
            repositories.loans.end(book(number).id, borrower="1")
        else:
            assert isinstance(lent, BookNotFound)
            assert removed is None
            with pytest.raises(BookNotFound):
                repositories.books.get(book(number).id)
    eventually(lambda: all_of(repositories.loans.of, "1"), [])


def test_loan_between_read_and_write_of_a_change_is_kept(repositories: Repositories) -> None:
    repositories.books.add(BOOK)
    known = repositories.books.get(BOOK.id)
    lent = repositories.loans.lend(Loan(book_id=BOOK.id, borrower="1", lent_at=BOOK.created_at))
    assert repositories.books.replace(known, known.changed(now=MORNING, isbn="0-306-40615-2", tags=[]))
    eventually(lambda: all_of(repositories.loans.of, "1"), [lent])


def test_loan_between_read_and_write_of_a_removal_prevents_it(repositories: Repositories) -> None:
    repositories.books.add(book(1))
    known = repositories.books.get(book(1).id)
    repositories.loans.lend(loan(1))
    with pytest.raises(BookLent):
        repositories.books.remove(known)


def test_loan_of_a_just_removed_book_is_not_stored(repositories: Repositories) -> None:
    repositories.books.add(book(1))
    assert repositories.books.remove(book(1))
    with pytest.raises(BookNotFound):
        repositories.loans.lend(loan(1))
    eventually(lambda: all_of(repositories.loans.of, "1"), [])
    with pytest.raises(BookNotFound):
        repositories.books.get(book(1).id)


def test_concurrent_changes_of_different_fields_are_all_stored(repositories: Repositories) -> None:
    repositories.books.add(BOOK)
    changes: list[Any] = [{"title": "GEB"}, {"author": "D. H."}, {"published_year": 1999}, {"tags": ["minds"]}]
    results = race(
        *(
            partial(change_book, repositories.books, BOOK.id, allow=anyone, check=any_version, now=MORNING, **each)
            for each in changes
        )
    )
    assert sorted(result.version for result in results if isinstance(result, Book)) == [2, 3, 4, 5]
    changed = repositories.books.get(BOOK.id)
    assert (changed.title, changed.author, changed.published_year, changed.tags) == ("GEB", "D. H.", 1999, ("minds",))
    eventually(lambda: all_of(repositories.books.by_tag, "minds"), [changed])
    eventually(lambda: all_of(repositories.books.by_tag, "logic"), [])
