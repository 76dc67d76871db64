"""Three users, and what guessers leave behind."""

from datetime import UTC, datetime

from tests.users.examples import user
from tests.users.fake_logins import (
    FakeFailureRepository,
)
from tests.users.fake_repository import FakeUserRepository
from users.attempts import begin, network_name
from users.domain import User, account_key
from users.failed_logins import ANONYMOUS, NETWORK, Callers, Failures, counted

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
EMAIL = "ada@example.com"
HOME = "192.0.2.0/24"
NEW = "a new one that is long"


def three_users() -> FakeUserRepository:
    """Return users 1 to 3: 2 is deactivated, and 3 has no password."""
    users = FakeUserRepository()
    users.add(user(1), "fast:right")
    users.add(user(2, "inactive@example.com", is_active=False), "fast:right")
    users.add(user(3, "without@example.com"))
    return users


def anyone(_: User) -> None:
    """Let any caller set a password."""


def attacked(users: FakeUserRepository, networks: int, now: datetime = NOW) -> None:
    """Store five guesses from each of so many networks, eight of which use up the allowance of all."""
    for number in range(networks):
        for _ in range(NETWORK.at_once):
            begin(FakeFailureRepository(users), account_key(1), ANONYMOUS, f"guesser {number}", now)


def failures(key: str, network: str = HOME, times: int = 1, callers: Callers = ANONYMOUS) -> Failures:
    """Return the failures after attempts at NOW from an unknown network."""
    expected = Failures()
    for _ in range(times):
        expected = counted(expected, callers, network_name(key, network), NOW)
    return expected
