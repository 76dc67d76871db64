"""The repositories of one place, in memory or on an engine."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from tests.support.tables import table_on
from tests.users.fake_logins import FakeFailureRepository, FakePasswordRepository
from tests.users.fake_repository import FakeUserRepository
from users.domain import UserRepository
from users.login import FailureRepository, PasswordRepository
from users.login_repository import DynamoFailureRepository, DynamoPasswordRepository
from users.repository import DynamoUserRepository


class Kept(NamedTuple):
    users: UserRepository
    passwords: PasswordRepository
    failures: FailureRepository


@contextmanager
def kept_on(engine: str) -> Iterator[Kept]:
    """Empty repositories on an engine, or the fakes."""
    if engine == "fake":
        users = FakeUserRepository()
        yield Kept(users, FakePasswordRepository(users), FakeFailureRepository(users))
        return
    with table_on(engine, "users") as table:
        yield Kept(DynamoUserRepository(table), DynamoPasswordRepository(table), DynamoFailureRepository(table))
