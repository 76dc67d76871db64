"""Every operation of the deployed API, asked for by everyone: who may do what."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import httpx2
import pytest

from common.auth.keys import SigningKey
from local_aws.session import Session
from tests.books.journeys.requests import add_book, new_book
from tests.support.deployed.signing import Signer
from tests.support.problem import assert_problem
from tests.users.journeys.accounts import PASSWORD, Person, grant, log_in, new_email, register

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

REALM = 'Bearer realm="bookshelf"'
FORGER = SigningKey.of("a key that the deployment has never had, of 32 bytes at least")

# Who asks. A thing is the owner's: the user itself, or the book that it has added and borrowed.
NOBODY = "nobody"
FORGED = "who signs by a key that is none of ours"
DEACTIVATED = "a deactivated user"
OWNER = "the owner"
OTHER = "another user"
USERS_ADMIN = "an administrator of users"
BOOKS_ADMIN = "an administrator of books"
ROLES = (NOBODY, FORGED, DEACTIVATED, OWNER, OTHER, USERS_ADMIN, BOOKS_ADMIN)


class Thing(NamedTuple):
    """What is asked about: a user or a book of its own for each request."""

    id: object
    owner: Person


class Operation(NamedTuple):
    """An operation, and what it answers to whom.

    Attributes:
        good: The status for who may.
        who: Those who may.
        needed: The scope that the others would need; the challenge names it.
        code: Of the problem that those get who lack it.
        sent: Further arguments of the request.
    """

    good: int
    who: tuple[str, ...]
    needed: str | None = None
    code: str = "forbidden"
    sent: Callable[[Thing], Mapping[str, Any]] = lambda _: {}


KNOWN = (OWNER, OTHER, USERS_ADMIN, BOOKS_ADMIN)
BELIEVED = (*KNOWN, DEACTIVATED)  # by books, until the token expires
ITSELF: dict[str, Any] = {"who": (OWNER, USERS_ADMIN), "needed": "users:admin"}
ADMINISTRATORS: dict[str, Any] = {"who": (USERS_ADMIN,), "needed": "users:admin"}
THEIRS: dict[str, Any] = {"who": (OWNER, BOOKS_ADMIN), "needed": "books:admin"}
OPERATIONS = {
    ("get", "/api/v1/users/health"): Operation(200, ROLES),
    ("post", "/api/v1/users"): Operation(
        201, ROLES, sent=lambda _: {"json": {"email": new_email(), "username": "reader"}}
    ),
    ("get", "/api/v1/users"): Operation(200, **ADMINISTRATORS),
    ("get", "/api/v1/users/me"): Operation(200, KNOWN),
    ("get", "/api/v1/users/{user_id}"): Operation(200, ROLES),
    ("patch", "/api/v1/users/{user_id}"): Operation(200, **ITSELF, sent=lambda _: {"json": {"username": "changed"}}),
    ("delete", "/api/v1/users/{user_id}"): Operation(204, **ITSELF),
    ("put", "/api/v1/users/{user_id}/password"): Operation(
        204, **ITSELF, sent=lambda _: {"json": {"password": "another battery staple", "current_password": PASSWORD}}
    ),
    ("post", "/api/v1/users/{user_id}/erasure"): Operation(204, **ADMINISTRATORS),
    ("post", "/api/v1/users/token"): Operation(200, ROLES, sent=lambda thing: {"data": thing.owner.form}),
    ("get", "/api/v1/books/health"): Operation(200, ROLES),
    ("get", "/api/v1/books"): Operation(200, ROLES),
    ("post", "/api/v1/books"): Operation(201, BELIEVED, sent=lambda _: {"json": new_book()}),
    ("get", "/api/v1/books/{book_id}"): Operation(200, ROLES),
    ("patch", "/api/v1/books/{book_id}"): Operation(
        200, **THEIRS, code="not-your-book", sent=lambda _: {"json": {"title": "Changed"}}
    ),
    ("delete", "/api/v1/books/{book_id}"): Operation(204, **THEIRS, code="not-your-book"),
    ("get", "/api/v1/books/loans"): Operation(200, BELIEVED),
    ("put", "/api/v1/books/{book_id}/loan"): Operation(201, BELIEVED),
    ("delete", "/api/v1/books/{book_id}/loan"): Operation(204, **THEIRS, code="not-your-loan"),
}


def refusal(operation: Operation, role: str, path: str) -> tuple[int, str, str] | None:
    """Status, code and challenge for those who may not, None for those who may."""
    if role in operation.who:
        return None
    if role == NOBODY:
        return 401, "unauthenticated", REALM
    if role == FORGED:
        return 401, "invalid-token", f'{REALM}, error="invalid_token"'
    if role == DEACTIVATED and path.startswith("/api/v1/users"):
        return 401, "account-inactive", f'{REALM}, error="invalid_token"'
    return 403, operation.code, f'{REALM}, error="insufficient_scope", scope="{operation.needed}"'


@pytest.fixture(scope="module")
def signer(session: Session) -> Signer:
    return Signer(session)


@pytest.fixture(scope="module")
def documents(deployed_api: httpx2.Client) -> dict[tuple[str, str], dict[str, Any]]:
    """What the deployed documents say about each operation."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for address in deployed_api.get("/openapi.json").json().values():
        for path, methods in deployed_api.get(address).json()["paths"].items():
            found |= {(method, path): operation for method, operation in methods.items()}
    return found


@pytest.fixture(scope="module")
def headers(deployed_api: httpx2.Client, dynamodb: "DynamoDBClient", signer: Signer) -> dict[str, dict[str, str]]:
    """How everyone but the owner asks."""
    asleep, other, users_admin, books_admin = (register(deployed_api) for _ in range(4))
    grant(dynamodb, users_admin, "users:admin")
    grant(dynamodb, books_admin, "books:admin")
    own = {
        DEACTIVATED: log_in(deployed_api, asleep),
        OTHER: log_in(deployed_api, other),
        USERS_ADMIN: log_in(deployed_api, users_admin),
        BOOKS_ADMIN: log_in(deployed_api, books_admin),
    }
    assert deployed_api.delete(asleep.path, headers=own[DEACTIVATED]).status_code == 204
    return own | {NOBODY: {}, FORGED: signer.bearer(users_admin.id, "users:admin", "books:admin", key=FORGER)}


def test_every_operation_that_is_deployed_is_among_these(documents: dict[tuple[str, str], dict[str, Any]]) -> None:
    assert set(documents) == set(OPERATIONS)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_an_operation_is_for_exactly_those(
    deployed_api: httpx2.Client,
    headers: dict[str, dict[str, str]],
    signer: Signer,
    documents: dict[tuple[str, str], dict[str, Any]],
    method: str,
    path: str,
    role: str,
) -> None:
    operation = OPERATIONS[method, path]
    owner = register(deployed_api)
    own = signer.bearer(owner.id)
    thing = Thing(owner.id, owner)
    if "{book_id}" in path:
        book = add_book(deployed_api, own)
        if (method, path) == ("delete", "/api/v1/books/{book_id}/loan"):
            assert deployed_api.put(f"{book}/loan", headers=own).status_code == 201
        thing = Thing(book.rpartition("/")[2], owner)
    address = path.replace("{user_id}", str(thing.id)).replace("{book_id}", str(thing.id))
    answer = deployed_api.request(method, address, headers=headers.get(role, own), **operation.sent(thing))

    expected = refusal(operation, role, path)
    if expected is None:
        assert answer.status_code == operation.good, answer.text
        return
    status, code, challenge = expected
    assert_problem(answer, status, code)
    assert answer.headers["www-authenticate"] == challenge
    declared = documents[method, path]["responses"][str(status)]["content"]["application/problem+json"]
    assert code in declared["examples"]
