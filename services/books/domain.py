"""Books: the entity, its rules, and the repository that stores it."""

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, NamedTuple, Protocol, Self, TypedDict, Unpack

from books.isbn import isbn13
from books.spelling import folded
from common.failures import Busy, Conflict, Forbidden, Invalid, NotFound
from common.idempotency import Record

ADMINISTRATION: Final = "books:admin"
RANDOM_BITS: Final = 74


class BookNotFound(NotFound):
    """No book has this id."""

    code = "book-not-found"
    title = "Book not found"

    def __init__(self, book_id: str) -> None:
        super().__init__(f"There is no book {book_id}.")


class IsbnTaken(Conflict):
    """Another book has this ISBN, possibly in the other form."""

    code = "isbn-taken"
    title = "The ISBN is taken"


class BookLent(Conflict):
    """The book is lent and cannot be removed."""

    code = "book-lent"
    title = "The book is lent"


class NotYourBook(Forbidden):
    """Someone else created the book."""

    code = "not-your-book"
    title = "The book was created by someone else"


class BookBusy(Busy):
    """Concurrent changes of the book won each time."""

    code = "book-busy"
    title = "The book is being changed"


class BookIdTaken(Busy):
    """The generated id belongs to another book, created in the same millisecond."""

    code = "book-id-taken"
    title = "The generated id is taken"


class Changes(TypedDict, total=False):
    """The fields of a book to change."""

    title: str
    author: str
    isbn: str
    published_year: int | None
    tags: Iterable[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Book:
    """A title that the library holds.

    Attributes:
        id: A string that sorts by time of creation.
        isbn: Thirteen digits.
        tags: Distinct, normalised by `folded`, in the order in which they were given.
        created_at: In UTC.
        created_by: The creator's subject.
        version: Counts the changes, from 1; lending does not change it.
    """

    id: str
    title: str
    author: str
    isbn: str
    published_year: int | None
    tags: tuple[str, ...]
    created_at: datetime
    created_by: str
    version: int = 1

    @classmethod
    def new(
        cls,
        *,
        title: str,
        author: str,
        isbn: str,
        published_year: int | None,
        tags: Iterable[str],
        created_by: str,
        now: datetime,
        random_bits: Callable[[int], int],
    ) -> Self:
        """Return a book that is not stored yet.

        Raises:
            ValueError: The ISBN is not valid.
            Invalid: The year is not valid.
        """
        _check_year(published_year, now)
        return cls(
            id=new_book_id(now, random_bits(RANDOM_BITS)),
            title=title,
            author=author,
            isbn=isbn13(isbn),
            published_year=published_year,
            tags=_each_once(tags),
            created_at=now,
            created_by=created_by,
        )

    def changed(self, *, now: datetime, **changes: Unpack[Changes]) -> Self:
        """Return the book with these changes and the next version, or the same book if nothing differs.

        Raises:
            ValueError: The ISBN is not valid.
            Invalid: The new year is not valid.
        """
        given: dict[str, Any] = {**changes}
        if "isbn" in changes:
            given["isbn"] = isbn13(changes["isbn"])
        if "tags" in changes:
            given["tags"] = _each_once(changes["tags"])
        different = replace(self, **given)
        if different.published_year != self.published_year:
            _check_year(different.published_year, now)
        return self if different == self else replace(different, version=self.version + 1)


class Listed[Item](NamedTuple):
    """A page of a list, and the position after which the next page begins (None on the last page)."""

    items: list[Item]
    next: str | None


class BookRepository(Protocol):
    """Stores books; every implementation passes `tests/books/test_repository_contract.py`.

    Each method raises `Unavailable` when its outcome is unknown.

    The lists have the newest book first; the position of a book in each of them is its id. A recent write may not be
    seen yet. A book that stays in a list while its pages are read is on exactly one of them, even if other books are
    added and removed meanwhile.
    """

    def add(self, book: Book, record: Record | None = None) -> None:
        """Store a new book, and the record of its request if there is one.

        If books with the same ISBN are added concurrently, exactly one is stored.

        Raises:
            Replayed: The same request was served before; nothing has changed.
            IdempotencyKeyReused: Another request with its key was served before; nothing has changed.
            IsbnTaken: A book with this ISBN exists; nothing has changed.
            BookIdTaken: A book with this id exists; nothing has changed.
        """

    def get(self, book_id: str) -> Book:
        """Return the book; every finished write is seen.

        Raises:
            BookNotFound: No book has this id.
        """

    def replace(self, known: Book, changed: Book) -> bool:
        """Replace `known` by `changed`, which has the same id; a loan is not affected.

        Of concurrent changes of one version exactly one is stored, and of books that take the same ISBN exactly one
        gets it. The previous ISBN is free again at the same moment. The lists follow shortly afterwards.

        Returns:
            False, with nothing changed, when another version is stored.

        Raises:
            IsbnTaken: Another book has the new ISBN; nothing has changed.
        """

    def remove(self, known: Book) -> bool:
        """Remove a book. Its ISBN is free again at the same moment; the lists follow shortly afterwards.

        Returns:
            False, with nothing changed, when another version is stored.

        Raises:
            BookLent: The book is lent; nothing has changed.
        """

    def page(self, *, limit: int, after: str | None = None) -> Listed[Book]:
        """Return at most `limit` books after a position."""

    def by_author(self, author: str, *, limit: int, after: str | None = None) -> Listed[Book]:
        """Return at most `limit` books of the author (compared by `author_key`) after a position."""

    def by_tag(self, tag: str, *, limit: int, after: str | None = None) -> Listed[Book]:
        """Return at most `limit` books with the tag (as `folded` returns it) after a position."""


def new_book_id(now: datetime, randomness: int) -> str:
    """Return a UUID of version 7 (RFC 9562 section 5.7): 48 bits of Unix milliseconds, then 74 random bits."""
    high, low = randomness >> 62, randomness & (1 << 62) - 1
    milliseconds = int(now.timestamp() * 1000)
    return str(uuid.UUID(int=milliseconds << 80 | 0x7 << 76 | high << 64 | 0b10 << 62 | low))


def _check_year(year: int | None, now: datetime) -> None:
    """Raise `Invalid` unless the year is at most the next one: publishers announce books before they appear."""
    latest = now.year + 1
    if year is not None and not 1 <= year <= latest:
        raise Invalid(f"The year of publication is not valid: send a year from 1 to {latest}.", field="published_year")


def _each_once(tags: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(map(folded, tags)))
