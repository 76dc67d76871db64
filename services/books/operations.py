"""The operations on books: one function for each, in the order of the API."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, Unpack

from books.domain import Book, BookBusy, BookRepository, Changes, Listed
from books.domain_metrics import DomainMetric
from common.idempotency import Recording, unrecorded
from common.telemetry.operations import operation

CHANGE_ATTEMPTS: Final = 5


@operation("books.list")
def list_books(
    books: BookRepository, *, author: str | None, tag: str | None, limit: int, after: str | None
) -> Listed[Book]:
    """Return a page of an author's books, of the books with a tag, or of all books, the newest first."""
    if author:
        return books.by_author(author, limit=limit, after=after)
    if tag:
        return books.by_tag(tag, limit=limit, after=after)
    return books.page(limit=limit, after=after)


@operation("books.add", counts=DomainMetric.BOOKS_CREATED)
def create_book(
    books: BookRepository,
    *,
    created_by: str,
    now: datetime,
    random_bits: Callable[[int], int],
    record: Recording[Book] = unrecorded,
    **fields: Any,
) -> Book:
    """Store a new book and return it.

    Args:
        books: Stores the book.
        created_by: The caller's subject.
        now: The time of creation, in UTC.
        random_bits: The source of randomness.
        record: Returns the record of the request, which is stored with the book.
        fields: Title, author, ISBN, year and tags, as `Book.new` takes them.

    Raises:
        Invalid: The year is not valid.
        Replayed: The same request was served before.
        IdempotencyKeyReused: Another request with its key was served before.
        IsbnTaken: Another book has this ISBN.
        BookIdTaken: The generated id belongs to another book.
        Unavailable: It is unknown whether the book was stored.
    """
    book = Book.new(**fields, created_by=created_by, now=now, random_bits=random_bits)
    books.add(book, record(book))
    return book


def get_book(books: BookRepository, book_id: str) -> Book:
    """Return the book.

    Raises:
        BookNotFound: No book has this id.
    """
    return books.get(book_id)


@operation("books.change")
def change_book(
    books: BookRepository,
    book_id: str,
    *,
    allow: Callable[[str], None],
    check: Callable[[int], None],
    now: datetime,
    **changes: Unpack[Changes],
) -> Book:
    """Change the given fields of a book and return the book; concurrent changes of other fields are kept.

    Args:
        books: Stores the book.
        book_id: The book to change.
        allow: Raises unless the caller may change a book of this creator.
        check: Raises unless the caller accepts the stored version.
        now: The time of the change, in UTC.
        changes: The new values.

    Raises:
        Invalid: The new year is not valid.
        BookNotFound: No book has this id.
        IsbnTaken: Another book has the new ISBN.
        BookBusy: Concurrent changes won five times in a row.
    """
    for _ in range(CHANGE_ATTEMPTS):
        known = books.get(book_id)
        allow(known.created_by)
        check(known.version)
        changed = known.changed(now=now, **changes)
        if changed == known or books.replace(known, changed):
            return changed
    raise BookBusy("Please try again.")


@operation("books.remove")
def remove_book(
    books: BookRepository, book_id: str, *, allow: Callable[[str], None], check: Callable[[int], None]
) -> None:
    """Remove a book; `allow` and `check` are those of `change_book`.

    Raises:
        BookNotFound: No book has this id.
        BookLent: The book is lent.
        BookBusy: Concurrent changes won five times in a row.
    """
    for _ in range(CHANGE_ATTEMPTS):
        known = books.get(book_id)
        allow(known.created_by)
        check(known.version)
        if books.remove(known):
            return
    raise BookBusy("Please try again.")
