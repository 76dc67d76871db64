"""Each operation of both services with the DynamoDB calls that it makes, no more and no fewer."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.operations.library import ADMIN, AUTHOR, PASSWORD, READER, SLEEPER, TAGS, Library, book_id, isbn
from tests.operations.recorder import Call
from tests.support.tokens import bearer

USERS, BOOKS = "/api/v1/users", "/api/v1/books"
NEW_BOOK = {"title": "A Wizard of Earthsea", "author": AUTHOR, "tags": ["fantasy", "novel"], "published_year": 1968}
# Of the books that nobody has borrowed, each is used by one operation.
CHANGED, MOVED, REMOVED, BORROWED, AGAIN, RETURNED, READ = range(1, 8)


@dataclass(frozen=True)
class Operation:
    """A request, the status that it gets, and the calls that it makes.

    Attributes:
        route: Method and path as the OpenAPI document has them.
        case: What is special about this request, if anything is.
    """

    route: str
    case: str
    send: Callable[[Library], Any]
    status: int
    calls: tuple[str, ...]

    @property
    def name(self) -> str:
        return f"{self.route}, {self.case}" if self.case else self.route

    @property
    def service(self) -> str:
        return self.route.split("/")[3]

    def measure(self, library: Library) -> list[Call]:
        """Make the request and return its calls."""
        library.forget()
        answer = self.send(library)
        assert answer.status_code == self.status, (self.name, answer.text)
        return [call for recorder in library.recorders.values() for call in recorder.calls]


def get(path: str, who: int | None = None, *scopes: str) -> Callable[[Library], Any]:
    return ask("GET", path, who, *scopes)


def ask(method: str, path: str, who: int | None = None, *scopes: str, **more: Any) -> Callable[[Library], Any]:
    def send(library: Library) -> Any:
        client = library.books if path.startswith(BOOKS) else library.users
        return client.request(method, path, headers=bearer(who, *scopes) if who else {}, **more)

    return send


def following(path: str, who: int | None = None, *scopes: str) -> Callable[[Library], Any]:
    """Ask for the second page of a list, without recording how the first one was read."""

    def send(library: Library) -> Any:
        first = ask("GET", path, who, *scopes)(library)
        library.forget()
        return ask("GET", first.json()["next"], who, *scopes)(library)

    return send


def log_in(number: int, password: str = PASSWORD) -> Callable[[Library], Any]:
    form = {"grant_type": "password", "username": f"reader{number:05}@example.com", "password": password}
    return ask("POST", f"{USERS}/token", data=form)


def user(number: int) -> str:
    return f"{USERS}/{number}"


def book(number: int) -> str:
    return f"{BOOKS}/{book_id(number)}"


ME = "GetItem users USER"
COUNTED = ("GetItem users LOGIN", "PutItem users LOGIN")
LOGIN = (*COUNTED, "GetItem users EMAIL", "GetItem users PASSWORD", ME)
NEW_USER = {"email": "new@example.com", "username": "new"}
OTHER_USER = {"email": "other@example.com", "username": "other", "password": PASSWORD}
CHANGE_PASSWORD = {"password": "another " + PASSWORD}

OF_USERS = [
    Operation(
        f"POST {USERS}",
        "without a password",
        ask("POST", USERS, json=NEW_USER),
        201,
        ("TransactWriteItems users Put USER, Put EMAIL",),
    ),
    Operation(
        f"POST {USERS}",
        "with a password",
        ask("POST", USERS, json=OTHER_USER),
        201,
        ("TransactWriteItems users Put USER, Put EMAIL, Put PASSWORD",),
    ),
    Operation(f"POST {USERS}/token", "", log_in(READER), 200, (*LOGIN, "DeleteItem users LOGIN")),
    Operation(f"POST {USERS}/token", "wrong password", log_in(ADMIN, "wrong " + PASSWORD), 401, LOGIN),
    Operation(f"POST {USERS}/token", "unknown user", log_in(99_999), 401, LOGIN),
    Operation(f"POST {USERS}/token", "user without a password", log_in(4), 401, LOGIN),
    Operation(f"POST {USERS}/token", "deactivated user", log_in(SLEEPER), 401, LOGIN),
    Operation(f"GET {USERS}", "20 users", get(USERS, ADMIN, "users:admin"), 200, (ME, "Query users/listing limit 21")),
    Operation(
        f"GET {USERS}",
        "the next 20",
        following(USERS, ADMIN, "users:admin"),
        200,
        (ME, "Query users/listing limit 21"),
    ),
    Operation(
        f"GET {USERS}",
        "100 users",
        get(f"{USERS}?limit=100", ADMIN, "users:admin"),
        200,
        (ME, "Query users/listing limit 101"),
    ),
    Operation(f"GET {USERS}", "not an administrator", get(USERS, READER), 403, (ME,)),
    Operation(f"GET {USERS}", "without a token", get(USERS), 401, ()),
    Operation(f"GET {USERS}/me", "", get(f"{USERS}/me", READER), 200, (ME,)),
    Operation(f"GET {USERS}/{{user_id}}", "", get(user(READER)), 200, (ME,)),
    Operation(
        f"PATCH {USERS}/{{user_id}}",
        "username",
        ask("PATCH", user(5), 5, json={"username": "changed-6789"}),
        200,
        (ME, ME, "UpdateItem users USER"),
    ),
    Operation(
        f"PATCH {USERS}/{{user_id}}",
        "e-mail address",
        ask("PATCH", user(5), 5, json={"email": "changed00005@example.com"}),
        200,
        (ME, ME, "TransactWriteItems users Update USER, Put EMAIL, Delete EMAIL"),
    ),
    Operation(
        f"PUT {USERS}/{{user_id}}/password",
        "by the user",
        ask("PUT", f"{user(READER)}/password", READER, json=CHANGE_PASSWORD | {"current_password": PASSWORD}),
        204,
        (
            ME,
            "GetItem users PASSWORD",
            *COUNTED,
            "TransactWriteItems users ConditionCheck USER, Put PASSWORD",
            "DeleteItem users LOGIN",
        ),
    ),
    Operation(
        f"PUT {USERS}/{{user_id}}/password",
        "by an administrator",
        ask("PUT", f"{user(6)}/password", ADMIN, "users:admin", json=CHANGE_PASSWORD),
        204,
        (ME, ME, "TransactWriteItems users ConditionCheck USER, Put PASSWORD", "DeleteItem users LOGIN"),
    ),
    Operation(f"DELETE {USERS}/{{user_id}}", "", ask("DELETE", user(7), 7), 204, (ME, ME, "UpdateItem users USER")),
    Operation(
        f"POST {USERS}/{{user_id}}/erasure",
        "",
        ask("POST", f"{user(8)}/erasure", ADMIN, "users:admin"),
        204,
        (ME, ME, "TransactWriteItems users Update USER, Delete EMAIL, Delete PASSWORD, Delete LOGIN"),
    ),
    Operation(f"GET {USERS}/health", "", get(f"{USERS}/health"), 200, ()),
]

FOUND = "GetItem books BOOK"
LISTS = {"": BOOKS, "by author": f"{BOOKS}?author={AUTHOR}", "by tag": f"{BOOKS}?tag={TAGS[0]}"}
INDEX = {"": "listing", "by author": "author", "by tag": "listing"}

OF_BOOKS = [
    Operation(
        f"POST {BOOKS}",
        "two tags",
        ask("POST", BOOKS, READER, json=NEW_BOOK | {"isbn": isbn(900_000_000)}),
        201,
        ("TransactWriteItems books Put BOOK, Put ISBN, Put TAG, Put TAG",),
    ),
    Operation(f"POST {BOOKS}", "without a token", ask("POST", BOOKS, json=NEW_BOOK), 401, ()),
    *(
        Operation(
            f"GET {BOOKS}",
            f"20 books {how}".strip(),
            get(path),
            200,
            (f"Query books/{INDEX[how]} limit 21",),
        )
        for how, path in LISTS.items()
    ),
    *(
        Operation(
            f"GET {BOOKS}",
            f"the next 20 {how}".strip(),
            following(path),
            200,
            (f"Query books/{INDEX[how]} limit 21",),
        )
        for how, path in LISTS.items()
    ),
    Operation(f"GET {BOOKS}", "100 books", get(f"{BOOKS}?limit=100"), 200, ("Query books/listing limit 101",)),
    Operation(f"GET {BOOKS}/{{book_id}}", "", get(book(READ)), 200, (FOUND,)),
    Operation(
        f"PATCH {BOOKS}/{{book_id}}",
        "title",
        ask("PATCH", book(CHANGED), READER, json={"title": "The Lathe of Heaven"}),
        200,
        (FOUND, "TransactWriteItems books Update BOOK, Put TAG, Put TAG"),
    ),
    Operation(
        f"PATCH {BOOKS}/{{book_id}}",
        "ISBN and one tag for another",
        ask("PATCH", book(MOVED), READER, json={"isbn": isbn(900_000_001), "tags": ["novel", "planet"]}),
        200,
        (FOUND, "TransactWriteItems books Update BOOK, Put TAG, Put TAG, Delete TAG, Delete ISBN, Put ISBN"),
    ),
    Operation(
        f"DELETE {BOOKS}/{{book_id}}",
        "",
        ask("DELETE", book(REMOVED), READER),
        204,
        (FOUND, "TransactWriteItems books Delete BOOK, Delete ISBN, Delete TAG, Delete TAG"),
    ),
    Operation(
        f"PUT {BOOKS}/{{book_id}}/loan",
        "",
        ask("PUT", f"{book(BORROWED)}/loan", ADMIN),
        201,
        ("UpdateItem books BOOK",),
    ),
    Operation(
        f"PUT {BOOKS}/{{book_id}}/loan",
        "lent to somebody else",
        ask("PUT", f"{book(BORROWED)}/loan", READER),
        409,
        ("UpdateItem books BOOK",),
    ),
    Operation(
        f"DELETE {BOOKS}/{{book_id}}/loan",
        "",
        ask("DELETE", f"{book(BORROWED)}/loan", ADMIN),
        204,
        ("UpdateItem books BOOK",),
    ),
    Operation(f"GET {BOOKS}/loans", "20 loans", get(f"{BOOKS}/loans", READER), 200, ("Query books/loans limit 21",)),
    Operation(
        f"GET {BOOKS}/loans", "the next 20", following(f"{BOOKS}/loans", READER), 200, ("Query books/loans limit 21",)
    ),
    Operation(f"GET {BOOKS}/health", "", get(f"{BOOKS}/health"), 200, ()),
]

OPERATIONS = OF_USERS + OF_BOOKS


def measured(library: Library) -> dict[str, list[Call]]:
    """Make every request once, in this order, and return the calls of each by its operation's name."""
    return {operation.name: operation.measure(library) for operation in OPERATIONS}
