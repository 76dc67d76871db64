"""The repositories of the users service, in memory or on a DynamoDB engine."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from tests.support.tables import ENGINES, table_on
from tests.users.fake_logins import FakeFailureRepository, FakePasswordRepository
from tests.users.fake_repository import FakeUserRepository
from users.domain import UserRepository
from users.failed_logins import FailureRepository
from users.login import PasswordRepository
from users.login_repository import DynamoFailureRepository, DynamoPasswordRepository
from users.repository import DynamoUserRepository

IMPLEMENTATIONS = ["fake", *ENGINES]


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
