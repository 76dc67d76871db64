"""Callers of the users service, and the items in its table before a request."""

import functools
from datetime import timedelta
from typing import Any, Final

from common.dynamodb.table import Table
from tests.support.filling import filling
from tests.support.profile import NOW, OTHER, OWNER, Role, Store
from tests.users.examples import user
from users.argon2_adapter import Argon2Hasher
from users.domain import User, account_key, new_user_id
from users.failed_logins import (
    ALL_UNKNOWN,
    ANONYMOUS,
    IN_PROGRESS,
    KNOWN_NETWORKS,
    NETWORK,
    PROGRESS_SECONDS,
    WITH_TOKEN,
    Callers,
    Failures,
)
from users.login_repository import DynamoFailureRepository
from users.repository import DynamoUserRepository

ALL: Final = "/api/v1/users"
ONE: Final = f"{ALL}/{{user_id}}"
ADMINISTRATION: Final = "users:admin"
DEACTIVATED: Final = "a deactivated user"
WITHOUT_PASSWORD: Final = "a user without a password"
OLD_LOGIN: Final = "the owner, whose login is old"
OLD_WITHOUT_PASSWORD: Final = "a user without a password whose login is old"
OLD_ADMINISTRATION: Final = "an administrator whose login is old"

PASSWORD: Final = "correct horse battery staple"
WRONG: Final = "another battery staple"


def numbered_user(number: int, email: str, username: str, **changes: Any) -> User:
    """Return a user with an id of the usual size; a larger number is newer."""
    at = NOW - timedelta(days=30) + timedelta(minutes=number)
    return user(new_user_id(at, number), email, username=username, created_at=at, **changes)


ADMIN: Final = numbered_user(1, "cto@example.com", "chief-tech", scopes=frozenset({ADMINISTRATION}))
SELF: Final = numbered_user(2, "engineer@example.com", "senior-engineer")
COLLEAGUE: Final = numbered_user(3, "colleague@example.com", "colleague")
INACTIVE: Final = numbered_user(4, "former@example.com", "former-engineer", is_active=False)
# Not stored unless a case needs them: another administrator, and a user with a scope that administrators lack.
SECOND_ADMIN: Final = numbered_user(6, "second@example.com", "second-administrator", scopes=frozenset({ADMINISTRATION}))
SUPERIOR: Final = numbered_user(7, "superior@example.com", "superior", scopes=frozenset({"elsewhere:admin"}))
FRESH: Final = numbered_user(5, "fresh@example.com", "fresh-engineer")

ROLES: Final = {
    OWNER: Role(subject=str(SELF.id)),
    OTHER: Role(subject=str(COLLEAGUE.id)),
    ADMINISTRATION: Role(subject=str(ADMIN.id), scopes=(ADMINISTRATION,)),
    DEACTIVATED: Role(subject=str(INACTIVE.id), rejected="account-inactive"),
    WITHOUT_PASSWORD: Role(subject=str(FRESH.id)),
    OLD_LOGIN: Role(subject=str(SELF.id), login_age=150),
    OLD_WITHOUT_PASSWORD: Role(subject=str(FRESH.id), login_age=150),
    OLD_ADMINISTRATION: Role(subject=str(ADMIN.id), scopes=(ADMINISTRATION,), login_age=150),
}


# A quarter of the work of the default, because the conformance suites log in hundreds of times. The hashes are as long,
# so that the sizes of items are those of a deployment.
HASHER: Final = Argon2Hasher(memory_kib=10_000, passes=1)
OUTDATED: Final = Argon2Hasher(memory_kib=10_001, passes=1)


@functools.cache
def hashed(hasher: Argon2Hasher) -> str:
    """Return the hash of PASSWORD, the same for all users."""
    return hasher.hash(PASSWORD)


def registered(*users: User, hasher: Argon2Hasher = HASHER) -> Store:
    """Store these users, and register administrators; all but FRESH have the same password."""

    def store(table: Table) -> None:
        for each in users:
            users_of = DynamoUserRepository(table)
            users_of.add(each, None if each == FRESH else hashed(hasher))
            if each.is_administrator:
                users_of.set_scopes(each, each.scopes)

    return store


EVERY_USER: Final = registered(ADMIN, SELF, COLLEAGUE, INACTIVE, FRESH)


def _failed(known: int, unknown: int, together: timedelta) -> Store:
    """Store all users and the owner's failed logins from so many networks, with and without a token."""
    at = int(NOW.timestamp())
    names = [f"net{number:05}" for number in range(known + unknown)]

    def spent(callers: Callers) -> dict[str, int]:
        left = dict.fromkeys(names[: known + callers.unknown_networks], at + NETWORK.interval)
        return {**left, ALL_UNKNOWN: at + int(together.total_seconds()), IN_PROGRESS: at + PROGRESS_SECONDS}

    failures = Failures(
        known=dict.fromkeys(names[:known], at),
        since=dict.fromkeys(names[:known], at - 1),
        spent={callers.name: spent(callers) for callers in (ANONYMOUS, WITH_TOKEN)},
    )

    def store(table: Table) -> None:
        EVERY_USER(table)
        DynamoFailureRepository(table).replace(account_key(SELF.id), None, failures)

    return store


FAILED: Final = _failed(known=0, unknown=1, together=timedelta(seconds=1))
# No attempt from an unknown network is evaluated.
ATTACKED: Final = _failed(known=0, unknown=1, together=timedelta(hours=2))
# As many networks as are remembered.
CROWDED: Final = _failed(KNOWN_NETWORKS, ANONYMOUS.unknown_networks, together=timedelta(seconds=1))


def erased(table: Table) -> None:
    """Store all users and erase the owner."""
    EVERY_USER(table)
    DynamoUserRepository(table).erase(SELF.id, NOW)


def filled(count: int) -> Store:
    """Store `count` users, the callers included."""

    def store(table: Table) -> None:
        known = (ADMIN, SELF, COLLEAGUE, INACTIVE, FRESH)
        others = (
            numbered_user(at, f"engineer-{at}@example.com", f"engineer-{at}") for at in range(len(known) + 1, count + 1)
        )
        with filling(table) as filled_table:
            for each in (*known, *others):
                DynamoUserRepository(filled_table).add(each)

    return store
