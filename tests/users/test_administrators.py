"""The registered administrators: the last one cannot be removed, not even by two who go at the same time."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from common.dynamodb.table import Table
from common.dynamodb.writes import ConditionsFailed, Update
from tests.support.racing import race
from tests.support.tables import table_on
from tests.users.examples import user
from tests.users.repositories import IMPLEMENTATIONS, NOW, Repositories, repositories_on
from users.accounts import Account
from users.administrator_repository import registration
from users.domain import LastAdministrator, User, UserNotFound, UserRepository
from users.item_repository import user_item
from users.operations import change_user, deactivate_user, erase_user
from users.repository import DynamoUserRepository

SCOPE = frozenset({"users:admin"})
NONE: frozenset[str] = frozenset()

type Removal = Callable[[UserRepository, int], object]


@pytest.fixture(params=IMPLEMENTATIONS)
def repositories(request: pytest.FixtureRequest) -> Iterator[Repositories]:
    with repositories_on(request.param) as repositories:
        yield repositories


@pytest.fixture
def users(repositories: Repositories) -> UserRepository:
    return repositories.users


def any_version(_: int) -> None:
    """Accept the version."""


def deactivate(users: UserRepository, user_id: int) -> None:
    deactivate_user(users, user_id, check=any_version)


def erase(users: UserRepository, user_id: int) -> None:
    erase_user(users, user_id, now=NOW)


def switch_off(users: UserRepository, user_id: int) -> None:
    caller = Account(users.get(user_id), SCOPE)
    change_user(users, user_id, caller=caller, check=any_version, is_active=False)


REMOVALS = [deactivate, erase, switch_off]


def added(users: UserRepository, *numbers: int, registered: bool = True) -> None:
    """Add administrators; one that is not registered is from an earlier version."""
    for number in numbers:
        users.add(user(number, f"{number}@example.com", scopes=SCOPE), "hash")
        if registered:
            assert users.set_scopes(users.get(number), SCOPE)


def active(users: UserRepository, user_id: int) -> bool:
    try:
        return users.get(user_id).is_active
    except UserNotFound:
        return False


def test_nobody_is_registered_at_first(users: UserRepository) -> None:
    users.add(user(1))
    assert users.administrators() == []


def test_granted_administrator_is_registered_until_the_scope_is_revoked(users: UserRepository) -> None:
    users.add(user(1))
    assert users.set_scopes(users.get(1), SCOPE)
    assert users.get(1) == user(1, scopes=SCOPE, version=2)
    assert users.administrators() == [1]
    assert users.set_scopes(users.get(1), NONE)  # an operator may remove the last one
    assert users.get(1) == user(1, version=3)
    assert users.administrators() == []


def test_scope_that_the_user_has_is_registered_without_a_new_version(users: UserRepository) -> None:
    added(users, 2, 1, registered=False)
    for number in (2, 1, 1):
        assert users.set_scopes(users.get(number), SCOPE)
    assert users.administrators() == [1, 2]
    assert users.get(1).version == 1


@pytest.mark.parametrize("changes", [{"is_active": False}, {"subject": "auth0|ada"}], ids=["inactive", "of an issuer"])
def test_other_users_with_the_scope_are_not_registered(users: UserRepository, changes: dict[str, Any]) -> None:
    users.add(user(1, **changes))
    assert users.set_scopes(users.get(1), SCOPE)
    assert (users.get(1).scopes, users.administrators()) == (SCOPE, [])


def test_scopes_of_another_version_are_not_replaced(users: UserRepository) -> None:
    added(users, 1, 2)
    known = users.get(1)
    assert users.replace(known, known.changed(username="countess"))
    assert not users.set_scopes(known, NONE)
    assert not users.set_scopes(user(3, "3@example.com"), SCOPE)
    assert (users.get(1).scopes, users.administrators()) == (SCOPE, [1, 2])


@pytest.mark.parametrize("remove", REMOVALS)
def test_administrator_without_a_password_is_not_another_one_and_stays_registered(
    users: UserRepository, remove: Removal
) -> None:
    for number in (1, 2):
        users.add(user(number, f"{number}@example.com", scopes=SCOPE))
        assert users.set_scopes(users.get(number), SCOPE)
    added(users, 3)
    with pytest.raises(LastAdministrator):
        remove(users, 3)
    added(users, 4)
    remove(users, 3)
    assert users.administrators() == [1, 2, 4]


@pytest.mark.parametrize("remove", REMOVALS)
def test_last_administrator_is_not_removed(users: UserRepository, remove: Removal) -> None:
    added(users, 1)
    users.add(user(2, "2@example.com", scopes=frozenset({"elsewhere:admin"})))
    with pytest.raises(LastAdministrator, match="make grant"):
        remove(users, 1)
    assert (users.get(1), users.administrators()) == (user(1, "1@example.com", scopes=SCOPE), [1])


@pytest.mark.parametrize("remove", REMOVALS)
def test_other_administrator_is_removed_and_no_longer_registered(users: UserRepository, remove: Removal) -> None:
    added(users, 1, 2)
    remove(users, 1)
    assert (active(users, 1), users.administrators()) == (False, [2])
    with pytest.raises(LastAdministrator):
        remove(users, 2)


@pytest.mark.parametrize("remove", REMOVALS)
def test_administrator_of_an_earlier_version_needs_another_registered_one(
    users: UserRepository, remove: Removal
) -> None:
    added(users, 1, 2, registered=False)
    with pytest.raises(LastAdministrator):
        remove(users, 1)
    assert users.set_scopes(users.get(2), SCOPE)
    remove(users, 1)
    assert (active(users, 1), users.administrators()) == (False, [2])


@pytest.mark.parametrize("remove", REMOVALS)
def test_one_of_two_administrators_who_go_at_the_same_time_stays(users: UserRepository, remove: Removal) -> None:
    for first in (1, 3, 5, 7):
        pair = [first, first + 1]
        added(users, *pair)
        results = race(*(partial(remove, users, number) for number in pair))
        assert sorted(map(str, results)) == sorted([str(None), str(LastAdministrator())])
        [left] = users.administrators()
        assert [number for number in pair if active(users, number)] == [left]
        assert users.set_scopes(users.get(left), NONE)


def test_reactivated_administrator_is_registered_again(users: UserRepository) -> None:
    added(users, 1, 2)
    deactivate(users, 1)
    caller = Account(users.get(2), SCOPE)
    changed = change_user(users, 1, caller=caller, check=any_version, is_active=True)
    assert (changed.is_active, users.administrators()) == (True, [1, 2])


@pytest.mark.parametrize("remove", [deactivate, erase])
def test_profile_of_an_issuers_user_is_removed_without_another_administrator(
    users: UserRepository, remove: Removal
) -> None:
    stored: User = user(1, scopes=SCOPE, subject="auth0|ada")
    users.add(stored)
    remove(users, 1)
    assert not active(users, 1)


def erased_before(table: Table, user_id: int) -> None:
    """Erase a user as an earlier version did, which does not change the list."""
    table.write(
        Update(key=user_item(user_id), set={"erased_at": NOW.isoformat(), "version": 9}, remove=["email", "username"])
    )


def deactivated_before(table: Table, user_id: int) -> None:
    table.write(Update(key=user_item(user_id), set={"is_active": False, "version": 9}))


def revoked_before(table: Table, user_id: int) -> None:
    table.write(Update(key=user_item(user_id), set={"scopes": [], "version": 9}))


@pytest.mark.parametrize("removed_before", [erased_before, deactivated_before, revoked_before])
@pytest.mark.parametrize("remove", REMOVALS)
def test_id_that_an_earlier_version_left_in_the_list_is_not_another_administrator(
    remove: Removal, removed_before: Callable[[Table, int], None]
) -> None:
    with table_on("moto", "users") as table:
        users = DynamoUserRepository(table)
        added(users, 1, 2, 3)
        removed_before(table, 1)
        remove(users, 3)
        assert users.administrators() == [2]
        with pytest.raises(LastAdministrator):
            remove(users, 2)
        assert active(users, 2)


def test_administrator_is_not_removed_while_an_earlier_version_deactivates_the_other_one() -> None:
    with table_on("moto", "users") as table:
        users = DynamoUserRepository(table)
        added(users, 1, 2)
        known = users.get(2)
        writes = registration(table, known, replace(known, is_active=False))
        deactivated_before(table, 1)
        with pytest.raises(ConditionsFailed):
            table.write(*writes)
