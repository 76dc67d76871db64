from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial

import pytest

from tests.support.racing import race
from tests.support.tables import ENGINES, table_on
from tests.users.fake_repository import FakeUserRepository
from users.domain import EmailTaken, User, UserIdTaken, UserNotFound, UserRepository
from users.repository import DynamoUserRepository


def user(user_id: int, email: str = "ada@example.com", **changes: object) -> User:
    values = {"username": "ada", "is_active": True, "created_at": datetime(2026, 1, 2, 3, 4, 5, 678_000, UTC)}
    return User(id=user_id, email=email, **(values | changes))  # type: ignore[arg-type]


@pytest.fixture(params=["fake", *ENGINES])
def users(request: pytest.FixtureRequest) -> Iterator[UserRepository]:
    if request.param == "fake":
        yield FakeUserRepository()
        return
    with table_on(request.param, "users") as table:
        yield DynamoUserRepository(table)


def test_an_added_user_is_found_unchanged(users: UserRepository) -> None:
    added = user(2**53 - 1, "Zoë@example.com", username="Zoë 📚", is_active=False)
    users.add(added)
    assert users.get(added.id) == added


def test_an_unknown_user_is_not_found(users: UserRepository) -> None:
    with pytest.raises(UserNotFound):
        users.get(1)


@pytest.mark.parametrize("second", ["ada@example.com", "ADA@Example.com", "aDa@example.COM"])
def test_an_email_address_is_unique_regardless_of_case(users: UserRepository, second: str) -> None:
    users.add(user(1))
    with pytest.raises(EmailTaken):
        users.add(user(2, second))


def test_composed_and_decomposed_letters_are_one_address(users: UserRepository) -> None:
    users.add(user(1, "zo\u00eb@example.com"))
    with pytest.raises(EmailTaken):
        users.add(user(2, "zoe\u0308@example.com"))


def test_a_refused_user_leaves_nothing_behind(users: UserRepository) -> None:
    users.add(user(1))
    with pytest.raises(EmailTaken):
        users.add(user(2))
    with pytest.raises(UserNotFound):
        users.get(2)


def test_a_taken_id_is_refused_and_leaves_the_address_free(users: UserRepository) -> None:
    users.add(user(1, "first@example.com"))
    with pytest.raises(UserIdTaken):
        users.add(user(1, "second@example.com"))
    assert users.get(1).email == "first@example.com"
    users.add(user(2, "second@example.com"))


def test_of_many_users_with_one_address_arriving_at_once_exactly_one_is_kept(users: UserRepository) -> None:
    results = race(*(partial(users.add, user(number)) for number in range(1, 9)))
    assert results.count(None) == 1
    assert sum(isinstance(result, EmailTaken) for result in results) == 7
