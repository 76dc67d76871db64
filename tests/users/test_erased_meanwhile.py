"""An attempt at the same time as the erasure of its user leaves no failed logins of that user."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Final

import pytest

from common.failures import Unavailable
from tests.users.examples import recent, user
from tests.users.fake_logins import FakeFailureRepository, authenticator, hashing
from tests.users.fake_repository import FakeUserRepository
from tests.users.repositories import IMPLEMENTATIONS, Repositories, repositories_on
from users.domain import UserNotFound, account_key
from users.failed_logins import FailureRepository, Failures
from users.login import Authenticator
from users.token_failures import InvalidCredentials

NOW: Final = datetime(2026, 11, 21, 12, tzinfo=UTC)
EMAIL: Final = "ada@example.com"
HOME: Final = "192.0.2.0/24"
KEY: Final = account_key(1)
NEW: Final = "a battery staple that is new"


class Erasing:
    """Calls a function before the first write, as if an administrator's request came in between."""

    def __init__(self, failures: FailureRepository, erase: Callable[[], None]) -> None:
        self._failures = failures
        self._erase: Callable[[], None] | None = erase

    def get(self, key: str) -> Failures | None:
        return self._failures.get(key)

    def replace(self, key: str, known: Failures | None, changed: Failures) -> bool:
        erase, self._erase = self._erase, None
        if erase is not None:
            erase()
        return self._failures.replace(key, known, changed)

    def delete(self, key: str) -> None:
        self._failures.delete(key)


@pytest.fixture(params=IMPLEMENTATIONS)
def repositories(request: pytest.FixtureRequest) -> Iterator[Repositories]:
    with repositories_on(request.param) as repositories:
        repositories.users.add(user(1), "fast:right", failures=Failures({"elsewhere": int(NOW.timestamp())}))
        yield repositories


@pytest.fixture
def login(repositories: Repositories) -> Authenticator:
    """Erases the user between reading and writing its failures."""
    erasing = Erasing(repositories.failures, lambda: repositories.users.erase(1, NOW))
    return Authenticator(repositories.users, repositories.passwords, erasing, hashing())


@pytest.mark.parametrize("password", ["right", "wrong"])
def test_login(repositories: Repositories, login: Authenticator, password: str) -> None:
    with pytest.raises(InvalidCredentials):
        login.authenticate(EMAIL, password, HOME, NOW)
    assert repositories.failures.get(KEY) is None


def test_change_of_the_password(repositories: Repositories, login: Authenticator) -> None:
    with pytest.raises(UserNotFound):
        login.change_password(user(1), "right", NEW, HOME, NOW, check_login=recent)
    assert repositories.failures.get(KEY) is None


def test_response_does_not_depend_on_the_removal() -> None:
    class Stuck(FakeFailureRepository):
        def delete(self, key: str) -> None:
            raise Unavailable(f"Please try again: {key}.")

    users = FakeUserRepository()
    users.add(user(1), "fast:right")
    erasing = Erasing(Stuck(users), lambda: users.erase(1, NOW))
    with pytest.raises(InvalidCredentials):
        authenticator(users)._replace(failures=erasing).authenticate(EMAIL, "right", HOME, NOW)


def test_failures_of_an_address_without_an_account_are_kept(repositories: Repositories) -> None:
    login = Authenticator(repositories.users, repositories.passwords, repositories.failures, hashing())
    with pytest.raises(InvalidCredentials):
        login.authenticate("unknown@example.com", "wrong", HOME, NOW)
    assert repositories.failures.get("unknown@example.com") is not None
