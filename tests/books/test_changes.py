"""Changes while others change, interleaved step by step."""

from collections.abc import Callable

import pytest

from books.changes import ATTEMPTS, BookBusy, change, remove
from books.domain import Book, BookNotFound, NotYourBook
from tests.books.fake_repository import FakeBookRepository
from tests.books.shelves import BOOK


class Interrupted(FakeBookRepository):
    """Lets somebody else change the book after each of the next so many reads."""

    def __init__(self, *books: Book, times: int) -> None:
        super().__init__(*books)
        self.times = times

    def get(self, book_id: str) -> Book:
        known = super().get(book_id)
        if self.times:
            self.times -= 1
            assert super().replace(known, known.changed(published_year=1000 + self.times))
        return known


def willing(_: Book) -> None:
    """Allow everything."""


def test_a_change_is_made_again_on_what_others_have_made_of_the_book() -> None:
    books = Interrupted(BOOK, times=ATTEMPTS - 1)
    changed = change(books, BOOK.id, allowed=willing, title="GEB")
    assert books.get(BOOK.id) == changed
    assert (changed.title, changed.published_year, changed.version) == ("GEB", 1000, BOOK.version + ATTEMPTS)


def test_a_change_that_changes_nothing_is_not_stored() -> None:
    books = Interrupted(BOOK, times=1)
    assert change(books, BOOK.id, allowed=willing, title=BOOK.title) == BOOK
    assert books.get(BOOK.id).version == 2


def test_what_is_allowed_is_asked_of_each_version_that_is_read() -> None:
    books = Interrupted(BOOK, times=1)
    asked: list[int] = []

    def first_only(book: Book) -> None:
        asked.append(book.version)
        if book.version > 1:
            raise NotYourBook("no")

    with pytest.raises(NotYourBook):
        change(books, BOOK.id, allowed=first_only, title="GEB")
    assert asked == [1, 2]
    assert books.get(BOOK.id).title == BOOK.title


def test_a_book_is_removed_even_if_others_change_it() -> None:
    books = Interrupted(BOOK, times=ATTEMPTS - 1)
    remove(books, BOOK.id, allowed=willing)
    with pytest.raises(BookNotFound):
        books.get(BOOK.id)


@pytest.mark.parametrize(
    "act",
    [
        lambda books: change(books, BOOK.id, allowed=willing, title="GEB"),
        lambda books: remove(books, BOOK.id, allowed=willing),
    ],
    ids=["change", "remove"],
)
def test_after_five_attempts_it_is_left_alone(act: Callable[[FakeBookRepository], object]) -> None:
    books = Interrupted(BOOK, times=ATTEMPTS)
    with pytest.raises(BookBusy):
        act(books)
    assert books.get(BOOK.id).title == BOOK.title
