"""Changes of books that others may be changing at the same moment."""

from collections.abc import Callable
from typing import Final, Unpack

from books.domain import Book, BookRepository, Changes
from common.failures import Busy

ATTEMPTS: Final = 5


class BookBusy(Busy):
    """Others changed the book each time that this change was to be stored."""

    code = "book-busy"
    title = "The book is being changed by others"


def change(books: BookRepository, book_id: str, *, allowed: Callable[[Book], None], **changes: Unpack[Changes]) -> Book:
    """Change a book and return it as it is then; what others change meanwhile is kept.

    Args:
        books: Where the book is.
        book_id: Which book.
        allowed: Raises when the caller may not, or does not want to, change a book like this.
        changes: What is to be different.

    Raises:
        BookNotFound: No book has this id.
        IsbnTaken: Another book has the new ISBN.
        BookBusy: Others changed the book five times in a row meanwhile.
    """
    for _ in range(ATTEMPTS):
        known = books.get(book_id)
        allowed(known)
        changed = known.changed(**changes)
        if changed == known or books.replace(known, changed):
            return changed
    raise BookBusy("Please try again.")


def remove(books: BookRepository, book_id: str, *, allowed: Callable[[Book], None]) -> None:
    """Remove a book; `allowed` is as for `change`.

    Raises:
        BookNotFound: No book has this id.
        BookLent: The book is lent.
        BookBusy: Others changed the book five times in a row meanwhile.
    """
    for _ in range(ATTEMPTS):
        known = books.get(book_id)
        allowed(known)
        if books.remove(known):
            return
    raise BookBusy("Please try again.")
