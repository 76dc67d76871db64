"""The profile of the books service for the conformance suites."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from books import dependencies
from books.domain import new_book_id
from tests.books.fake_repository import BusyBookRepository
from tests.books.loan_profile import LOANS, UNKNOWN
from tests.books.stored import ALL, OTHER_BOOK, OWNED, ROLES, filled, lent, stored
from tests.support.dynamodb_calls import get, page, together
from tests.support.profile import (
    AUTHENTICATED,
    DAMAGED_CURSOR,
    NOW,
    OTHER,
    PUBLIC,
    Bearer,
    Broken,
    Case,
    Operation,
    Owned,
    Profile,
    Sent,
    SoakRequest,
    key_cases,
    keyed,
    owner_or,
    version_cases,
)

if TYPE_CHECKING:
    import httpx2

ONE: Final = f"{ALL}/{{book_id}}"
BROKEN: Final = "019b76da-a800-7000-8000-000000000013"
EVERY_TAG: Final = ["engineering", "management"]
OTHER_TITLE: Final = {"json": {"title": "Gödel, Escher, Bach"}}

READ: Final = get("BOOK")
UNKNOWN_BOOK: Final = Case(
    name="unknown book", status=404, problem="book-not-found", calls=(READ,), before=stored(OTHER_BOOK)
)
ADD: Final = together("Put BOOK if", "Put ISBN if", "Put TAG", "Put TAG")
ADD_ONCE: Final = f"{ADD}; Put ONCE if"
REMOVE: Final = together("Delete BOOK if", "Delete ISBN", "Delete TAG", "Delete TAG")
MOVE: Final = together("Update BOOK if", "Update TAG", "Update TAG", "Delete ISBN", "Put ISBN if")


def isbn(number: int) -> str:
    """Return a valid ISBN-13 that is unique to the number."""
    digits = f"978{(number + 10**6) % 10**9:09}"  # far from those of stored books
    return digits + str(-sum(int(digit) * (3 if at % 2 else 1) for at, digit in enumerate(digits)) % 10)


def new_book(number: int) -> Sent:
    """Return the body of a book to add, with two tags."""
    return {
        "json": {
            "title": "The Mythical Man-Month",
            "author": "Frederick P. Brooks Jr.",
            "isbn": isbn(number),
            "published_year": 1995,
            "tags": EVERY_TAG,
        }
    }


def changed(_: int) -> Sent:
    """Return the body of a change."""
    return OTHER_TITLE


def _bare(number: int) -> Sent:
    book: dict[str, Any] = dict(new_book(number)["json"])
    return {"json": book | {"tags": []}}


async def _busy_books() -> object:
    return BusyBookRepository(OWNED)


BUSY: Final = Case(
    name="concurrent changes", status=503, problem="book-busy", overrides={dependencies.book_repository: _busy_books}
)
ID_TAKEN: Final = stored(replace(OTHER_BOOK, id=new_book_id(NOW, 1)))
TAKEN: Final = stored(OWNED, replace(OTHER_BOOK, isbn=isbn(0)))
BOOKS: Final = (
    Operation(
        method="GET",
        path=ALL,
        access=PUBLIC,
        problems={400: frozenset({"invalid-cursor"})},
        span="books.list",
        cases=(
            Case(name="full page of all books", status=200, calls=(page("listing"),), before=filled(25), page=True),
            Case(
                name="full page of an author",
                status=200,
                calls=(page("author"),),
                sent={"params": {"author": OWNED.author}},
                before=filled(25),
                page=True,
            ),
            Case(
                name="full page with a tag",
                status=200,
                calls=(page("listing"),),
                sent={"params": {"tag": OWNED.tags[0]}},
                before=filled(25),
                page=True,
            ),
            Case(
                name="both author and tag",
                status=422,
                problem="invalid-request",
                sent={"params": {"author": "a", "tag": "b"}},
            ),
            Case(name="damaged cursor", status=400, problem="invalid-cursor", sent=DAMAGED_CURSOR),
        ),
        soak=(SoakRequest(weight=5, status=200, path=f"{ALL}?limit=5"),),
    ),
    Operation(
        method="POST",
        path=ALL,
        access=AUTHENTICATED,
        send=new_book,
        problems={409: frozenset({"isbn-taken"}), 503: frozenset({"book-id-taken"})},
        span="books.add",
        metrics={201: "BooksCreated"},
        cases=(
            Case(name="with two tags", status=201, calls=(ADD,)),
            Case(name="without tags", status=201, calls=(together("Put BOOK if", "Put ISBN if"),), sent=_bare(0)),
            Case(name="ISBN taken", status=409, problem="isbn-taken", calls=(ADD,), before=TAKEN),
            Case(name="generated id taken", status=503, problem="book-id-taken", calls=(ADD,), before=ID_TAKEN),
            *key_cases(new_book, (ADD_ONCE,)),
            Case(
                name="ISBN taken, with an Idempotency-Key",
                status=409,
                problem="isbn-taken",
                calls=(ADD_ONCE, get("ONCE")),
                sent=keyed(new_book(0)),
                before=TAKEN,
            ),
        ),
        soak=(SoakRequest(weight=5, status=201, signed=True),),
    ),
    Operation(
        method="GET",
        path=ONE,
        access=PUBLIC,
        problems={404: frozenset({"book-not-found"})},
        cases=(
            Case(name="book exists", status=200, calls=(READ,)),
            UNKNOWN_BOOK,
        ),
        soak=(SoakRequest(weight=15, status=404, problem="book-not-found", path=f"{ALL}/{UNKNOWN}"),),
    ),
    Operation(
        method="PATCH",
        path=ONE,
        access=owner_or("books:admin", "not-your-book"),
        send=changed,
        problems={
            400: frozenset({"invalid-precondition"}),
            404: frozenset({"book-not-found"}),
            409: frozenset({"isbn-taken"}),
            412: frozenset({"version-mismatch"}),
            503: frozenset({"book-busy"}),
        },
        span="books.change",
        cases=(
            Case(
                name="another title, two tags",
                status=200,
                calls=(READ, together("Update BOOK if", "Update TAG", "Update TAG")),
            ),
            Case(
                name="another title, no tags",
                status=200,
                calls=(READ, "UpdateItem BOOK if"),
                before=stored(replace(OWNED, tags=())),
            ),
            Case(name="another ISBN", status=200, calls=(READ, MOVE), sent={"json": {"isbn": isbn(0)}}),
            Case(
                name="ISBN taken",
                status=409,
                problem="isbn-taken",
                calls=(READ, MOVE),
                sent={"json": {"isbn": isbn(0)}},
                before=TAKEN,
            ),
            Case(
                name="one tag replaced by another",
                status=200,
                calls=(READ, together("Update BOOK if", "Update TAG", "Put TAG", "Delete TAG")),
                sent={"json": {"tags": ["logic", "art"]}},
            ),
            Case(name="nothing different", status=200, calls=(READ,), sent={"json": {"title": OWNED.title}}),
            Case(name="not the creator", status=403, problem="not-your-book", calls=(READ,), role=OTHER),
            *version_cases(OTHER_TITLE, read=(READ,)),
            BUSY,
            UNKNOWN_BOOK,
        ),
        soak=(SoakRequest(weight=2, status=404, problem="book-not-found", path=f"{ALL}/{UNKNOWN}", signed=True),),
    ),
    Operation(
        method="DELETE",
        path=ONE,
        access=owner_or("books:admin", "not-your-book"),
        repeated=frozenset({"book-not-found"}),
        problems={
            400: frozenset({"invalid-precondition"}),
            404: frozenset({"book-not-found"}),
            409: frozenset({"book-lent"}),
            412: frozenset({"version-mismatch"}),
            503: frozenset({"book-busy"}),
        },
        span="books.remove",
        cases=(
            Case(name="book with two tags", status=204, calls=(READ, REMOVE)),
            Case(name="book is lent", status=409, problem="book-lent", calls=(READ, REMOVE), before=lent),
            Case(name="not the creator", status=403, problem="not-your-book", calls=(READ,), role=OTHER),
            *version_cases(read=(READ,)),
            BUSY,
            UNKNOWN_BOOK,
        ),
        soak=(SoakRequest(weight=2, status=404, problem="book-not-found", path=f"{ALL}/{UNKNOWN}", signed=True),),
    ),
    Operation(
        method="GET",
        path=f"{ALL}/health",
        access=PUBLIC,
        cases=(Case(name="service runs", status=200),),
        soak=(SoakRequest(weight=10, status=200),),
    ),
)


def added(api: "httpx2.Client", bearer: Bearer, number: int) -> Owned:
    """Add a book through the deployed API."""
    created = api.post(ALL, headers=bearer(number), **new_book(number))
    assert created.status_code == 201, created.text
    return Owned(subject=str(number), parameters={"book_id": created.json()["id"]})


async def _now() -> object:
    return NOW


async def _random_bits() -> object:
    return lambda _: 1


PROFILE: Final = Profile(
    operations=(*BOOKS, *LOANS),
    roles=ROLES,
    parameters={"book_id": OWNED.id},
    before=stored(OWNED, OTHER_BOOK),
    fill=filled,
    items_each=4,  # the book, its ISBN and two tags
    overrides={dependencies.now: _now, dependencies.random_bits: _random_bits},
    broken=Broken(
        item={"pk": {"S": f"BOOK#{BROKEN}"}, "sk": {"S": "BOOK"}}, method="GET", path=f"{ALL}/{BROKEN}", route=ONE
    ),
    make=added,
    rules=(r"ISBN is not valid", r"year of publication is not valid", r"Filter by author or by tag"),
)
