"""The rows of loans; see `tests/books/profile.py`."""

from typing import Final, NoReturn

from books import dependencies
from books.domain import BookBusy
from books.loans import Loan
from tests.books.stored import ALL, OTHER_BOOK, filled, lent, stored
from tests.support.dynamodb_calls import get, page
from tests.support.profile import AUTHENTICATED, DAMAGED_CURSOR, OTHER, Case, Operation, SoakRequest, owner_or

UNKNOWN: Final = "019b76da-a800-7000-8000-00000000ffff"
LOAN: Final = f"{ALL}/{{book_id}}/loan"
READ: Final = get("BOOK")
WRITE: Final = "UpdateItem BOOK if"


class _BusyLoans:
    """Loans of a book that others borrow and return all the time."""

    def lend(self, loan: Loan) -> NoReturn:
        raise BookBusy(loan.book_id)

    def end(self, book_id: str, *, borrower: str | None) -> NoReturn:
        raise BookBusy(f"{book_id} {borrower}")


async def _busy_loans() -> object:
    return _BusyLoans()


BUSY: Final = Case(
    name="concurrent loans", status=503, problem="book-busy", overrides={dependencies.loan_repository: _busy_loans}
)
LOANS: Final = (
    Operation(
        method="GET",
        path=f"{ALL}/loans",
        access=AUTHENTICATED,
        problems={400: frozenset({"invalid-cursor"})},
        span="loans.list",
        cases=(
            Case(name="full page", status=200, calls=(page("loans"),), before=filled(25), page=True),
            Case(name="damaged cursor", status=400, problem="invalid-cursor", sent=DAMAGED_CURSOR),
        ),
        soak=(
            SoakRequest(weight=5, status=200, signed=True),
            SoakRequest(weight=2, status=401, problem="unauthenticated"),
        ),
    ),
    Operation(
        method="PUT",
        path=LOAN,
        access=AUTHENTICATED,
        problems={
            404: frozenset({"book-not-found"}),
            409: frozenset({"book-already-lent"}),
            503: frozenset({"book-busy"}),
        },
        span="loans.lend",
        metrics={201: "BooksLent", 200: "IdempotentReplays"},
        cases=(
            Case(name="book is free", status=201, calls=(READ, WRITE)),
            Case(name="caller has it already", status=200, calls=(READ,), before=lent),
            Case(
                name="lent to someone else",
                status=409,
                problem="book-already-lent",
                calls=(READ,),
                role=OTHER,
                before=lent,
            ),
            Case(
                name="unknown book",
                status=404,
                problem="book-not-found",
                calls=(READ,),
                before=stored(OTHER_BOOK),
            ),
            BUSY,
        ),
        soak=(SoakRequest(weight=2, status=404, problem="book-not-found", path=f"{ALL}/{UNKNOWN}/loan", signed=True),),
    ),
    Operation(
        method="DELETE",
        path=LOAN,
        access=owner_or("books:admin", "not-your-loan"),
        repeated=frozenset({"loan-not-found"}),
        problems={404: frozenset({"book-not-found", "loan-not-found"}), 503: frozenset({"book-busy"})},
        needs=("PUT", LOAN),
        span="loans.return",
        metrics={204: "BooksReturned"},
        cases=(
            Case(name="by the borrower", status=204, calls=(READ, WRITE), before=lent),
            Case(name="by an administrator", status=204, calls=(READ, WRITE), role="books:admin", before=lent),
            Case(
                name="lent to someone else",
                status=403,
                problem="not-your-loan",
                calls=(READ,),
                role=OTHER,
                before=lent,
            ),
            Case(name="not lent", status=404, problem="loan-not-found", calls=(READ,)),
            Case(
                name="unknown book",
                status=404,
                problem="book-not-found",
                calls=(READ,),
                before=stored(OTHER_BOOK),
            ),
            BUSY,
        ),
        soak=(SoakRequest(weight=2, status=404, problem="book-not-found", path=f"{ALL}/{UNKNOWN}/loan", signed=True),),
    ),
)
