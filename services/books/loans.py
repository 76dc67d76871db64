"""Loans: the entity, its rules, and the repository that stores it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from books.domain import ADMINISTRATION, Listed
from common.failures import Conflict, Forbidden, NotFound

ONLY_THE_BORROWER: Final = f"Only the borrower, or a caller with the scope {ADMINISTRATION}, may return the book."


class BookAlreadyLent(Conflict):
    """The book is lent to someone else; the borrower is never disclosed."""

    code = "book-already-lent"
    title = "The book is already lent"


class LoanNotFound(NotFound):
    """The book is not lent."""

    code = "loan-not-found"
    title = "The book is not lent"


class NotYourLoan(Forbidden):
    """The book is lent to someone else."""

    code = "not-your-loan"
    title = "The book is lent to someone else"

    def __init__(self, detail: str = ONLY_THE_BORROWER, *, scope: str | None = ADMINISTRATION) -> None:
        super().__init__(detail, scope=scope)


@dataclass(frozen=True, kw_only=True, slots=True)
class Loan:
    """A lent book.

    Attributes:
        book_id: The id of the book.
        borrower: The borrower's subject.
        lent_at: In UTC.
    """

    book_id: str
    borrower: str
    lent_at: datetime

    @property
    def position(self) -> str:
        """Position in the list of the borrower's loans: a string that sorts by time, then by book."""
        return f"{self.lent_at.isoformat(timespec='microseconds')}#{self.book_id}"


class LoanRepository(Protocol):
    """Stores loans; every implementation passes `tests/books/test_loan_contract.py`.

    Each method raises `Unavailable` when its outcome is unknown.
    """

    def lend(self, loan: Loan) -> Loan:
        """Lend the book, or return the caller's existing loan.

        Of concurrent borrowers exactly one gets the book. A caller that has borrowed it already gets the existing
        loan, so that a request whose response was lost can be repeated.

        Raises:
            BookNotFound: No book has this id.
            BookAlreadyLent: The book is lent to someone else; nothing has changed.
            BookBusy: Others borrowed and returned the book each time; nothing has changed.
        """

    def end(self, book_id: str, *, borrower: str | None) -> None:
        """End the loan of a book.

        Args:
            book_id: The id of the book.
            borrower: The required borrower; None ends anyone's loan.

        Raises:
            BookNotFound: No book has this id.
            LoanNotFound: The book is not lent.
            NotYourLoan: The book is lent to someone else; nothing has changed.
            BookBusy: Others returned and borrowed the book each time; nothing has changed.
        """

    def of(self, borrower: str, *, limit: int, after: str | None = None) -> Listed[Loan]:
        """Return at most `limit` of the borrower's loans after a position, the newest first.

        A recent write may not be seen yet. A loan that does not end while the pages are read is on exactly one of them.
        """
