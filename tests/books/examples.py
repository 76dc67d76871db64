"""Example books and loans."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from books.domain import Book
from books.loans import Loan

MORNING = datetime(2026, 11, 21, 8, tzinfo=UTC)
BOOK = Book(
    id="019b76da-a800-7000-8000-000000000001",
    title="Gödel, Escher, Bach 📚",
    author="Douglas R. Hofstadter",
    isbn="9780465026562",
    published_year=1979,
    tags=("logic", "music"),
    created_at=datetime(2026, 1, 2, 3, 4, 5, 678_000, UTC),
    created_by="7",
)


def book(number: int, **attributes: Any) -> Book:
    """Return a book with an id and an ISBN of its own; a larger number is newer."""
    return replace(BOOK, id=f"{BOOK.id[:-6]}{number:06}", isbn=f"978{number:010}", **attributes)


def loan(number: int, borrower: str = "1") -> Loan:
    """Return a loan of `book(number)`; a larger number is newer."""
    return Loan(book_id=book(number).id, borrower=borrower, lent_at=MORNING + timedelta(seconds=number))
