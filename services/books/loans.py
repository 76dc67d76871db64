"""Loans: who has which book, and where that is kept."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from books.domain import ADMINISTRATION, Listed
from common.failures import Conflict, Forbidden, NotFound


class BookAlreadyLent(Conflict):
    """Somebody else has the book; who that is, is nobody's business."""

    code = "book-already-lent"
    title = "The book is already lent"


class LoanNotFound(NotFound):
    """The book is not lent."""

    code = "loan-not-found"
    title = "The book is not lent"


class NotYourLoan(Forbidden):
    """Somebody else has the book."""

    code = "not-your-loan"
    title = "The loan is somebody else's"

    def __init__(self) -> None:
        super().__init__("Only who has borrowed the book may return it.", scope=ADMINISTRATION)


@dataclass(frozen=True, kw_only=True, slots=True)
class Loan:
    """A book in somebody's hands.

    Attributes:
        book_id: Which book.
        borrower: The subject of who has it.
        lent_at: In UTC.
    """

    book_id: str
    borrower: str
    lent_at: datetime

    @property
    def position(self) -> str:
        """Where the loan is among the borrower's: text that sorts by time, then by book."""
        return f"{self.lent_at.isoformat(timespec='microseconds')}#{self.book_id}"


class LoanRepository(Protocol):
    """Where loans are kept; every implementation passes `tests/books/test_loan_contract.py`.

    Each method raises `Unavailable` when nothing certain can be said about its outcome.
    """

    def lend(self, loan: Loan) -> Loan:
        """Lend a book to who has it then, and return the loan under which this is so.

        Of several borrowers at once exactly one gets the book. Who has it already keeps it under the loan that there
        is: a borrower whose answer was lost may ask again.

        Raises:
            BookNotFound: No book has this id.
            BookAlreadyLent: Somebody else has it; nothing has changed.
        """

    def end(self, book_id: str, *, borrower: str | None) -> None:
        """End the loan of a book.

        Args:
            book_id: Which book.
            borrower: Who must have it; None ends the loan whoever has it.

        Raises:
            BookNotFound: No book has this id.
            LoanNotFound: The book is not lent.
            NotYourLoan: Somebody else has it; nothing has changed.
        """

    def of(self, borrower: str, *, limit: int, after: str | None = None) -> Listed[Loan]:
        """Return at most `limit` of the borrower's loans, the newest first, those that come behind a position.

        What was lent or returned a moment ago may look as it did before. A loan that lasts while the pages are read
        is on exactly one of them.
        """
