"""The repositories of the users service, in memory or on a DynamoDB engine."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Final, NamedTuple

import pytest

from tests.support.tables import ENGINES, SHARDED, table_on
from tests.users.fake_logins import FakeFailureRepository, FakePasswordRepository
from tests.users.fake_repository import FakeUserRepository
from users.domain import UserRepository
from users.failed_logins import FailureRepository
from users.login import PasswordRepository
from users.login_repository import DynamoFailureRepository, DynamoPasswordRepository
from users.repository import DynamoUserRepository

IMPLEMENTATIONS = ["fake", *ENGINES]
# Tests of the list also run with its items under eight keys.
of_the_list = pytest.mark.parametrize("repositories", [*IMPLEMENTATIONS, *SHARDED], indirect=True)
NOW: Final = datetime(2026, 11, 21, 12, tzinfo=UTC)


class Repositories(NamedTuple):
    users: UserRepository
    passwords: PasswordRepository
    failures: FailureRepository


@contextmanager
def repositories_on(implementation: str) -> Iterator[Repositories]:
    """Yield empty repositories: the fakes, or the adapters on a table of an engine."""
    if implementation == "fake":
        users = FakeUserRepository()
        yield Repositories(users, FakePasswordRepository(users), FakeFailureRepository(users))
        return
    with table_on(implementation, "users") as table:
        yield Repositories(DynamoUserRepository(table), DynamoPasswordRepository(table), DynamoFailureRepository(table))


def ids(users: UserRepository, limit: int = 100, after: str | None = None) -> list[int]:
    return [user.id for user in users.page(limit=limit, after=after).items]


def change(users: UserRepository, user_id: int, **changes: str | bool) -> bool:
    known = users.get(user_id)
    return users.replace(known, known.changed(**changes))  # type: ignore[arg-type]
