"""Users of the usual size, and tables that hold them."""

import functools
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

from common.dynamodb.table import Table
from tests.operations.cases import NOW, Case, get
from tests.operations.filling import filling
from tests.support.tokens import bearer
from tests.users.people import user
from users.domain import User, account_key, new_user_id
from users.login import Failures
from users.login_repository import DynamoFailureRepository
from users.passwords import Argon2Hasher
from users.repository import DynamoUserRepository

ALL: Final = "/api/v1/users"
ONE: Final = f"{ALL}/{{user_id}}"
USER: Final = get("USER")

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


@functools.cache
def hashed(passes: int) -> str:
    return Argon2Hasher(passes=passes).hash(PASSWORD)


def registered(*present: User, passes: int = Argon2Hasher().passes) -> Callable[[Table], None]:
    """Before the request: these users are there; all but FRESH have the same password."""

    def register(table: Table) -> None:
        for each in present:
            DynamoUserRepository(table).add(each, None if each == FRESH else hashed(passes))

    return register


def failed(count: int) -> Callable[[Table], None]:
    """Before the request: SELF is there, and that many attempts with its account have failed just now."""

    def fail(table: Table) -> None:
        registered(ADMIN, SELF)(table)
        DynamoFailureRepository(table).replace(account_key(SELF.id), None, Failures(count, NOW))

    return fail


def erased(table: Table) -> None:
    """Before the request: SELF has been erased."""
    registered(ADMIN, SELF)(table)
    DynamoUserRepository(table).erase(SELF.id, NOW)


def many(count: int) -> Callable[[Table], None]:
    """Before the request: that many users are there, one of them ADMIN."""

    def fill(table: Table) -> None:
        with filling(table) as kept:
            for each in (
                ADMIN,
                *(someone(at, f"engineer-{at}@example.com", f"engineer-{at}") for at in range(2, count + 1)),
            ):
                DynamoUserRepository(kept).add(each)

    return fill


def about(method: str, path: str, said: str, status: int, *calls: str, whom: User = SELF, **more: Any) -> Case:
    """A request about a user; ADMIN, SELF and OTHER are there, unless it is said otherwise."""
    usual: dict[str, Any] = {"before": registered(ADMIN, SELF, OTHER), "path": path.format(user_id=whom.id)}
    return Case(operation=(method, path), said=said, status=status, calls=calls, **(usual | more))
