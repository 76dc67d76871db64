"""Operations under concurrent changes, interleaved step by step."""

from collections.abc import Callable

import pytest

from books.domain import Book, BookBusy, BookNotFound, NotYourBook
from books.operations import CHANGE_ATTEMPTS, change_book, remove_book
from tests.books.examples import BOOK, MORNING
from tests.books.fake_repository import FakeBookRepository


class Interrupted(FakeBookRepository):
    """Changes the book concurrently after each of the next `times` reads."""

    def __init__(self, *books: Book, times: int) -> None:
        super().__init__(*books)
        self.times = times

    def get(self, book_id: str) -> Book:
        known = super().get(book_id)
        if self.times:
            self.times -= 1
            assert super().replace(known, known.changed(now=MORNING, published_year=1000 + self.times))
        return known


def anyone(_: str) -> None:
    """Allow everyone to change the book."""


def any_version(_: int) -> None:
    """Accept every version."""


def test_change_is_retried_on_a_concurrent_change() -> None:
    books = Interrupted(BOOK, times=CHANGE_ATTEMPTS - 1)
    changed = change_book(books, BOOK.id, allow=anyone, check=any_version, now=MORNING, title="GEB")
    assert books.get(BOOK.id) == changed
    assert (changed.title, changed.published_year, changed.version) == ("GEB", 1000, BOOK.version + CHANGE_ATTEMPTS)


def test_change_without_difference_is_not_stored() -> None:
    books = Interrupted(BOOK, times=1)
    assert change_book(books, BOOK.id, allow=anyone, check=any_version, now=MORNING, title=BOOK.title) == BOOK
    assert books.get(BOOK.id).version == 2


def test_each_version_read_is_checked_for_permission() -> None:
    books = Interrupted(BOOK, times=1)
    owners: list[str] = []

    def first_only(owner: str) -> None:
        owners.append(owner)
        if len(owners) > 1:
            raise NotYourBook("no")

    with pytest.raises(NotYourBook):
        change_book(books, BOOK.id, allow=first_only, check=any_version, now=MORNING, title="GEB")
    assert owners == [BOOK.created_by] * 2
    assert books.get(BOOK.id).title == BOOK.title


def test_removal_is_retried_on_a_concurrent_change() -> None:
    books = Interrupted(BOOK, times=CHANGE_ATTEMPTS - 1)
    remove_book(books, BOOK.id, allow=anyone, check=any_version)
    with pytest.raises(BookNotFound):
        books.get(BOOK.id)


@pytest.mark.parametrize(
    "act",
    [
        lambda books: change_book(books, BOOK.id, allow=anyone, check=any_version, now=MORNING, title="GEB"),
        lambda books: remove_book(books, BOOK.id, allow=anyone, check=any_version),
    ],
    ids=["change", "remove"],
)
def test_five_concurrent_changes_end_in_busy(act: Callable[[FakeBookRepository], object]) -> None:
    books = Interrupted(BOOK, times=CHANGE_ATTEMPTS)
    with pytest.raises(BookBusy):
        act(books)
    assert books.get(BOOK.id).title == BOOK.title
