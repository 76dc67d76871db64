"""Books: what they are, the rules they keep, and the repository they need."""

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol, Self

from common.errors import Conflict, NotFound, Unavailable

RANDOM_BITS: Final = 74
ISBN_10_LENGTH: Final = 10
ISBN_13_LENGTH: Final = 13
ISBN_13_PREFIXES: Final = ("978", "979")
MUSIC_PREFIX: Final = "9790"  # printed music has numbers of its own (ISMN)


class BookNotFound(NotFound):
    """No book has this id."""

    code = "book-not-found"
    title = "No such book"


class IsbnTaken(Conflict):
    """Another book has this ISBN, perhaps written in the other form."""

    code = "isbn-taken"
    title = "The ISBN is taken"


class BookIdTaken(Unavailable):
    """Two books were to get the same id: 74 random bits came up twice in one millisecond."""

    code = "book-id-taken"
    title = "No free id was found"


@dataclass(frozen=True, kw_only=True, slots=True)
class Book:
    """A title that the library holds.

    Attributes:
        id: Text that sorts by time.
        isbn: Thirteen digits.
        tags: Lower-case, no two alike, in the order they were given.
        created_at: In UTC.
        version: Counts the changes, from 1.
    """

    id: str
    title: str
    author: str
    isbn: str
    published_year: int | None
    tags: tuple[str, ...]
    created_at: datetime
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
        now: datetime,
        random_bits: Callable[[int], int],
    ) -> Self:
        """Return a book that is not kept anywhere yet.

        Raises:
            ValueError: The ISBN is none.
        """
        return cls(
            id=new_book_id(now, random_bits(RANDOM_BITS)),
            title=title,
            author=author,
            isbn=isbn13(isbn),
            published_year=published_year,
            tags=tuple(dict.fromkeys(tag.casefold() for tag in tags)),
            created_at=now,
        )


class BookRepository(Protocol):
    """Where books are kept; every implementation passes `tests/books/test_repository_contract.py`."""

    def add(self, book: Book) -> None:
        """Keep a new book.

        When two with one ISBN arrive at once, exactly one is kept.

        Raises:
            IsbnTaken: A book with this ISBN exists; nothing has changed.
            BookIdTaken: A book with this id exists; nothing has changed.
            Unavailable: It is not known whether the book was kept.
        """

    def get(self, book_id: str) -> Book:
        """Return the book; one whose `add` has returned is always found.

        Raises:
            BookNotFound: No book has this id.
            Unavailable: Nothing can be said about the book.
        """


def new_book_id(now: datetime, randomness: int) -> str:
    """Return a UUID of version 7 (RFC 9562 section 5.7): 48 bits of Unix milliseconds, then 74 random bits."""
    high, low = randomness >> 62, randomness & (1 << 62) - 1
    milliseconds = int(now.timestamp() * 1000)
    return str(uuid.UUID(int=milliseconds << 80 | 0x7 << 76 | high << 64 | 0b10 << 62 | low))


def isbn13(text: str) -> str:
    """Return an ISBN-10 or ISBN-13, hyphens and spaces aside, as thirteen digits.

    Source: ISBN Users' Manual, 7th edition, section 5 (structure) and appendix 1 (check digits).

    Raises:
        ValueError: It has another length, other characters, another prefix, or its check digit does not fit.
    """
    compact = text.replace("-", "").replace(" ", "").upper()
    if len(compact) == ISBN_10_LENGTH and _is_isbn10(compact):
        return _with_check_digit(f"978{compact[:9]}")
    if (
        len(compact) == ISBN_13_LENGTH
        and compact.isascii()
        and compact.isdecimal()
        and compact.startswith(ISBN_13_PREFIXES)
        and not compact.startswith(MUSIC_PREFIX)
        and _with_check_digit(compact[:12]) == compact
    ):
        return compact
    raise ValueError("not an ISBN: 10 or 13 digits, the last of which fits the others")


def _is_isbn10(compact: str) -> bool:
    body, check = compact[:9], compact[9]
    if not (compact.isascii() and body.isdecimal() and (check.isdecimal() or check == "X")):
        return False
    digits = [*map(int, body), 10 if check == "X" else int(check)]
    return sum(weight * digit for weight, digit in zip(range(10, 0, -1), digits, strict=True)) % 11 == 0


def _with_check_digit(body: str) -> str:
    total = sum(int(digit) * (3 if at % 2 else 1) for at, digit in enumerate(body))
    return f"{body}{-total % 10}"
