"""What the books service asks of DynamoDB."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from books.domain import Book
from books.loan_repository import DynamoLoanRepository
from books.repository import DynamoBookRepository
from common.dynamodb.table import Table
from tests.books.shelves import BOOK, book, loan
from tests.operations.cases import Case, get, page, together
from tests.operations.filling import filling
from tests.support.tokens import bearer

ALL: Final = "/api/v1/books"
ONE: Final = f"{ALL}/{{book_id}}"
LOANS: Final = f"{ALL}/loans"
LOAN: Final = f"{ONE}/loan"

# Subjects as the users service issues them; the first one has added the books.
OWNER, BORROWER, READER = "108851073249281", "108851073249282", "108851073249283"
THIS: Final = replace(book(1), created_by=OWNER)
OTHER: Final = replace(book(2), created_by=OWNER)
BARE: Final = replace(THIS, tags=())
NEW: Final = {
    "title": "The Mythical Man-Month",
    "author": "Frederick P. Brooks Jr.",
    "isbn": "0-201-83595-9",
    "published_year": 1995,
    "tags": ["engineering", "management"],
}


def on_shelf(*present: Book) -> Callable[[Table], None]:
    """Before the request: these books are there."""

    def add(table: Table) -> None:
        for each in present:
            DynamoBookRepository(table).add(each)

    return add


def lent(table: Table) -> None:
    """Before the request: THIS is lent to BORROWER."""
    on_shelf(THIS)(table)
    DynamoLoanRepository(table).lend(loan(1, BORROWER))


def many(count: int) -> Callable[[Table], None]:
    """Before the request: that many books are there, all of one author, with the same tags, and lent to BORROWER."""

    def fill(table: Table) -> None:
        with filling(table) as kept:
            for number in range(count):
                DynamoBookRepository(kept).add(replace(book(number), created_by=OWNER))
                DynamoLoanRepository(kept).lend(loan(number, BORROWER))

    return fill


def by(subject: str, *scopes: str, **sent: Any) -> dict[str, Any]:
    """The arguments of a request that the subject sends."""
    return {"headers": bearer(subject, *scopes), **sent}


def _case(method: str, path: str, said: str, status: int, *calls: str, **more: Any) -> Case:
    usual: dict[str, Any] = {"before": on_shelf(THIS, OTHER), "path": path.format(book_id=THIS.id)}
    return Case(operation=(method, path), said=said, status=status, calls=calls, **(usual | more))


BOOK_READ = get("BOOK")
ADD = together("Put BOOK if", "Put ISBN if", "Put TAG", "Put TAG")
LEND = "UpdateItem BOOK if"
REMOVE = together("Delete BOOK if", "Delete ISBN", "Delete TAG", "Delete TAG")

CASES: Final = (
    _case("get", f"{ALL}/health", "the service lives", 200),
    _case("get", ALL, "a full page of all books", 200, page("listing", 20), before=many(25)),
    _case(
        "get",
        ALL,
        "a full page of an author",
        200,
        page("author", 20),
        sent={"params": {"author": BOOK.author}},
        before=many(25),
    ),
    _case(
        "get",
        ALL,
        "a full page with a tag",
        200,
        page("listing", 20),
        sent={"params": {"tag": "logic"}},
        before=many(25),
    ),
    _case("get", ALL, "of an author and with a tag", 422, sent={"params": {"author": "a", "tag": "b"}}),
    _case("post", ALL, "with two tags", 201, ADD, sent=by(OWNER, json=NEW)),
    _case(
        "post",
        ALL,
        "without tags",
        201,
        together("Put BOOK if", "Put ISBN if"),
        sent=by(OWNER, json=NEW | {"tags": []}),
    ),
    _case(
        "post",
        ALL,
        "the ISBN is taken",
        409,
        ADD,
        sent=by(OWNER, json=NEW),
        before=on_shelf(replace(THIS, isbn="9780201835953")),
    ),
    _case("post", ALL, "without a token", 401, sent={"json": NEW}),
    _case("get", ONE, "the book is there", 200, BOOK_READ),
    _case("get", ONE, "there is no such book", 404, BOOK_READ, before=on_shelf(OTHER)),
    _case(
        "patch",
        ONE,
        "another title, of a book with two tags",
        200,
        BOOK_READ,
        together("Update BOOK if", "Put TAG", "Put TAG"),
        sent=by(OWNER, json={"title": "Gödel, Escher, Bach"}),
    ),
    _case(
        "patch",
        ONE,
        "another title, of a book without tags",
        200,
        BOOK_READ,
        "UpdateItem BOOK if",
        sent=by(OWNER, json={"title": "Gödel, Escher, Bach"}),
        before=on_shelf(BARE),
    ),
    _case(
        "patch",
        ONE,
        "another ISBN",
        200,
        BOOK_READ,
        together("Update BOOK if", "Put TAG", "Put TAG", "Delete ISBN", "Put ISBN if"),
        sent=by(OWNER, json={"isbn": NEW["isbn"]}),
    ),
    _case(
        "patch",
        ONE,
        "the ISBN is taken",
        409,
        BOOK_READ,
        together("Update BOOK if", "Put TAG", "Put TAG", "Delete ISBN", "Put ISBN if"),
        sent=by(OWNER, json={"isbn": NEW["isbn"]}),
        before=on_shelf(THIS, replace(OTHER, isbn="9780201835953")),
    ),
    _case(
        "patch",
        ONE,
        "one tag in the place of another",
        200,
        BOOK_READ,
        together("Update BOOK if", "Put TAG", "Put TAG", "Delete TAG"),
        sent=by(OWNER, json={"tags": ["logic", "art"]}),
    ),
    _case("patch", ONE, "nothing is different", 200, BOOK_READ, sent=by(OWNER, json={"title": THIS.title})),
    _case("patch", ONE, "somebody else has added it", 403, BOOK_READ, sent=by(READER, json={"title": "Mine"})),
    _case(
        "patch",
        ONE,
        "another version is expected",
        412,
        BOOK_READ,
        sent={"headers": bearer(OWNER) | {"If-Match": '"2"'}, "json": {"title": "Mine"}},
    ),
    _case("delete", ONE, "a book with two tags", 204, BOOK_READ, REMOVE, sent=by(OWNER)),
    _case("delete", ONE, "the book is lent", 409, BOOK_READ, REMOVE, sent=by(OWNER), before=lent),
    _case("delete", ONE, "somebody else has added it", 403, BOOK_READ, sent=by(READER)),
    _case("get", LOANS, "a full page", 200, page("loans", 20), sent=by(BORROWER), before=many(25)),
    _case("put", LOAN, "the book is free", 201, LEND, sent=by(BORROWER)),
    _case("put", LOAN, "who asks has it already", 200, LEND, sent=by(BORROWER), before=lent),
    _case("put", LOAN, "somebody else has it", 409, LEND, sent=by(READER), before=lent),
    _case("put", LOAN, "there is no such book", 404, LEND, BOOK_READ, sent=by(READER), before=on_shelf(OTHER)),
    _case("delete", LOAN, "by who has it", 204, LEND, sent=by(BORROWER), before=lent),
    _case("delete", LOAN, "by an administrator", 204, LEND, sent=by(READER, "books:admin"), before=lent),
    _case("delete", LOAN, "somebody else has it", 403, LEND, sent=by(READER), before=lent),
    _case("delete", LOAN, "it is not lent", 404, LEND, sent=by(BORROWER)),
)
