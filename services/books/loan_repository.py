"""Loans in DynamoDB: attributes of the book's item, so that a condition on it decides between concurrent borrowers."""

from datetime import datetime
from typing import Any, Final

from books.domain import BookNotFound, Listed
from books.loans import BookAlreadyLent, Loan, LoanNotFound, NotYourLoan
from books.repository import book_id_of, book_key
from common.dynamodb.conditions import Attr
from common.dynamodb.table import EXISTS, ConditionsFailed, Index, Table, Update

LOANS: Final = Index("loans", "borrower", "loan_position")


class DynamoLoanRepository:
    """The `LoanRepository` on the table of the books."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def lend(self, loan: Loan) -> Loan:
        """See `LoanRepository.lend`."""
        lent = {"borrower": loan.borrower, "lent_at": loan.lent_at.isoformat(), "loan_position": loan.position}
        free = EXISTS & Attr("borrower").not_exists()
        try:
            self._table.write(Update(key=book_key(loan.book_id), set=lent, condition=free), reversible=True)
        except ConditionsFailed as error:
            found = self._found(error, loan.book_id)
            if found.get("borrower") == loan.borrower:
                return _from_item(found)
            raise BookAlreadyLent("The book is lent to someone else: try again when it has been returned.") from None
        return loan

    def end(self, book_id: str, *, borrower: str | None) -> None:
        """See `LoanRepository.end`."""
        theirs = Attr("borrower").exists() if borrower is None else Attr("borrower").eq(borrower)
        removed = ["borrower", "lent_at", "loan_position"]
        try:
            self._table.write(Update(key=book_key(book_id), remove=removed, condition=theirs), reversible=True)
        except ConditionsFailed as error:
            if "borrower" in self._found(error, book_id):
                raise NotYourLoan from None
            raise LoanNotFound("The book is not lent: there is no loan to end.") from None

    def of(self, borrower: str, *, limit: int, after: str | None = None) -> Listed[Loan]:
        """See `LoanRepository.of`."""
        start = {"loan_position": after, **book_key(after.rpartition("#")[2])._asdict()} if after else None
        found = self._table.query(LOANS, borrower, limit=limit, after=start)
        loans = [_from_item(item) for item in found.items]
        return Listed(loans, loans[-1].position if found.more else None)

    def _found(self, error: ConditionsFailed, book_id: str) -> dict[str, Any]:
        """Return the book's item after a failed condition; DynamoDB engines older than June 2023 do not return it.

        Raises:
            BookNotFound: No book has this id.
        """
        item = error.found[0] or self._table.get(book_key(book_id))
        if item is None:
            raise BookNotFound(book_id)
        return item


def _from_item(item: dict[str, Any]) -> Loan:
    return Loan(book_id=book_id_of(item), borrower=item["borrower"], lent_at=datetime.fromisoformat(item["lent_at"]))
