"""Logins with a password."""

import pytest

from common.failures import Unavailable
from tests.support.tables import table_on
from tests.users.attacks import EMAIL, HOME, NEW, NOW, anyone, failures, three_users
from tests.users.earlier_version import DOUBLE_S, SHARP_S, added_before
from tests.users.examples import recent, user
from tests.users.fake_logins import (
    FailingAfterwards,
    FakeFailureRepository,
    FakePasswordRepository,
    FastHasher,
    authenticator,
)
from tests.users.fake_repository import FakeUserRepository
from users.attempts import begin, network_name
from users.domain import account_key
from users.failed_logins import ANONYMOUS, Failures
from users.repository import DynamoUserRepository
from users.token_failures import InvalidCredentials


@pytest.fixture
def users() -> FakeUserRepository:
    return three_users()


def test_right_password_authenticates_and_refunds_the_attempt(users: FakeUserRepository) -> None:
    begin(FakeFailureRepository(users), account_key(1), ANONYMOUS, HOME, NOW)
    before = users.failures[account_key(1)]
    assert authenticator(users).authenticate("ADA@example.com", "right", HOME, NOW) == user(1)
    known = {network_name(account_key(1), HOME): int(NOW.timestamp())}
    assert users.failures == {account_key(1): Failures(known, before.spent)}


@pytest.mark.parametrize(
    ("email", "password", "key"),
    [
        (EMAIL, "wrong", account_key(1)),
        ("unknown@example.com", "right", "unknown@example.com"),
        ("inactive@example.com", "right", account_key(2)),
        ("inactive@example.com", "wrong", account_key(2)),
        ("without@example.com", "right", account_key(3)),
    ],
)
@pytest.mark.parametrize(("accent", "comparisons"), [("", 1), ("\u00e9", 1), ("e\u0301", 2)])
def test_every_rejection_has_the_same_detail_and_number_of_comparisons(
    users: FakeUserRepository, email: str, password: str, key: str, accent: str, comparisons: int
) -> None:
    hasher = FastHasher()
    users.hashes |= {1: f"fast:right{accent}", 2: f"fast:right{accent}"}
    with pytest.raises(InvalidCredentials) as rejection:
        authenticator(users, hasher).authenticate(email, f"{password}{accent}", HOME, NOW)
    assert rejection.value.detail == InvalidCredentials().detail
    assert hasher.comparisons == comparisons
    assert users.failures == {key: failures(key)}


def test_address_that_an_earlier_version_reserved_for_another_address_is_no_login() -> None:
    with table_on("moto", "users") as table:
        added_before(table, 1, SHARP_S)
        users = FakeUserRepository(user(1, SHARP_S))
        users.hashes[1] = "fast:right"
        login = authenticator(users)._replace(users=DynamoUserRepository(table))
        assert login.authenticate(SHARP_S, "right", HOME, NOW).id == 1
        with pytest.raises(InvalidCredentials):
            login.authenticate(DOUBLE_S, "right", HOME, NOW)


def test_user_deactivated_during_the_comparison_is_rejected(users: FakeUserRepository) -> None:
    class Deactivating(FastHasher):
        def matches(self, password: str, password_hash: str | None) -> bool:
            assert users.replace(user(1), user(1).changed(is_active=False))
            return super().matches(password, password_hash)

    with pytest.raises(InvalidCredentials):
        authenticator(users, Deactivating()).authenticate(EMAIL, "right", HOME, NOW)


def test_user_erased_during_the_comparison_is_rejected(users: FakeUserRepository) -> None:
    class Erasing(FastHasher):
        def matches(self, password: str, password_hash: str | None) -> bool:
            users.erase(1, NOW)
            return super().matches(password, password_hash)

    with pytest.raises(InvalidCredentials):
        authenticator(users, Erasing()).authenticate(EMAIL, "right", HOME, NOW)


def test_login_replaces_an_outdated_hash(users: FakeUserRepository) -> None:
    authenticator(users, FastHasher("faster")).authenticate(EMAIL, "right", HOME, NOW)
    assert users.hashes[1] == "faster:right"
    with pytest.raises(InvalidCredentials):
        authenticator(users, FastHasher("fastest")).authenticate(EMAIL, "wrong", HOME, NOW)
    assert users.hashes[1] == "faster:right"


def test_login_does_not_overwrite_a_concurrent_password_change(users: FakeUserRepository) -> None:
    class Overtaken(FastHasher):
        def hash(self, password: str) -> str:
            users.hashes[1] = f"faster:{NEW}"
            return super().hash(password)

    authenticator(users, Overtaken("faster")).authenticate(EMAIL, "right", HOME, NOW)
    assert users.hashes[1] == f"faster:{NEW}"


def test_user_erased_during_the_rehash_is_rejected(users: FakeUserRepository) -> None:
    class Erasing(FastHasher):
        def hash(self, password: str) -> str:
            users.erase(1, NOW)
            return super().hash(password)

    with pytest.raises(InvalidCredentials):
        authenticator(users, Erasing("faster")).authenticate(EMAIL, "right", HOME, NOW)
    assert users.hashes.get(1) is None


def test_password_that_would_not_be_accepted_still_logs_in(users: FakeUserRepository) -> None:
    users.hashes[1] = "fast:tab\tpassword"
    assert authenticator(users).authenticate(EMAIL, "tab\tpassword", HOME, NOW) == user(1)


def test_password_set_in_one_unicode_form_logs_in_in_the_other(users: FakeUserRepository) -> None:
    authenticator(users).set_password(1, "pass\u00e9 compos\u00e9\u00a0e", by=2, now=NOW, check=anyone)
    decomposed = "passe\u0301 compose\u0301\u3000e"
    assert authenticator(users).authenticate(EMAIL, decomposed, HOME, NOW).id == 1
    authenticator(users).change_password(
        user(1), decomposed, "e\u0301t\u00e9 apre\u0300s l'hiver", HOME, NOW, check_login=recent
    )
    assert users.hashes[1] == "fast:\u00e9t\u00e9 apr\u00e8s l'hiver"


def test_replaced_hash_is_of_the_normalised_password(users: FakeUserRepository) -> None:
    users.hashes[1] = "fast:\u00e9t\u00e9"
    authenticator(users, FastHasher("faster")).authenticate(EMAIL, "e\u0301te\u0301", HOME, NOW)
    assert users.hashes[1] == "faster:\u00e9t\u00e9"


@pytest.mark.parametrize("old", ["e\u0301te\u0301 a\u0300 la mer", "\u00e9t\u00e9\u00a0\u00e0\u3000la mer"])
def test_password_that_was_set_before_normalising_logs_in_and_is_hashed_anew(
    users: FakeUserRepository, old: str
) -> None:
    users.hashes[1] = f"fast:{old}"
    normalised = "\u00e9t\u00e9 \u00e0 la mer"
    with pytest.raises(InvalidCredentials):
        authenticator(users).authenticate(EMAIL, normalised, HOME, NOW)
    assert authenticator(users).authenticate(EMAIL, old, HOME, NOW) == user(1)
    assert users.hashes[1] == f"fast:{normalised}"
    for equal in (old, normalised):
        assert authenticator(users).authenticate(EMAIL, equal, HOME, NOW) == user(1)


def test_login_is_a_success_although_neither_refund_nor_new_hash_can_be_stored(users: FakeUserRepository) -> None:
    class Unwritable(FakePasswordRepository):
        def replace(self, user_id: int, known: str | None, password_hash: str, at: int | None = None) -> bool:
            raise Unavailable(f"{user_id}, {known}, {password_hash}, {at}")

    login = authenticator(users, FastHasher("faster"))
    login = login._replace(failures=FailingAfterwards(users, 2), passwords=Unwritable(users))
    assert login.authenticate(EMAIL, "right", HOME, NOW) == user(1)
    assert users.hashes[1] == "fast:right"
