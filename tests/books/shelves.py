"""Books and loans on one shelf: where they are kept, and some to keep."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from books.domain import Book, BookRepository, Listed
from books.loan_repository import DynamoLoanRepository
from books.loans import Loan, LoanRepository
from books.repository import DynamoBookRepository
from tests.books.fake_loan_repository import FakeLoanRepository
from tests.books.fake_repository import FakeBookRepository
from tests.support.tables import ENGINES, table_on

KINDS = ["fake", *ENGINES]
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


class Shelves(NamedTuple):
    books: BookRepository
    loans: LoanRepository


@contextmanager
def shelves_of(kind: str) -> Iterator[Shelves]:
    """Empty shelves in memory, or in a table of their own."""
    if kind == "fake":
        books = FakeBookRepository()
        yield Shelves(books, FakeLoanRepository(books))
        return
    with table_on(kind, "books") as table:
        yield Shelves(DynamoBookRepository(table), DynamoLoanRepository(table))


def book(number: int, **attributes: Any) -> Book:
    """The book of that number: a larger one is newer, and has another id and ISBN."""
    return replace(BOOK, id=f"{BOOK.id[:-6]}{number:06}", isbn=f"978{number:010}", **attributes)


def loan(number: int, borrower: str = "1") -> Loan:
    """A loan of the book of that number; that of a larger one is newer."""
    return Loan(book_id=book(number).id, borrower=borrower, lent_at=MORNING + timedelta(seconds=number))


def all_of[Item](
    page: Callable[..., Listed[Item]], *arguments: str, limit: int = 100, between: Callable[[], object] = list
) -> list[Item]:
    """Everything on all pages of a list, with something happening between them."""
    listed = page(*arguments, limit=limit)
    items = listed.items
    while listed.next is not None:
        assert len(listed.items) == limit
        between()
        listed = page(*arguments, limit=limit, after=listed.next)
        items += listed.items
    return items
