from datetime import UTC, datetime
from functools import partial

import pytest

from common.dynamodb.client import DatabaseUnavailable
from tests.support.racing import race
from tests.users.examples import recent, user
from tests.users.fake_logins import FakeFailureRepository, FakePasswordRepository, FastHasher, authenticator, hashing
from tests.users.fake_repository import FakeUserRepository
from users.attempts import COUNTING_TRIES, begin, network_name
from users.domain import User, account_key
from users.failed_logins import (
    ALL_UNKNOWN,
    ANONYMOUS,
    IN_PROGRESS,
    NETWORK,
    WITH_TOKEN,
    Failures,
    TooManyAttempts,
    counted,
)
from users.login import Authenticator
from users.token_failures import InvalidCredentials

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SECOND = int(NOW.timestamp())
KEY = account_key(1)
EMAIL = "ada@example.com"
HOME = "192.0.2.0/24"


@pytest.fixture
def users() -> FakeUserRepository:
    users = FakeUserRepository()
    users.add(user(1), "fast:right")
    return users


class Overtaken(FakeFailureRepository):
    """Before each write, another network's attempt is counted, as long as there are attempts left."""

    def __init__(self, users: FakeUserRepository) -> None:
        super().__init__(users)
        self.writes = 0

    def replace(self, key: str, known: Failures | None, changed: Failures) -> bool:
        self.writes += 1
        stored = self.get(key)
        for callers in (ANONYMOUS, WITH_TOKEN):
            try:
                overtaking = counted(stored or Failures(), callers, f"guesser {self.writes}", NOW)
            except TooManyAttempts:
                continue
            assert super().replace(key, stored, overtaking)
            break
        return super().replace(key, known, changed)


def test_name_of_a_network_is_short_and_differs_between_accounts() -> None:
    assert network_name(KEY, HOME) == network_name(KEY, HOME)
    names = {network_name(key, network) for key in (KEY, account_key(2), EMAIL) for network in (HOME, "::/56")}
    assert {len(name) for name in names} == {8}
    assert len(names) == 6


def test_name_of_a_network_ignores_the_letter_case_of_an_address() -> None:
    assert network_name("ADA@Example.com", HOME) == network_name(EMAIL, HOME)


def test_concurrent_guesses_from_one_network_are_limited_to_five(users: FakeUserRepository) -> None:
    hasher = FastHasher()
    guesses = race(*(partial(authenticator(users, hasher).authenticate, EMAIL, "wrong", HOME, NOW) for _ in range(32)))
    assert sum(isinstance(result, InvalidCredentials) for result in guesses) == 5
    assert sum(isinstance(result, TooManyAttempts) for result in guesses) == 27
    assert hasher.comparisons == 5


def test_owner_logs_in_at_the_first_try_while_16_connections_guess(users: FakeUserRepository) -> None:
    login = authenticator(users).authenticate
    guesses = [partial(login, EMAIL, "wrong", "guesser", NOW) for _ in range(16)]
    results = race(*guesses, partial(login, EMAIL, "right", HOME, NOW))
    assert results[-1] == user(1)
    assert network_name(KEY, HOME) in users.failures[KEY].known


def test_attempt_from_a_known_network_is_counted_however_many_others_win(users: FakeUserRepository) -> None:
    users.failures[KEY] = Failures(known={network_name(KEY, HOME): SECOND})
    overtaken = Overtaken(users)
    begin(overtaken, KEY, ANONYMOUS, HOME, NOW)
    assert overtaken.writes == ANONYMOUS.together.at_once + WITH_TOKEN.together.at_once + 1
    assert users.failures[KEY].spent["login"][network_name(KEY, HOME)] == SECOND + NETWORK.interval


def test_success_is_stored_however_many_others_win(users: FakeUserRepository) -> None:
    attempt = begin(FakeFailureRepository(users), KEY, ANONYMOUS, HOME, NOW)
    attempt._replace(repository=Overtaken(users)).succeed()
    assert users.failures[KEY].known == {network_name(KEY, HOME): SECOND}
    assert network_name(KEY, HOME) not in users.failures[KEY].spent["login"]
    # The first of them was counted while the owner's own attempt was.
    assert users.failures[KEY].spent["login"][ALL_UNKNOWN] == SECOND + 39 * ANONYMOUS.together.interval


@pytest.mark.parametrize("forget", [lambda users: users.erase(1, NOW), lambda users: users.failures.clear()])
def test_success_after_the_failures_were_removed_stores_nothing(users: FakeUserRepository, forget: object) -> None:
    attempt = begin(FakeFailureRepository(users), KEY, ANONYMOUS, HOME, NOW)
    assert callable(forget)
    forget(users)
    attempt.succeed()
    assert users.failures == {}


class AlwaysOvertaken(FakeFailureRepository):
    def replace(self, key: str, known: Failures | None, changed: Failures) -> bool:
        assert (key, known) == (KEY, None)
        assert changed.spent
        return False


def test_attempt_that_cannot_be_counted_is_rejected_without_a_comparison(users: FakeUserRepository) -> None:
    hasher = FastHasher()
    overtaken = Authenticator(users, FakePasswordRepository(users), AlwaysOvertaken(users), hashing(hasher))
    with pytest.raises(TooManyAttempts) as rejection:
        overtaken.authenticate(EMAIL, "right", HOME, NOW)
    assert (rejection.value.retry_after, hasher.comparisons) == (1, 0)


def test_success_that_cannot_be_stored_is_a_success(users: FakeUserRepository) -> None:
    class Stuck(FakeFailureRepository):
        writes = 0

        def replace(self, key: str, known: Failures | None, changed: Failures) -> bool:
            self.writes += 1
            return self.writes == 1 and super().replace(key, known, changed)

    stuck = Stuck(users)
    login = Authenticator(users, FakePasswordRepository(users), stuck, hashing(FastHasher()))
    assert login.authenticate(EMAIL, "right", HOME, NOW) == user(1)
    assert stuck.writes == 1 + COUNTING_TRIES
    assert users.failures[KEY].known == {}


def test_rejected_attempts_write_nothing(users: FakeUserRepository) -> None:
    class Written(FakeFailureRepository):
        writes = 0

        def replace(self, key: str, known: Failures | None, changed: Failures) -> bool:
            self.writes += 1
            return super().replace(key, known, changed)

    written = Written(users)
    for _ in range(100):
        try:
            begin(written, KEY, ANONYMOUS, HOME, NOW)
        except TooManyAttempts:
            continue
    assert written.writes == NETWORK.at_once


def fail() -> None:
    raise DatabaseUnavailable("Please try again.")


class WithoutReads(FakePasswordRepository):
    """Cannot be read."""

    def get(self, user_id: int) -> str | None:
        fail()
        return super().get(user_id)


class WithoutWrites(FakePasswordRepository):
    """Cannot be written."""

    def replace(self, user_id: int, known: str | None, password_hash: str, at: int | None = None) -> bool:
        fail()
        return super().replace(user_id, known, password_hash, at)


class WithoutUsers(FakeUserRepository):
    """Finds addresses, but cannot read users."""

    def get(self, user_id: int) -> User:
        fail()
        return super().get(user_id)


def test_attempt_is_not_counted_if_the_hash_cannot_be_read(users: FakeUserRepository) -> None:
    failing = authenticator(users)._replace(passwords=WithoutReads(users))
    for _ in range(NETWORK.at_once + 1):
        with pytest.raises(DatabaseUnavailable):
            failing.authenticate(EMAIL, "right", HOME, NOW)
    assert users.failures == {}


@pytest.mark.parametrize(("password", "spent"), [("right", False), ("wrong", True)])
def test_attempt_is_refunded_if_the_user_cannot_be_read_and_the_password_is_right(
    password: str, *, spent: bool
) -> None:
    users = WithoutUsers()
    users.add(user(1), "fast:right")
    with pytest.raises(DatabaseUnavailable):
        authenticator(users).authenticate(EMAIL, password, HOME, NOW)
    assert (network_name(KEY, HOME) in users.failures[KEY].spent["login"]) is spent


def test_attempt_is_refunded_if_the_password_cannot_be_changed(users: FakeUserRepository) -> None:
    failing = authenticator(users)._replace(passwords=WithoutWrites(users))
    for _ in range(WITH_TOKEN.together.at_once + 1):
        with pytest.raises(DatabaseUnavailable):
            failing.change_password(user(1), "right", "a new one that is long", HOME, NOW, check_login=recent)
    assert users.failures[KEY].spent["token"].keys() == {IN_PROGRESS}
