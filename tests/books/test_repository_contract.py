from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

import pytest

from books.domain import Book, BookIdTaken, BookNotFound, BookRepository, IsbnTaken
from books.repository import DynamoBookRepository
from tests.books.fake_repository import FakeBookRepository
from tests.support.racing import race
from tests.support.tables import ENGINES, table_on

BOOK = Book(
    id="019b76da-a800-7000-8000-000000000001",
    title="Gödel, Escher, Bach 📚",
    author="Douglas R. Hofstadter",
    isbn="9780465026562",
    published_year=1979,
    tags=("logic", "music"),
    created_at=datetime(2026, 1, 2, 3, 4, 5, 678_000, UTC),
)
OTHER_ID = "019b76da-a800-7000-8000-000000000002"
OTHER_ISBN = "9780201835953"


@pytest.fixture(params=["fake", *ENGINES])
def books(request: pytest.FixtureRequest) -> Iterator[BookRepository]:
    if request.param == "fake":
        yield FakeBookRepository()
        return
    with table_on(request.param, "books") as table:
        yield DynamoBookRepository(table)


@pytest.mark.parametrize("book", [BOOK, replace(BOOK, published_year=None, tags=())], ids=["full", "bare"])
def test_an_added_book_is_found_unchanged(books: BookRepository, book: Book) -> None:
    books.add(book)
    assert books.get(book.id) == book


def test_an_unknown_book_is_not_found(books: BookRepository) -> None:
    with pytest.raises(BookNotFound):
        books.get(BOOK.id)


def test_an_isbn_is_unique_and_a_refused_book_leaves_nothing_behind(books: BookRepository) -> None:
    books.add(BOOK)
    with pytest.raises(IsbnTaken):
        books.add(replace(BOOK, id=OTHER_ID))
    with pytest.raises(BookNotFound):
        books.get(OTHER_ID)


def test_a_taken_id_is_refused_and_leaves_the_isbn_free(books: BookRepository) -> None:
    books.add(BOOK)
    with pytest.raises(BookIdTaken):
        books.add(replace(BOOK, isbn=OTHER_ISBN))
    assert books.get(BOOK.id).isbn == BOOK.isbn
    books.add(replace(BOOK, id=OTHER_ID, isbn=OTHER_ISBN))


def test_of_many_books_with_one_isbn_arriving_at_once_exactly_one_is_kept(books: BookRepository) -> None:
    copies = [replace(BOOK, id=f"{BOOK.id[:-1]}{number}") for number in range(8)]
    results = race(*(partial(books.add, copy) for copy in copies))
    assert results.count(None) == 1
    assert sum(isinstance(result, IsbnTaken) for result in results) == 7
