from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from common.failures import Failure
from tests.users.examples import user
from tests.users.fake_logins import hashing
from tests.users.fake_repository import FakeUserRepository
from users.accounts import Account
from users.domain import EmailTaken, User, UserBusy, UserIdTaken, UserNotFound, new_user_id
from users.operations import change_user, create_user, deactivate_user

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SELF = Account(user(1), frozenset())


def draws(*numbers: int) -> Callable[[int], int]:
    left = list(numbers)
    return lambda _bits: left.pop(0)


def registered(
    users: FakeUserRepository, email: str, random_bits: Callable[[int], int], password: str | None = None
) -> User:
    return create_user(
        users,
        email=email,
        username="x",
        is_active=True,
        password=password,
        hashing=hashing(),
        network=None,
        now=NOW,
        random_bits=random_bits,
    )


def any_version(_version: int) -> None:
    pass


def test_registered_user_has_the_given_fields_and_no_scopes() -> None:
    users = FakeUserRepository()
    made = registered(users, "a@example.com", draws(7), "a long enough one")
    assert made == User(
        id=new_user_id(NOW, 7),
        email="a@example.com",
        username="x",
        is_active=True,
        created_at=NOW,
        version=1,
        scopes=frozenset(),
    )
    assert users.hashes == {made.id: "fast:a long enough one"}


def test_taken_id_is_drawn_again() -> None:
    users = FakeUserRepository()
    registered(users, "a@example.com", draws(7))
    assert registered(users, "b@example.com", draws(7, 7, 8)).id == new_user_id(NOW, 8)


def test_registration_fails_after_five_taken_ids() -> None:
    users = FakeUserRepository()
    registered(users, "a@example.com", draws(7))
    with pytest.raises(UserIdTaken):
        registered(users, "b@example.com", lambda _bits: 7)


def test_taken_address_is_not_retried() -> None:
    users = FakeUserRepository()
    registered(users, "a@example.com", draws(7))
    with pytest.raises(EmailTaken):
        registered(users, "A@example.com", draws(8))


def test_fields_that_are_not_given_are_kept() -> None:
    users = FakeUserRepository(user(1, scopes=frozenset({"users:admin"})))
    changed = change_user(users, 1, caller=SELF, check=any_version, username="countess")
    assert changed == user(1, username="countess", version=2, scopes=frozenset({"users:admin"}))
    assert users.get(1) == changed


def test_change_without_difference_keeps_the_version() -> None:
    users = FakeUserRepository(user(1))
    assert change_user(users, 1, caller=SELF, check=any_version, username="ada", email="ada@example.com").version == 1


def test_deactivating_twice_is_one_change() -> None:
    users = FakeUserRepository(user(1))
    for _ in range(2):
        deactivate_user(users, 1, check=any_version)
        assert users.get(1) == user(1, is_active=False, version=2)


def test_unknown_user_cannot_be_changed() -> None:
    with pytest.raises(UserNotFound):
        change_user(FakeUserRepository(), 1, caller=SELF, check=any_version, username="x")


def test_rejected_version_is_not_changed() -> None:
    users = FakeUserRepository(user(1, version=3))

    def reject(version: int) -> None:
        raise Failure(f"not {version}")

    with pytest.raises(Failure, match="not 3"):
        change_user(users, 1, caller=SELF, check=reject, username="x")
    assert users.get(1).username == "ada"


class Contended(FakeUserRepository):
    """Changes the user's name concurrently before each of the next `times` changes is stored."""

    def __init__(self, user: User, times: int) -> None:
        super().__init__(user)
        self.times = times

    def replace(self, known: User, changed: User) -> bool:
        if self.times:
            self.times -= 1
            stored = self.get(known.id)
            super().replace(stored, stored.changed(username=f"{stored.username}x"))
        return super().replace(known, changed)


def test_concurrent_changes_of_other_fields_are_kept() -> None:
    users = Contended(user(1), times=4)
    changed = change_user(users, 1, caller=SELF, check=any_version, email="new@example.com")
    assert changed == user(1, "new@example.com", username="adaxxxx", version=6)


def test_five_concurrent_changes_end_in_busy() -> None:
    users = Contended(user(1), times=5)
    with pytest.raises(UserBusy):
        change_user(users, 1, caller=SELF, check=any_version, email="new@example.com")
    assert users.get(1).email == "ada@example.com"
