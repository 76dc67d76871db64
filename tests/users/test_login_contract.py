from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from common.dynamodb.table import Delete
from tests.support.racing import race
from tests.support.tables import ENGINES, table_on
from tests.users.kept import Kept, kept_on
from tests.users.people import user
from users.domain import UserNotFound
from users.login import FailureRepository, Failures, PasswordRepository
from users.login_repository import DynamoFailureRepository
from users.repository import login_item

NOW = datetime(2026, 11, 21, 12, 0, 0, 999_000, tzinfo=UTC)
EMAIL = "ada@example.com"


@pytest.fixture(params=["fake", *ENGINES])
def kept(request: pytest.FixtureRequest) -> Iterator[Kept]:
    with kept_on(request.param) as kept:
        kept.users.add(user(1))
        yield kept


@pytest.fixture
def failures(kept: Kept) -> FailureRepository:
    return kept.failures


@pytest.fixture
def passwords(kept: Kept) -> PasswordRepository:
    return kept.passwords


def test_nothing_is_counted_at_first(failures: FailureRepository) -> None:
    assert failures.get(EMAIL) is None


def test_what_was_counted_is_found_whatever_the_case_of_the_address(failures: FailureRepository) -> None:
    assert failures.replace(EMAIL, None, Failures(1, NOW))
    assert failures.get("ADA@Example.com") == Failures(1, NOW)
    assert failures.get("other@example.com") is None


def test_a_count_takes_the_place_of_the_one_that_is_known(failures: FailureRepository) -> None:
    first, second = Failures(1, NOW), Failures(2, NOW + timedelta(milliseconds=1))
    assert failures.replace(EMAIL, None, first)
    assert failures.replace(EMAIL, first, second)
    assert failures.get(EMAIL) == second


@pytest.mark.parametrize(
    "known", [None, Failures(2, NOW), Failures(1, NOW - timedelta(milliseconds=1))], ids=["none", "count", "time"]
)
def test_a_count_is_not_kept_when_another_is_stored(failures: FailureRepository, known: Failures | None) -> None:
    failures.replace(EMAIL, None, Failures(1, NOW))
    assert not failures.replace(EMAIL, known, Failures(3, NOW))
    assert failures.get(EMAIL) == Failures(1, NOW)


def test_a_count_is_not_kept_when_what_is_known_was_forgotten(failures: FailureRepository) -> None:
    failures.replace(EMAIL, None, Failures(1, NOW))
    failures.forget(EMAIL)
    assert not failures.replace(EMAIL, Failures(1, NOW), Failures(2, NOW))
    assert failures.get(EMAIL) is None


def test_forgetting_what_was_never_counted_changes_nothing(failures: FailureRepository) -> None:
    failures.forget(EMAIL)
    assert failures.get(EMAIL) is None


def test_of_many_first_failures_at_once_exactly_one_is_kept(failures: FailureRepository) -> None:
    results = race(*(partial(failures.replace, EMAIL, None, Failures(1, NOW)) for _ in range(8)))
    assert sorted(results, key=str) == [False] * 7 + [True]


def test_of_many_next_failures_at_once_exactly_one_is_kept(failures: FailureRepository) -> None:
    known = Failures(1, NOW)
    failures.replace(EMAIL, None, known)
    results = race(*(partial(failures.replace, EMAIL, known, Failures(2, NOW)) for _ in range(8)))
    assert sorted(results, key=str) == [False] * 7 + [True]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_count_holds_no_address_and_the_time_when_dynamodb_may_drop_it(engine: str) -> None:
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


def test_a_user_has_no_password_at_first(passwords: PasswordRepository) -> None:
    assert passwords.get(1) is None


def test_a_password_is_set_and_set_again(passwords: PasswordRepository) -> None:
    passwords.set(1, "first")
    assert passwords.get(1) == "first"
    passwords.set(1, "second")
    assert passwords.get(1) == "second"


def test_a_first_password_is_kept_once(passwords: PasswordRepository) -> None:
    assert passwords.replace(1, None, "first")
    assert not passwords.replace(1, None, "second")
    assert passwords.get(1) == "first"


def test_a_password_takes_the_place_of_the_one_that_is_known(passwords: PasswordRepository) -> None:
    passwords.set(1, "first")
    assert passwords.replace(1, "first", "second")
    assert not passwords.replace(1, "first", "third")
    assert passwords.get(1) == "second"


def test_of_many_changes_of_one_password_at_once_exactly_one_is_kept(passwords: PasswordRepository) -> None:
    passwords.set(1, "first")
    results = race(*(partial(passwords.replace, 1, "first", f"{number}") for number in range(8)))
    assert sorted(results, key=str) == [False] * 7 + [True]
    assert passwords.get(1) == str(results.index(True))


def test_nobody_gets_a_password_who_is_not_there(passwords: PasswordRepository) -> None:
    with pytest.raises(UserNotFound):
        passwords.set(2, "hash")
    with pytest.raises(UserNotFound):
        passwords.replace(2, None, "hash")
    assert passwords.get(2) is None


def test_an_erased_user_gets_no_password_again(kept: Kept) -> None:
    kept.passwords.set(1, "hash")
    kept.users.erase(1, NOW)
    with pytest.raises(UserNotFound):
        kept.passwords.set(1, "hash")
    with pytest.raises(UserNotFound):
        kept.passwords.replace(1, None, "hash")
    assert kept.passwords.get(1) is None
