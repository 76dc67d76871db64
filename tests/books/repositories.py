"""The repositories of the books service, in memory or on a DynamoDB engine."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from books.domain import BookRepository, Listed
from books.loan_repository import DynamoLoanRepository
from books.loans import LoanRepository
from books.repository import DynamoBookRepository
from tests.books.fake_loan_repository import FakeLoanRepository
from tests.books.fake_repository import FakeBookRepository
from tests.support.tables import ENGINES, table_on

IMPLEMENTATIONS = ["fake", *ENGINES]


class Repositories(NamedTuple):
    books: BookRepository
    loans: LoanRepository


@contextmanager
def repositories_on(implementation: str) -> Iterator[Repositories]:
    """Yield empty repositories: the fakes, or the adapters on a table of an engine."""
    if implementation == "fake":
        books = FakeBookRepository()
        yield Repositories(books, FakeLoanRepository(books))
        return
    with table_on(implementation, "books") as table:
        yield Repositories(DynamoBookRepository(table), DynamoLoanRepository(table))


def all_of[Item](
    page: Callable[..., Listed[Item]], *arguments: str, limit: int = 100, between: Callable[[], object] = list
) -> list[Item]:
    """Return the items on all pages of a list; `between` is called before each further page."""
    listed = page(*arguments, limit=limit)
    items = listed.items
    while listed.next is not None:
        assert len(listed.items) == limit
        between()
        listed = page(*arguments, limit=limit, after=listed.next)
        items += listed.items
    return items
