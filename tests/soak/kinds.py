"""The kinds of requests that a soak mixes, and what each of them must come to."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

type Make = Callable[[int], dict[str, Any]]

BROKEN_USER = 13  # for tests that store one: nothing but its keys


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of request.

    Attributes:
        status: What the function answers.
        weight: How often it is sent, compared to others.
        route: The template that answers.
        problem: The code of the answer's problem.
        tally: What it counts in its service's domain.
        body: Makes the JSON that is sent from the request's number.
        form: The same for the fields of a form.
        signed: Whether it shows a user's token.
    """

    method: str
    path: str
    status: int
    weight: int
    route: str
    problem: str | None = None
    tally: str | None = None
    body: Make | None = None
    form: Make | None = None
    signed: bool = False

    @property
    def service(self) -> str:
        """Which service answers."""
        return "books" if self.path.startswith("/api/v1/books") else "users"


def _isbn(number: int) -> str:
    digits = f"978{number:09}"
    return digits + str(-sum(int(digit) * (3 if at % 2 else 1) for at, digit in enumerate(digits)) % 10)


def _book(number: int) -> dict[str, Any]:
    return {"title": "Dune", "author": "F. H.", "isbn": _isbn(number)}


def _user(number: int) -> dict[str, Any]:
    return {"email": f"{number}@example.com", "username": "soaked"}


def _taken(_: int) -> dict[str, Any]:
    return {"email": "cto@example.com", "username": "again"}


def _large(_: int) -> dict[str, Any]:
    return {"email": "x" * 200_000}


def _stranger(number: int) -> dict[str, Any]:
    return {"grant_type": "password", "username": f"{number}@example.org", "password": "correct horse"}


UNKNOWN_BOOK = "/api/v1/books/019b76da-a800-7000-8000-00000000ffff"
BOOK = "/api/v1/books/{book_id}"
TOKEN = "/api/v1/users/token"
LOANS = "/api/v1/books/loans"
USER = "/users/{user_id}"

KINDS = (
    Kind("GET", "/users/1", 200, 30, USER),
    Kind("GET", "/api/v1/users/2", 200, 10, "/api/v1/users/{user_id}"),
    Kind("GET", "/", 200, 5, "/"),
    Kind("GET", "/api/v1/books/health", 200, 10, "/api/v1/books/health"),
    Kind("GET", "/users/77", 404, 5, USER, "user-not-found"),
    Kind("GET", UNKNOWN_BOOK, 404, 15, BOOK, "book-not-found"),
    Kind("GET", "/nowhere", 404, 5, "unmatched"),
    Kind("GET", "/users/abc", 422, 5, USER, "invalid-request"),
    Kind("POST", "/users/", 409, 3, "/users/", "email-taken", body=_taken),
    Kind("POST", "/users/", 422, 2, "/users/", "invalid-request", body=_large),
    Kind("POST", "/users/", 201, 5, "/users/", tally="UsersRegistered", body=_user),
    Kind("POST", "/api/v1/books", 201, 5, "/api/v1/books", tally="BooksCreated", body=_book, signed=True),
    Kind("GET", "/api/v1/books?limit=5", 200, 5, "/api/v1/books"),
    Kind("GET", LOANS, 200, 5, LOANS, signed=True),
    Kind("GET", LOANS, 401, 2, LOANS, "unauthenticated"),
    Kind("PUT", f"{UNKNOWN_BOOK}/loan", 404, 2, f"{BOOK}/loan", "book-not-found", signed=True),
    Kind("GET", "/api/v1/users/me", 200, 5, "/api/v1/users/me", signed=True),
    Kind("GET", "/api/v1/users", 403, 2, "/api/v1/users", "forbidden", signed=True),
    Kind(
        "POST",
        "/api/v1/users/token",
        401,
        1,
        "/api/v1/users/token",
        "invalid-credentials",
        "TokensRefused",
        form=_stranger,
    ),
)
BUG = Kind("GET", f"/users/{BROKEN_USER}", 500, 3, USER, "internal-error")
