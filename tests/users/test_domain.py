from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from tests.users.fake_repository import FakeUserRepository
from users.domain import RANDOM_BITS, EmailTaken, User, UserIdTaken, email_key, new_user_id, register

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
LARGEST = (1 << RANDOM_BITS) - 1


def draws(*numbers: int) -> Callable[[int], int]:
    left = list(numbers)
    return lambda _bits: left.pop(0)


def registered(users: FakeUserRepository, email: str, random_bits: Callable[[int], int]) -> User:
    return register(users, email=email, username="x", is_active=True, now=NOW, random_bits=random_bits)


def test_ids_sort_by_time_whatever_the_randomness() -> None:
    assert new_user_id(NOW, LARGEST) < new_user_id(NOW + timedelta(milliseconds=1), 0)


def test_ids_stay_exact_in_javascript_until_2095() -> None:
    assert new_user_id(datetime(2095, 1, 1, tzinfo=UTC), LARGEST) < 2**53


def test_letter_case_does_not_tell_two_addresses_apart() -> None:
    assert email_key("STRASSE@Example.com") == email_key("straße@example.com")


def test_a_registered_user_carries_what_was_given() -> None:
    user = registered(FakeUserRepository(), "a@example.com", draws(7))
    assert user == User(
        id=new_user_id(NOW, 7), email="a@example.com", username="x", is_active=True, created_at=NOW, version=1
    )


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
