from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from common.dynamodb.table import Delete
from tests.support.racing import race
from tests.support.tables import ENGINES, table_on
from tests.users.examples import user
from tests.users.repositories import IMPLEMENTATIONS, Repositories, repositories_on
from users.domain import UserNotFound
from users.failed_logins import FailureRepository, Failures
from users.login import PasswordRepository
from users.login_repository import DynamoFailureRepository
from users.repository import login_item

NOW = datetime(2026, 11, 21, 12, 0, 0, 999_000, tzinfo=UTC)
EMAIL = "ada@example.com"
USER = user(1)


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
    assert failures.replace(EMAIL, None, Failures(1, NOW))
    assert failures.get("ADA@Example.com") == Failures(1, NOW)
    assert failures.get("other@example.com") is None


def test_known_failures_are_replaced(failures: FailureRepository) -> None:
    first, second = Failures(1, NOW), Failures(2, NOW + timedelta(milliseconds=1))
    assert failures.replace(EMAIL, None, first)
    assert failures.replace(EMAIL, first, second)
    assert failures.get(EMAIL) == second


@pytest.mark.parametrize(
    "known", [None, Failures(2, NOW), Failures(1, NOW - timedelta(milliseconds=1))], ids=["none", "count", "time"]
)
def test_failures_are_not_replaced_if_others_are_stored(failures: FailureRepository, known: Failures | None) -> None:
    failures.replace(EMAIL, None, Failures(1, NOW))
    assert not failures.replace(EMAIL, known, Failures(3, NOW))
    assert failures.get(EMAIL) == Failures(1, NOW)


def test_reset_failures_are_not_replaced(failures: FailureRepository) -> None:
    failures.replace(EMAIL, None, Failures(1, NOW))
    failures.forget(EMAIL)
    assert not failures.replace(EMAIL, Failures(1, NOW), Failures(2, NOW))
    assert failures.get(EMAIL) is None


def test_resetting_without_failures_changes_nothing(failures: FailureRepository) -> None:
    failures.forget(EMAIL)
    assert failures.get(EMAIL) is None


def test_one_of_concurrent_first_failures_is_stored(failures: FailureRepository) -> None:
    results = race(*(partial(failures.replace, EMAIL, None, Failures(1, NOW)) for _ in range(8)))
    assert sorted(results, key=str) == [False] * 7 + [True]


def test_one_of_concurrent_next_failures_is_stored(failures: FailureRepository) -> None:
    known = Failures(1, NOW)
    failures.replace(EMAIL, None, known)
    results = race(*(partial(failures.replace, EMAIL, known, Failures(2, NOW)) for _ in range(8)))
    assert sorted(results, key=str) == [False] * 7 + [True]


@pytest.mark.parametrize("engine", ENGINES)
def test_failure_item_has_a_hashed_email_and_an_expiry(engine: str) -> None:
    with table_on(engine, "users") as table:
        DynamoFailureRepository(table).replace(EMAIL, None, Failures(3, NOW))
        item = table.get(login_item(EMAIL))
        assert item == {
            "pk": "LOGIN#b5fc85e55755f9e0d030a10ab4429b6b2944855f9a0d60077fe832becbc41d72",
            "sk": "LOGIN",
            "failures": 3,
            "failed_at": 1_795_262_400_999,
            "expires_at": 1_795_262_400 + 24 * 3600,
        }
        table.write(Delete(key=login_item(EMAIL)))
        assert DynamoFailureRepository(table).get(EMAIL) is None


def test_new_user_has_no_password(passwords: PasswordRepository) -> None:
    assert passwords.get(1) is None


def test_password_is_set_twice(passwords: PasswordRepository) -> None:
    passwords.set(USER, "first")
    assert passwords.get(1) == "first"
    passwords.set(USER, "second")
    assert passwords.get(1) == "second"


def test_password_of_a_user_that_was_changed_meanwhile_is_not_set(repositories: Repositories) -> None:
    assert repositories.passwords.set(USER, "first")
    assert repositories.users.set_scopes(USER, frozenset({"elsewhere:admin"}))
    assert not repositories.passwords.set(USER, "second")
    assert repositories.passwords.get(1) == "first"


def test_first_password_is_stored_once(passwords: PasswordRepository) -> None:
    assert passwords.replace(1, None, "first")
    assert not passwords.replace(1, None, "second")
    assert passwords.get(1) == "first"


def test_known_password_is_replaced(passwords: PasswordRepository) -> None:
    passwords.set(USER, "first")
    assert passwords.replace(1, "first", "second")
    assert not passwords.replace(1, "first", "third")
    assert passwords.get(1) == "second"


def test_one_of_concurrent_password_changes_is_stored(passwords: PasswordRepository) -> None:
    passwords.set(USER, "first")
    results = race(*(partial(passwords.replace, 1, "first", f"{number}") for number in range(8)))
    assert sorted(results, key=str) == [False] * 7 + [True]
    assert passwords.get(1) == str(results.index(True))


def test_password_of_unknown_user_is_rejected(passwords: PasswordRepository) -> None:
    with pytest.raises(UserNotFound):
        passwords.set(user(2), "hash")
    with pytest.raises(UserNotFound):
        passwords.replace(2, None, "hash")
    assert passwords.get(2) is None


def test_password_of_erased_user_is_rejected(repositories: Repositories) -> None:
    repositories.passwords.set(USER, "hash")
    repositories.users.erase(1, NOW)
    with pytest.raises(UserNotFound):
        repositories.passwords.set(USER, "hash")
    with pytest.raises(UserNotFound):
        repositories.passwords.replace(1, None, "hash")
    assert repositories.passwords.get(1) is None
