"""Changes of users, by the fake and by the adapter."""

from dataclasses import replace
from functools import partial

import pytest

from common.dynamodb.writes import Update
from tests.support.eventually import eventually
from tests.support.racing import race
from tests.support.tables import ENGINES, table_on
from tests.users.examples import user
from tests.users.repositories import Repositories, change, of_the_list
from users.commands.scopes import change as grant
from users.domain import (
    EmailTaken,
    UserRepository,
)
from users.item_repository import user_item
from users.repository import DynamoUserRepository


@pytest.fixture
def users(repositories: Repositories) -> UserRepository:
    return repositories.users


@of_the_list
def test_changed_user_is_read_and_listed(users: UserRepository) -> None:
    users.add(user(1, scopes=frozenset({"elsewhere:admin"})), "hash")
    assert change(users, 1, username="countess", is_active=False)
    expected = user(1, username="countess", is_active=False, version=2, scopes=frozenset({"elsewhere:admin"}))
    assert users.get(1) == expected
    eventually(lambda: users.page(limit=1, after=None).items, [expected])


def test_second_change_of_one_version_is_not_stored(users: UserRepository) -> None:
    users.add(user(1))
    known = users.get(1)
    assert users.replace(known, known.changed(username="first"))
    assert not users.replace(known, known.changed(username="second"))
    assert users.get(1).username == "first"


def test_unknown_user_is_not_changed(users: UserRepository) -> None:
    assert not users.replace(user(1), user(1).changed(email="b@example.com"))
    assert users.id_of("b@example.com") is None


def test_changed_email_is_taken_and_the_old_one_is_free(users: UserRepository) -> None:
    users.add(user(1))
    assert change(users, 1, email="countess@example.com")
    assert users.id_of("ada@example.com") is None
    assert users.id_of("countess@example.com") == 1
    users.add(user(2))
    with pytest.raises(EmailTaken):
        users.add(user(3, "countess@example.com"))


def test_email_can_be_changed_to_another_case(users: UserRepository) -> None:
    users.add(user(1))
    assert change(users, 1, email="Ada@Example.com")
    assert users.get(1).email == "Ada@Example.com"
    assert users.id_of("ada@example.com") == 1


def test_change_to_a_taken_email_is_rejected(users: UserRepository) -> None:
    users.add(user(1))
    users.add(user(2, "b@example.com"))
    with pytest.raises(EmailTaken):
        change(users, 2, email="ADA@example.com", username="other")
    assert users.get(2) == user(2, "b@example.com")
    assert (users.id_of("b@example.com"), users.id_of("ada@example.com")) == (2, 1)


def test_one_of_concurrent_changes_to_one_email_is_stored(users: UserRepository) -> None:
    for number in range(1, 9):
        users.add(user(number, f"{number}@example.com"))
    results = race(*(partial(change, users, number, email="one@example.com") for number in range(1, 9)))
    assert results.count(True) == 1
    assert sum(isinstance(result, EmailTaken) for result in results) == 7
    winner = results.index(True) + 1
    assert users.id_of("one@example.com") == winner
    assert [users.id_of(f"{number}@example.com") for number in range(1, 9)] == [
        None if number == winner else number for number in range(1, 9)
    ]


def test_one_of_concurrent_changes_of_one_user_is_stored(users: UserRepository) -> None:
    users.add(user(1))
    known = users.get(1)
    changed = [known.changed(email=f"{number}@example.com") for number in range(8)]
    results = race(*(partial(users.replace, known, one) for one in changed))
    assert sorted(results, key=str) == [False] * 7 + [True]
    assert users.get(1) == changed[results.index(True)]
    owners = [users.id_of(one.email) for one in changed]
    assert owners.count(1) == 1
    assert users.id_of("ada@example.com") is None


@pytest.mark.parametrize("engine", ENGINES)
def test_granted_scope_survives_concurrent_change(engine: str) -> None:
    with table_on(engine, "users") as table:
        users = DynamoUserRepository(table)
        users.add(user(1))
        grant(table._client, table._name, "ADA@example.com", frozenset({"users:admin"}).union)
        granted = user(1, version=2, scopes=frozenset({"users:admin"}))
        assert users.get(1) == granted
        # A change of the version before the grant is rejected, and a later change keeps the scopes.
        assert not users.replace(user(1), user(1).changed(username="other"))
        assert users.replace(replace(granted, scopes=frozenset()), granted.changed(username="other"))
        assert users.get(1).scopes == {"users:admin"}


@pytest.mark.parametrize("engine", ENGINES)
def test_item_without_scopes_is_read_as_a_user_without_scopes(engine: str) -> None:
    with table_on(engine, "users") as table:
        users = DynamoUserRepository(table)
        users.add(user(1))
        table.write(Update(key=user_item(1), remove=["scopes"]))
        assert users.get(1) == user(1)
