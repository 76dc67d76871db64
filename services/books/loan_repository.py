"""Loans in DynamoDB: attributes of the book's item, so that a condition on it decides between concurrent borrowers."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from books.domain import BookBusy, BookNotFound, Listed
from books.loans import BookAlreadyLent, Loan, LoanNotFound, NotYourLoan
from books.repository import book_id_of, book_key
from common.dynamodb.conditions import Attr, Condition
from common.dynamodb.items import Plain
from common.dynamodb.table import Index, Table
from common.dynamodb.writes import EXISTS, ConditionsFailed, ItemKey, Update

LOANS: Final = Index("loans", "borrower", "loan_position")
ATTEMPTS: Final = 5


class DynamoLoanRepository:
    """The `LoanRepository` on the table of the books.

    Every loan and every return increases `loan_version`, and requires the one that it has read. So an attempt that
    DynamoDB gets late cannot undo what has happened to the book since.
    """

    def __init__(self, table: Table) -> None:
        self._table = table

    def lend(self, loan: Loan) -> Loan:
        """See `LoanRepository.lend`."""
        lent = {"borrower": loan.borrower, "lent_at": loan.lent_at.isoformat(), "loan_position": loan.position}
        for _ in range(ATTEMPTS):
            item = self._item(loan.book_id)
            if "borrower" in item:
                if item["borrower"] == loan.borrower:
                    return _from_item(item)
                raise BookAlreadyLent("The book is lent to someone else: try again when it has been returned.")
            if self._changed(item, lent):
                return loan
        raise BookBusy("Please try again.")

    def end(self, book_id: str, *, borrower: str | None) -> None:
        """See `LoanRepository.end`."""
        for _ in range(ATTEMPTS):
            item = self._item(book_id)
            if "borrower" not in item:
                raise LoanNotFound("The book is not lent: there is no loan to end.")
            if borrower not in (None, item["borrower"]):
                raise NotYourLoan
            if self._changed(item, {}, ("borrower", "lent_at", "loan_position")):
                return
        raise BookBusy("Please try again.")

    def of(self, borrower: str, *, limit: int, after: str | None = None) -> Listed[Loan]:
        """See `LoanRepository.of`."""
        start = {"loan_position": after, **book_key(after.rpartition("#")[2])._asdict()} if after else None
        found = self._table.query(LOANS, borrower, limit=limit, after=start)
        loans = [_from_item(item) for item in found.items]
        return Listed(loans, loans[-1].position if found.more else None)

    def _item(self, book_id: str) -> dict[str, Any]:
        """Return the book's item.

        Raises:
            BookNotFound: No book has this id.
        """
        item = self._table.get(book_key(book_id))
        if item is None:
            raise BookNotFound(book_id)
        return item

    def _changed(self, known: dict[str, Any], changed: Mapping[str, Plain], removed: Sequence[str] = ()) -> bool:
        """Return whether no loan began or ended since the item was read, so that it has been changed."""
        update = Update(
            key=ItemKey(known["pk"], known["sk"]),
            set={**changed, "loan_version": known.get("loan_version", 0) + 1},
            remove=removed,
            # The version before this one (decision 0030) changes `lent_at` only.
            condition=_still(known, "loan_version", "lent_at"),
        )
        try:
            self._table.write(update)
        except ConditionsFailed:
            return False
        return True


def _still(known: dict[str, Any], *names: str) -> Condition:
    """Return the condition that the item exists, and that its attributes are as they are known."""
    condition = EXISTS
    for name in names:
        condition &= Attr(name).eq(known[name]) if name in known else Attr(name).not_exists()
    return condition


def _from_item(item: dict[str, Any]) -> Loan:
    return Loan(book_id=book_id_of(item), borrower=item["borrower"], lent_at=datetime.fromisoformat(item["lent_at"]))
