"""Who has set the password or the address of a user is stored, and `make grant` asks before it gives a scope."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

import pytest
from starlette.testclient import TestClient

from common.dynamodb.table import Table
from tests.support.tables import ENGINES, table_on
from tests.users.examples import user
from tests.users.fake_repository import FakeUserRepository
from tests.users.repositories import IMPLEMENTATIONS, Repositories, repositories_on
from users.commands.grants import doubts
from users.commands.scopes import GrantError, change, find
from users.domain import User
from users.login_repository import DynamoPasswordRepository
from users.repository import DynamoUserRepository

AT: Final = 1_790_000_000
NOW: Final = datetime(2026, 11, 21, 12, tzinfo=UTC)
OTHER: Final = "/api/v1/users/3"
PASSWORD: Final = {"password": "a long enough sentence"}
EMAIL: Final = "else@example.com"
SCOPE: Final = frozenset({"elsewhere:admin"})
MORE: Final = frozenset({"elsewhere:admin", "users:admin"})


def test_administrators_leave_a_mark_when_they_set_the_password_of_another_user(
    api: TestClient, users: FakeUserRepository, admin: dict[str, str]
) -> None:
    assert users.get(3).set_by is None
    assert api.put(f"{OTHER}/password", json=PASSWORD, headers=admin).status_code == 204
    assert users.get(3).set_by == 1


def test_administrators_leave_a_mark_when_they_change_the_address_of_another_user(
    api: TestClient, users: FakeUserRepository, admin: dict[str, str]
) -> None:
    assert api.patch(OTHER, json={"username": "renamed"}, headers=admin).status_code == 200
    assert users.get(3).set_by is None
    assert api.patch(OTHER, json={"email": EMAIL}, headers=admin).status_code == 200
    assert users.get(3).set_by == 1


def test_users_leave_no_mark_on_themselves(api: TestClient, users: FakeUserRepository, own: dict[str, str]) -> None:
    assert api.patch("/api/v1/users/2", json={"email": EMAIL}, headers=own).status_code == 200
    body = PASSWORD | {"current_password": "the user's own one"}
    assert api.put("/api/v1/users/2/password", json=body, headers=own).status_code == 204
    assert users.get(2).set_by is None


@pytest.fixture(params=IMPLEMENTATIONS)
def repositories(request: pytest.FixtureRequest) -> Iterator[Repositories]:
    with repositories_on(request.param) as repositories:
        repositories.users.add(user(1))
        yield repositories


def marked(repositories: Repositories, number: int = 1) -> User:
    """Set the password of the user, as the user 9."""
    assert repositories.passwords.set(repositories.users.get(number), "hash", by=9, at=AT)
    return repositories.users.get(number)


def test_setting_a_password_changes_the_version_and_stores_by_whom(repositories: Repositories) -> None:
    assert (marked(repositories).set_by, marked(repositories).version) == (9, 3)


def test_address_is_stored_with_the_one_who_has_set_it(repositories: Repositories) -> None:
    known = repositories.users.get(1)
    assert repositories.users.replace(known, known.changed(email=EMAIL, by=9))
    assert repositories.users.get(1) == known.changed(email=EMAIL, by=9)
    assert repositories.users.get(1).set_by == 9


def test_mark_outlasts_changes_by_the_user(repositories: Repositories) -> None:
    """Whoever has set the password can log in with it, and change it as the user."""
    known = marked(repositories)
    assert repositories.passwords.replace(1, "hash", "another")
    assert repositories.users.replace(known, known.changed(email=EMAIL, by=1))
    assert repositories.users.get(1).set_by == 9


def test_mark_ends_with_a_grant_and_not_with_a_revocation(repositories: Repositories) -> None:
    known = marked(repositories)
    assert repositories.users.set_scopes(known, frozenset())
    assert repositories.users.get(1).set_by == 9
    assert repositories.users.set_scopes(known, MORE)
    assert repositories.users.get(1).set_by is None
    known = marked(repositories)
    assert repositories.users.set_scopes(known, SCOPE)
    assert repositories.users.get(1).set_by == 9


@pytest.fixture
def table() -> Iterator[Table]:
    with table_on(ENGINES[0], "users") as table:
        DynamoUserRepository(table).add(user(1))
        yield table


def test_grant_fails_if_an_administrator_sets_the_password_after_the_operator_was_asked(table: Table) -> None:
    known = find(table._client, table._name, 1)
    assert DynamoPasswordRepository(table).set(known, "hash", by=9, at=AT)
    with pytest.raises(GrantError, match="meanwhile"):
        change(table._client, table._name, 1, SCOPE.union, shown=known)
    assert find(table._client, table._name, 1).scopes == frozenset()


def test_grant_fails_if_the_same_administrator_sets_it_again_after_the_operator_was_asked(table: Table) -> None:
    passwords = DynamoPasswordRepository(table)
    assert passwords.set(find(table._client, table._name, 1), "hash", by=9, at=AT)
    known = find(table._client, table._name, 1)
    assert passwords.set(known, "hash", by=9, at=AT)
    with pytest.raises(GrantError, match="meanwhile"):
        change(table._client, table._name, 1, SCOPE.union, shown=known)


def test_grant_fails_if_an_administrator_sets_the_password_during_the_write(table: Table) -> None:
    """The version changes with the password, so that the write of the scopes does not hold."""
    known = find(table._client, table._name, 1)
    assert DynamoPasswordRepository(table).set(known, "hash", by=9, at=AT)
    assert not DynamoUserRepository(table).set_scopes(known, SCOPE)


def test_erasure_removes_the_mark(table: Table) -> None:
    known = find(table._client, table._name, 1)
    assert DynamoPasswordRepository(table).set(known, "hash", by=9, at=AT)
    DynamoUserRepository(table).erase(1, NOW)
    [item] = table._client.scan(TableName=table._name)["Items"]
    assert "set_by" not in item


def test_what_an_operator_has_to_confirm() -> None:
    known = user(1, EMAIL, set_by=9)
    assert doubts(known, "", grant=True) == ["user 9 has set the password or the address of this user"]
    assert doubts(user(1, EMAIL, set_by=9, password_set_at=AT), "", grant=True) == [
        "user 9 has set the password or the address of this user, whose password was last set at 2026-09-21 14:13 UTC"
    ]
    assert doubts(known, "", grant=False) == []
    assert doubts(known, "ELSE@example.com", grant=False) == [
        "the stored address is else@example.com, not ELSE@example.com"
    ]
    assert doubts(user(1, EMAIL), EMAIL, grant=True) == []
