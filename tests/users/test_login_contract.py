from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

import pytest

from common.dynamodb.writes import Delete, Put
from tests.support.racing import race
from tests.support.tables import ENGINES, table_on
from tests.users.examples import user
from tests.users.repositories import IMPLEMENTATIONS, Repositories, repositories_on
from users.attempts import Attempt, begin
from users.domain import UserNotFound
from users.failed_logins import ANONYMOUS, KNOWN_SECONDS, NETWORK, FailureRepository, Failures, TooManyAttempts
from users.item_repository import login_item
from users.login import PasswordRepository
from users.login_repository import DynamoFailureRepository

NOW = datetime(2026, 11, 21, 12, 0, 0, 999_000, tzinfo=UTC)
EMAIL = "ada@example.com"
AT = 1_790_000_000
USER = user(1)
FIRST = Failures({"network0": 2}, {"login": {"network0": 10}})
SECOND = Failures({"network0": 2}, {"login": {"all": 30}, "token": {"network1": 20}})


@pytest.fixture(params=IMPLEMENTATIONS)
def repositories(request: pytest.FixtureRequest) -> Iterator[Repositories]:
    with repositories_on(request.param) as repositories:
        repositories.users.add(user(1))
        yield repositories


@pytest.fixture
def failures(repositories: Repositories) -> FailureRepository:
    return repositories.failures


@pytest.fixture
def passwords(repositories: Repositories) -> PasswordRepository:
    return repositories.passwords


def test_new_user_has_no_failures(failures: FailureRepository) -> None:
    assert failures.get(EMAIL) is None


def test_failures_are_found_by_email_in_any_case(failures: FailureRepository) -> None:
    assert failures.replace(EMAIL, None, FIRST)
    assert failures.get("ADA@Example.com") == FIRST
    assert failures.get("other@example.com") is None


def test_known_failures_are_replaced(failures: FailureRepository) -> None:
    assert failures.replace(EMAIL, None, FIRST)
    assert failures.replace(EMAIL, FIRST, SECOND)
    assert failures.get(EMAIL) == SECOND


def test_failures_without_a_network_are_replaced(failures: FailureRepository) -> None:
    assert failures.replace(EMAIL, None, Failures())
    assert failures.get(EMAIL) == Failures()
    assert failures.replace(EMAIL, Failures(), FIRST)


@pytest.mark.parametrize(
    "known",
    [
        None,
        Failures(),
        Failures({"network0": 1}, FIRST.spent),
        Failures(FIRST.known, {"login": {"network0": 11}}),
        Failures(FIRST.known, {**FIRST.spent, "token": {}}),
    ],
)
def test_failures_are_not_replaced_if_others_are_stored(failures: FailureRepository, known: Failures | None) -> None:
    failures.replace(EMAIL, None, FIRST)
    assert not failures.replace(EMAIL, known, SECOND)
    assert failures.get(EMAIL) == FIRST


def test_one_of_concurrent_first_failures_is_stored(failures: FailureRepository) -> None:
    results = race(*(partial(failures.replace, EMAIL, None, FIRST) for _ in range(8)))
    assert sorted(results, key=str) == [False] * 7 + [True]


def test_one_of_concurrent_next_failures_is_stored(failures: FailureRepository) -> None:
    failures.replace(EMAIL, None, FIRST)
    results = race(*(partial(failures.replace, EMAIL, FIRST, SECOND) for _ in range(8)))
    assert sorted(results, key=str) == [False] * 7 + [True]


def test_owner_is_counted_while_16_connections_guess(failures: FailureRepository) -> None:
    guesses = [partial(begin, failures, EMAIL, ANONYMOUS, "guesser", NOW) for _ in range(16)]
    *guessed, own = race(*guesses, partial(begin, failures, EMAIL, ANONYMOUS, "home", NOW))
    assert isinstance(own, Attempt)
    assert sum(isinstance(result, Attempt) for result in guessed) == NETWORK.at_once
    assert sum(isinstance(result, TooManyAttempts) for result in guessed) == 16 - NETWORK.at_once


@pytest.mark.parametrize("engine", ENGINES)
def test_failure_item_has_hashes_and_an_expiry(engine: str) -> None:
    with table_on(engine, "users") as table:
        DynamoFailureRepository(table).replace(EMAIL, None, SECOND)
        item = table.get(login_item(EMAIL))
        assert item is not None
        assert {name: item[name] for name in ("pk", "sk", "attempts", "expires_at")} == {
            "pk": "LOGIN#b5fc85e55755f9e0d030a10ab4429b6b2944855f9a0d60077fe832becbc41d72",
            "sk": "LOGIN",
            "attempts": {"known": {"network0": 2}, "spent": {"login": {"all": 30}, "token": {"network1": 20}}},
            "expires_at": 2 + KNOWN_SECONDS,
        }
        table.write(Delete(key=login_item(EMAIL)))
        assert DynamoFailureRepository(table).get(EMAIL) is None


@pytest.mark.parametrize("engine", ENGINES)
def test_failures_that_the_version_before_stored_are_forgotten(engine: str) -> None:
    with table_on(engine, "users") as table:
        failures = DynamoFailureRepository(table)
        before = {"failures": 11, "failed_at": 1_795_262_400_999, "expires_at": 1_795_262_400 + 24 * 3600}
        table.write(Put(item={**login_item(EMAIL)._asdict(), **before}))
        assert failures.get(EMAIL) is None
        assert failures.replace(EMAIL, None, FIRST)
        assert failures.get(EMAIL) == FIRST


@pytest.mark.parametrize("engine", ENGINES)
def test_version_before_reads_no_failures(engine: str) -> None:
    """Both versions run during a gradual release. The one before reads a count, and a time in milliseconds."""
    with table_on(engine, "users") as table:
        DynamoFailureRepository(table).replace(EMAIL, None, FIRST)
        item = table.get(login_item(EMAIL))
        assert item is not None
        assert (item["failures"], item["failed_at"]) == (0, 0)


def test_new_user_has_no_password(passwords: PasswordRepository) -> None:
    assert passwords.get(1) is None


def test_password_is_set_twice(passwords: PasswordRepository) -> None:
    passwords.set(USER, "first", by=2, at=AT)
    assert passwords.get(1) == "first"
    passwords.set(replace(USER, version=2), "second", by=2, at=AT)
    assert passwords.get(1) == "second"


def test_password_of_a_user_that_was_changed_meanwhile_is_not_set(repositories: Repositories) -> None:
    assert repositories.passwords.set(USER, "first", by=2, at=AT)
    assert not repositories.passwords.set(USER, "second", by=2, at=AT)
    known = replace(USER, version=2)
    assert repositories.users.set_scopes(known, frozenset({"elsewhere:admin"}))
    assert not repositories.passwords.set(known, "second", by=2, at=AT)
    assert repositories.passwords.get(1) == "first"


def test_first_password_is_stored_once(passwords: PasswordRepository) -> None:
    assert passwords.replace(1, None, "first")
    assert not passwords.replace(1, None, "second")
    assert passwords.get(1) == "first"


def test_known_password_is_replaced(passwords: PasswordRepository) -> None:
    passwords.set(USER, "first", by=2, at=AT)
    assert passwords.replace(1, "first", "second")
    assert not passwords.replace(1, "first", "third")
    assert passwords.get(1) == "second"


def test_one_of_concurrent_password_changes_is_stored(passwords: PasswordRepository) -> None:
    passwords.set(USER, "first", by=2, at=AT)
    results = race(*(partial(passwords.replace, 1, "first", f"{number}") for number in range(8)))
    assert sorted(results, key=str) == [False] * 7 + [True]
    assert passwords.get(1) == str(results.index(True))


def test_password_of_unknown_user_is_rejected(passwords: PasswordRepository) -> None:
    with pytest.raises(UserNotFound):
        passwords.set(user(2), "hash", by=2, at=AT)
    with pytest.raises(UserNotFound):
        passwords.replace(2, None, "hash")
    assert passwords.get(2) is None


def test_password_of_erased_user_is_rejected(repositories: Repositories) -> None:
    repositories.passwords.set(USER, "hash", by=2, at=AT)
    repositories.users.erase(1, NOW)
    with pytest.raises(UserNotFound):
        repositories.passwords.set(USER, "hash", by=2, at=AT)
    with pytest.raises(UserNotFound):
        repositories.passwords.replace(1, None, "hash")
    assert repositories.passwords.get(1) is None
