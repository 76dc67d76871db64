"""What the users service asks of DynamoDB."""

import functools
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

from common.table import Table
from tests.operations.cases import NOW, Case, get, page, together
from tests.operations.filling import FillingTable
from tests.support.tokens import bearer
from tests.users.people import user
from users.domain import User, new_user_id
from users.login import Failures
from users.login_repository import DynamoFailureRepository
from users.passwords import Argon2Hasher
from users.repository import DynamoUserRepository

ALL: Final = "/api/v1/users"
ME: Final = f"{ALL}/me"
ONE: Final = f"{ALL}/{{user_id}}"
PASSWORDS: Final = f"{ONE}/password"
ERASURE: Final = f"{ONE}/erasure"
TOKEN: Final = f"{ALL}/token"

PASSWORD: Final = "correct horse battery staple"
WRONG: Final = "another battery staple"


def someone(number: int, email: str, username: str, **changes: Any) -> User:
    """A user with an id of the usual size; a larger number registered later."""
    at = NOW - timedelta(days=30) + timedelta(minutes=number)
    return user(new_user_id(at, number), email, username=username, created_at=at, **changes)


ADMIN: Final = someone(1, "cto@example.com", "chief-tech", scopes=frozenset({"users:admin"}))
SELF: Final = someone(2, "engineer@example.com", "senior-engineer")
OTHER: Final = someone(3, "colleague@example.com", "colleague")
ASLEEP: Final = someone(4, "former@example.com", "former-engineer", is_active=False)
FRESH: Final = someone(5, "fresh@example.com", "fresh-engineer")
PEOPLE: Final = (ADMIN, SELF, OTHER, ASLEEP, FRESH)

BY_ADMIN: Final = bearer(ADMIN.id, "users:admin")
BY_SELF: Final = bearer(SELF.id)
NEW: Final = {"email": "new@example.com", "username": "new-engineer"}


@functools.cache
def hashed(passes: int = Argon2Hasher.passes) -> str:
    return Argon2Hasher(passes=passes).hash(PASSWORD)


def registered(*present: User, passes: int = 2) -> Callable[[Table], None]:
    """Before the request: these users are there; all but FRESH have the same password."""

    def register(table: Table) -> None:
        for each in present:
            DynamoUserRepository(table).add(each, None if each == FRESH else hashed(passes))

    return register


def failed(count: int) -> Callable[[Table], None]:
    """Before the request: SELF is there, and that many attempts with its address have failed just now."""

    def fail(table: Table) -> None:
        registered(ADMIN, SELF)(table)
        DynamoFailureRepository(table).replace(SELF.email, None, Failures(count, NOW))

    return fail


def erased(table: Table) -> None:
    """Before the request: SELF has been erased."""
    registered(ADMIN, SELF)(table)
    DynamoUserRepository(table).erase(SELF.id, NOW)


def many(count: int) -> Callable[[Table], None]:
    """Before the request: that many users are there, one of them ADMIN."""

    def fill(table: Table) -> None:
        filling = FillingTable(table)
        DynamoUserRepository(filling).add(ADMIN)
        for number in range(10, 9 + count):
            DynamoUserRepository(filling).add(someone(number, f"engineer-{number}@example.com", f"engineer-{number}"))

    return fill


def _of(path: str, owner: User) -> str:
    return path.format(user_id=owner.id)


def _case(method: str, path: str, said: str, status: int, *calls: str, about: User = SELF, **more: Any) -> Case:
    usual = {"before": registered(ADMIN, SELF, OTHER), "path": _of(path, about)}
    return Case(operation=(method, path), said=said, status=status, calls=calls, **(usual | more))


def _login(email: str, password: str) -> dict[str, Any]:
    return {"data": {"grant_type": "password", "username": email, "password": password}}


USER, HASH, LOGIN = get("USER"), get("PASSWORD"), get("LOGIN")
# An attempt is counted before anything else is looked at; these are also all calls of a login that is refused.
ATTEMPT = (LOGIN, "PutItem LOGIN if", get("EMAIL"), HASH, USER)
KEEP_HASH = together("ConditionCheck USER", "Put PASSWORD if")
ALLOWED_BY = {"headers": BY_SELF}
NEW_HASH = {"password": "a battery staple that is new", "current_password": PASSWORD}

REFUSED_LOGINS: Final = (
    _case("post", TOKEN, "the password is wrong", 401, *ATTEMPT, sent=_login(SELF.email, WRONG)),
    _case("post", TOKEN, "nobody has the address", 401, *ATTEMPT, sent=_login("nobody@example.com", PASSWORD)),
    _case(
        "post",
        TOKEN,
        "the user has been deactivated",
        401,
        *ATTEMPT,
        sent=_login(ASLEEP.email, PASSWORD),
        before=registered(ASLEEP),
    ),
    _case(
        "post",
        TOKEN,
        "the user has no password",
        401,
        *ATTEMPT,
        sent=_login(FRESH.email, PASSWORD),
        before=registered(FRESH),
    ),
)

CASES: Final = (
    _case("get", f"{ALL}/health", "the service lives", 200),
    _case("post", ALL, "without a password", 201, together("Put USER if", "Put EMAIL if"), sent={"json": NEW}),
    _case(
        "post",
        ALL,
        "with a password",
        201,
        together("Put USER if", "Put EMAIL if", "Put PASSWORD"),
        sent={"json": NEW | {"password": PASSWORD}},
    ),
    _case(
        "post",
        ALL,
        "the address is taken",
        409,
        together("Put USER if", "Put EMAIL if"),
        sent={"json": NEW | {"email": SELF.email}},
    ),
    _case("get", ALL, "a full page", 200, USER, page("listing", 20), sent={"headers": BY_ADMIN}, before=many(25)),
    _case("get", ALL, "who asks is no administrator", 403, USER, sent=ALLOWED_BY),
    _case("get", ALL, "without a token", 401),
    _case("get", ME, "the account is active", 200, USER, sent=ALLOWED_BY),
    _case(
        "get",
        ME,
        "it has been deactivated",
        401,
        USER,
        sent={"headers": bearer(ASLEEP.id)},
        before=registered(ASLEEP),
    ),
    _case("get", ONE, "everyone may read", 200, USER),
    _case(
        "get",
        ONE,
        "only the user and administrators may",
        200,
        USER,
        USER,
        sent=ALLOWED_BY,
        settings={"PUBLIC_USER_READ": False},
    ),
    _case("get", ONE, "there is no such user", 404, USER, about=FRESH),
    _case(
        "patch",
        ONE,
        "another name",
        200,
        USER,
        USER,
        "UpdateItem USER if",
        sent=ALLOWED_BY | {"json": {"username": "x"}},
    ),
    _case(
        "patch",
        ONE,
        "another address",
        200,
        USER,
        USER,
        together("Update USER if", "Put EMAIL if", "Delete EMAIL"),
        sent=ALLOWED_BY | {"json": {"email": "principal@example.com"}},
    ),
    _case(
        "patch",
        ONE,
        "the address is taken",
        409,
        USER,
        USER,
        together("Update USER if", "Put EMAIL if", "Delete EMAIL"),
        sent=ALLOWED_BY | {"json": {"email": OTHER.email}},
    ),
    _case("patch", ONE, "nothing is different", 200, USER, USER, sent=ALLOWED_BY | {"json": {"email": SELF.email}}),
    _case(
        "patch",
        ONE,
        "another version is expected",
        412,
        USER,
        USER,
        sent={"headers": BY_SELF | {"If-Match": '"2"'}, "json": {"username": "x"}},
    ),
    _case("patch", ONE, "it is somebody else", 403, USER, about=OTHER, sent=ALLOWED_BY | {"json": {"username": "x"}}),
    _case("delete", ONE, "the user is active", 204, USER, USER, "UpdateItem USER if", sent=ALLOWED_BY),
    _case(
        "delete",
        ONE,
        "it has been deactivated before",
        204,
        USER,
        USER,
        about=ASLEEP,
        sent={"headers": BY_ADMIN},
        before=registered(ADMIN, ASLEEP),
    ),
    _case(
        "put",
        PASSWORDS,
        "by the user",
        204,
        USER,
        HASH,
        LOGIN,
        "PutItem LOGIN if",
        KEEP_HASH,
        "DeleteItem LOGIN",
        sent=ALLOWED_BY | {"json": NEW_HASH},
    ),
    _case(
        "put",
        PASSWORDS,
        "the present one is wrong",
        403,
        USER,
        HASH,
        LOGIN,
        "PutItem LOGIN if",
        sent=ALLOWED_BY | {"json": NEW_HASH | {"current_password": WRONG}},
    ),
    _case(
        "put",
        PASSWORDS,
        "the first one",
        204,
        USER,
        HASH,
        KEEP_HASH,
        about=FRESH,
        sent={"headers": bearer(FRESH.id), "json": {"password": PASSWORD}},
        before=registered(FRESH),
    ),
    _case(
        "put",
        PASSWORDS,
        "by an administrator",
        204,
        USER,
        USER,
        together("ConditionCheck USER", "Put PASSWORD"),
        "DeleteItem LOGIN",
        sent={"headers": BY_ADMIN, "json": {"password": PASSWORD}},
    ),
    _case(
        "post",
        ERASURE,
        "the user is there",
        204,
        USER,
        USER,
        together("Update USER if", "Delete EMAIL", "Delete PASSWORD", "Delete LOGIN"),
        sent={"headers": BY_ADMIN},
        before=failed(1),
    ),
    _case("post", ERASURE, "it has been erased before", 204, USER, USER, sent={"headers": BY_ADMIN}, before=erased),
    _case("post", ERASURE, "who asks is no administrator", 403, USER, sent=ALLOWED_BY),
    _case("post", TOKEN, "the password is right", 200, *ATTEMPT, "DeleteItem LOGIN", sent=_login(SELF.email, PASSWORD)),
    _case(
        "post",
        TOKEN,
        "its hash is outdated",
        200,
        *ATTEMPT,
        "DeleteItem LOGIN",
        KEEP_HASH,
        sent=_login(SELF.email, PASSWORD),
        before=registered(SELF, passes=1),
    ),
    *REFUSED_LOGINS,
    _case(
        "post",
        TOKEN,
        "the next attempt is not due yet",
        429,
        LOGIN,
        sent=_login(SELF.email, PASSWORD),
        before=failed(6),
    ),
)
