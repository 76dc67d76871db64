"""Lists of users, by the fake and by the adapter."""

from functools import partial
from typing import Final

import pytest

from tests.support.eventually import eventually
from tests.users.examples import user
from tests.users.repositories import NOW, Repositories, ids, of_the_list
from users.domain import (
    UserRepository,
)

LARGEST: Final = 2**53 - 1


@pytest.fixture
def users(repositories: Repositories) -> UserRepository:
    return repositories.users


@of_the_list
def test_pages_list_every_user_once_newest_first(users: UserRepository) -> None:
    numbers = [1, 9, 10, 100, LARGEST]
    for number in numbers:
        users.add(user(number, f"{number}@example.com"))
    eventually(partial(ids, users), numbers[::-1])
    first = users.page(limit=2, after=None)
    assert [found.id for found in first.items] == [LARGEST, 100]
    second = users.page(limit=2, after=first.next)
    assert [found.id for found in second.items] == [10, 9]
    third = users.page(limit=2, after=second.next)
    assert ([found.id for found in third.items], third.next) == ([1], None)
    assert users.page(limit=5, after=None).next is None


@of_the_list
def test_list_without_users_is_empty(users: UserRepository) -> None:
    assert users.page(limit=1, after=None) == ([], None)


@of_the_list
def test_next_page_is_complete_after_users_were_added_and_erased(users: UserRepository) -> None:
    for number in range(1, 7):
        users.add(user(number, f"{number}@example.com"))
    eventually(partial(ids, users), [6, 5, 4, 3, 2, 1])
    first = users.page(limit=2, after=None)
    users.erase(5, NOW)  # the user after whom the next page begins
    users.add(user(7, "7@example.com"))
    eventually(partial(ids, users), [7, 6, 4, 3, 2, 1])
    assert ids(users, after=first.next) == [4, 3, 2, 1]


@of_the_list
def test_listed_user_has_all_fields(users: UserRepository) -> None:
    added = user(3, scopes=frozenset({"users:admin"}), is_active=False)
    users.add(added)
    eventually(lambda: users.page(limit=1, after=None).items, [added])
