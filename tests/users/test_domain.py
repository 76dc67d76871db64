from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from common.failures import Failure
from tests.users.fake_repository import FakeUserRepository
from tests.users.people import user
from users.domain import (
    RANDOM_BITS,
    EmailTaken,
    User,
    UserBusy,
    UserIdTaken,
    UserNotFound,
    change,
    email_key,
    new_user_id,
    register,
)

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
LARGEST = (1 << RANDOM_BITS) - 1


def draws(*numbers: int) -> Callable[[int], int]:
    left = list(numbers)
    return lambda _bits: left.pop(0)


def registered(
    users: FakeUserRepository, email: str, random_bits: Callable[[int], int], password_hash: str | None = None
) -> User:
    return register(
        users,
        email=email,
        username="x",
        is_active=True,
        password_hash=password_hash,
        now=NOW,
        random_bits=random_bits,
    )


def any_version(_version: int) -> None:
    pass


def test_ids_sort_by_time_whatever_the_randomness() -> None:
    assert new_user_id(NOW, LARGEST) < new_user_id(NOW + timedelta(milliseconds=1), 0)


def test_ids_stay_exact_in_javascript_until_2095() -> None:
    assert new_user_id(datetime(2095, 1, 1, tzinfo=UTC), LARGEST) < 2**53


def test_letter_case_does_not_tell_two_addresses_apart() -> None:
    assert email_key("STRASSE@Example.com") == email_key("straße@example.com")


def test_a_registered_user_carries_what_was_given_and_may_do_nothing_special() -> None:
    users = FakeUserRepository()
    made = registered(users, "a@example.com", draws(7), "hash")
    assert made == User(
        id=new_user_id(NOW, 7),
        email="a@example.com",
        username="x",
        is_active=True,
        created_at=NOW,
        version=1,
        scopes=frozenset(),
    )
    assert users.hashes == {made.id: "hash"}


def test_an_id_that_is_taken_is_drawn_again() -> None:
    users = FakeUserRepository()
    registered(users, "a@example.com", draws(7))
    assert registered(users, "b@example.com", draws(7, 7, 8)).id == new_user_id(NOW, 8)


def test_registration_gives_up_when_no_free_id_comes_up() -> None:
    users = FakeUserRepository()
    registered(users, "a@example.com", draws(7))
    with pytest.raises(UserIdTaken):
        registered(users, "b@example.com", lambda _bits: 7)


def test_a_taken_address_is_not_tried_again() -> None:
    users = FakeUserRepository()
    registered(users, "a@example.com", draws(7))
    with pytest.raises(EmailTaken):
        registered(users, "A@example.com", draws(8))


def test_what_is_not_given_stays_as_it_is() -> None:
    users = FakeUserRepository(user(1, scopes=frozenset({"users:admin"})))
    changed = change(users, 1, check=any_version, username="countess")
    assert changed == user(1, username="countess", version=2, scopes=frozenset({"users:admin"}))
    assert users.get(1) == changed


def test_a_change_that_changes_nothing_makes_no_new_version() -> None:
    users = FakeUserRepository(user(1))
    assert change(users, 1, check=any_version, username="ada", email="ada@example.com").version == 1


def test_to_deactivate_a_user_twice_is_one_change() -> None:
    users = FakeUserRepository(user(1))
    for _ in range(2):
        assert change(users, 1, check=any_version, is_active=False) == user(1, is_active=False, version=2)


def test_nobody_is_changed_who_is_not_there() -> None:
    with pytest.raises(UserNotFound):
        change(FakeUserRepository(), 1, check=any_version, username="x")


def test_a_version_that_the_caller_does_not_want_is_not_changed() -> None:
    users = FakeUserRepository(user(1, version=3))

    def refuse(version: int) -> None:
        raise Failure(f"not {version}")

    with pytest.raises(Failure, match="not 3"):
        change(users, 1, check=refuse, username="x")
    assert users.get(1).username == "ada"


class Contended(FakeUserRepository):
    """Somebody else changes the user's name, some times, just before each change is to be kept."""

    def __init__(self, user: User, times: int) -> None:
        super().__init__(user)
        self.times = times

    def replace(self, known: User, changed: User) -> bool:
        if self.times:
            self.times -= 1
            stored = self.get(known.id)
            super().replace(stored, stored.changed(username=f"{stored.username}x"))
        return super().replace(known, changed)


def test_what_others_change_meanwhile_is_kept() -> None:
    users = Contended(user(1), times=4)
    changed = change(users, 1, check=any_version, email="new@example.com")
    assert changed == user(1, "new@example.com", username="adaxxxx", version=6)


def test_a_change_is_given_up_when_others_are_always_first() -> None:
    users = Contended(user(1), times=5)
    with pytest.raises(UserBusy):
        change(users, 1, check=any_version, email="new@example.com")
    assert users.get(1).email == "ada@example.com"
