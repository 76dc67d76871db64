"""Loans in memory, for tests above the repository."""

from operator import attrgetter

from books.domain import BookNotFound, Listed
from books.loans import BookAlreadyLent, Loan, LoanNotFound, NotYourLoan
from tests.books.fake_repository import FakeBookRepository


class FakeLoanRepository:
    def __init__(self, books: FakeBookRepository) -> None:
        self._books = books

    def lend(self, loan: Loan) -> Loan:
        with self._books.lock:
            if loan.book_id not in self._books.books:
                raise BookNotFound(loan.book_id)
            stored = self._books.loans.setdefault(loan.book_id, loan)
        if stored.borrower != loan.borrower:
            raise BookAlreadyLent("The book is lent to someone else: try again when it has been returned.")
        return stored

    def end(self, book_id: str, *, borrower: str | None) -> None:
        with self._books.lock:
            if book_id not in self._books.books:
                raise BookNotFound(book_id)
            stored = self._books.loans.get(book_id)
            if stored is None:
                raise LoanNotFound("The book is not lent: there is no loan to end.")
            if borrower not in (None, stored.borrower):
                raise NotYourLoan
            del self._books.loans[book_id]

    def of(self, borrower: str, *, limit: int, after: str | None = None) -> Listed[Loan]:
        with self._books.lock:
            own = [loan for loan in self._books.loans.values() if loan.borrower == borrower]
        found = sorted(own, key=attrgetter("position"), reverse=True)
        rest = [loan for loan in found if after is None or loan.position < after]
        return Listed(rest[:limit], rest[limit - 1].position if len(rest) > limit else None)
