"""The operations on loans: one function for each, in the order of the API."""

from datetime import datetime
from typing import NamedTuple

from books.domain import Listed
from books.domain_metrics import DomainMetric
from books.loans import Loan, LoanRepository
from common.telemetry.operations import CommonMetric, operation


class Borrowed(NamedTuple):
    """The caller's loan, and whether this request started it."""

    loan: Loan
    is_new: bool


def _lent_or_replayed(borrowed: Borrowed) -> DomainMetric | CommonMetric:
    return DomainMetric.BOOKS_LENT if borrowed.is_new else CommonMetric.IDEMPOTENT_REPLAYS


@operation("loans.list")
def list_own_loans(loans: LoanRepository, borrower: str, *, limit: int, after: str | None) -> Listed[Loan]:
    """Return a page of the borrower's loans, the newest first."""
    return loans.of(borrower, limit=limit, after=after)


@operation("loans.lend", counts=_lent_or_replayed)
def borrow_book(loans: LoanRepository, book_id: str, *, borrower: str, now: datetime) -> Borrowed:
    """Lend the book, or return the borrower's existing loan.

    Raises:
        BookNotFound: No book has this id.
        BookAlreadyLent: The book is lent to someone else.
        BookBusy: Others borrowed and returned the book five times in a row.
    """
    requested = Loan(book_id=book_id, borrower=borrower, lent_at=now)
    loan = loans.lend(requested)
    return Borrowed(loan, loan == requested)


@operation("loans.return", counts=DomainMetric.BOOKS_RETURNED)
def return_book(loans: LoanRepository, book_id: str, *, borrower: str | None) -> None:
    """End the loan of a book; `borrower` is the required borrower (None: anyone).

    Raises:
        BookNotFound: No book has this id.
        LoanNotFound: The book is not lent.
        NotYourLoan: The book is lent to someone else.
        BookBusy: Others returned and borrowed the book five times in a row.
    """
    loans.end(book_id, borrower=borrower)
