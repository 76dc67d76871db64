"""A token from before the password was set or changed has no power over the account."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

import pytest
from starlette.testclient import TestClient

from tests.support.problem import assert_problem
from tests.support.tokens import bearer
from tests.users.examples import user
from tests.users.fake_repository import FakeUserRepository
from tests.users.repositories import IMPLEMENTATIONS, Repositories, repositories_on

NEW: Final = {"password": "a new one that is long"}
OWN: Final = "/api/v1/users/2"
AT: Final = 1_790_000_000


def reset(api: TestClient) -> None:
    """Set the password of user 2, as an administrator."""
    assert api.put(f"{OWN}/password", json=NEW, headers=bearer(1, "users:admin")).status_code == 204


def change(api: TestClient) -> None:
    """Change the password of user 2, as this user."""
    body = NEW | {"current_password": "the user's own one"}
    assert api.put(f"{OWN}/password", json=body, headers=bearer(2)).status_code == 204


@pytest.fixture(params=[reset, change])
def set_at(request: pytest.FixtureRequest, api: TestClient, users: FakeUserRepository) -> int:
    """The time at which the password of user 2 was set or changed."""
    request.param(api)
    at = users.get(2).password_set_at
    assert at is not None
    return at


TAKING_OVER: Final = [("PATCH", {"email": "thief@example.com"}), ("PATCH", {"is_active": False}), ("DELETE", None)]


@pytest.mark.parametrize(("method", "body"), TAKING_OVER)
@pytest.mark.parametrize("before", [20, 0])
def test_login_with_the_former_password_is_not_recent(
    api: TestClient, users: FakeUserRepository, set_at: int, method: str, body: object, before: int
) -> None:
    known = users.get(2)
    response = api.request(method, OWN, json=body, headers=bearer(2, auth_time=set_at - before))
    assert_problem(response, 401, "insufficient-user-authentication")
    assert users.get(2) == known


@pytest.mark.parametrize(("method", "body"), TAKING_OVER)
def test_login_after_it_is_recent(api: TestClient, set_at: int, method: str, body: object) -> None:
    assert api.request(method, OWN, json=body, headers=bearer(2, auth_time=set_at + 1)).is_success


def test_administrator_whose_password_was_set_needs_a_new_login(api: TestClient, users: FakeUserRepository) -> None:
    users.users[1] = user(1, scopes=frozenset({"users:admin"}), password_set_at=AT)
    for method, path, body in (("POST", f"{OWN}/erasure", None), ("PUT", f"{OWN}/password", NEW)):
        old = bearer(1, "users:admin", auth_time=AT)
        assert_problem(api.request(method, path, json=body, headers=old), 401, "insufficient-user-authentication")


def test_other_operations_accept_the_token(api: TestClient, set_at: int) -> None:
    former = bearer(2, auth_time=set_at - 20)
    assert api.patch(OWN, json={"username": "renamed"}, headers=former).status_code == 200


def test_token_without_a_time_of_login_stays_old(api: TestClient, set_at: int) -> None:
    assert set_at
    assert_problem(api.delete(OWN, headers=bearer(2, auth_time=None)), 401, "insufficient-user-authentication")


@pytest.fixture(params=IMPLEMENTATIONS)
def repositories(request: pytest.FixtureRequest) -> Iterator[Repositories]:
    with repositories_on(request.param) as repositories:
        repositories.users.add(user(1), "hash")
        yield repositories


def test_time_is_stored_with_the_password(repositories: Repositories) -> None:
    users, passwords = repositories.users, repositories.passwords
    assert passwords.set(users.get(1), "first", by=9, at=AT)
    assert users.get(1) == user(1, version=2, set_by=9, password_set_at=AT)
    assert passwords.replace(1, "first", "second", at=AT + 1)
    assert not passwords.replace(1, "first", "third", at=AT + 2)
    assert users.get(1).password_set_at == AT + 1


def test_new_hash_of_the_same_password_keeps_the_time(repositories: Repositories) -> None:
    assert repositories.passwords.replace(1, "hash", "second")
    assert repositories.users.get(1) == user(1)


def test_first_password_is_stored_with_its_time(repositories: Repositories) -> None:
    repositories.users.add(user(2, "b@example.com"))
    assert repositories.passwords.replace(2, None, "hash", at=AT)
    assert repositories.users.get(2).password_set_at == AT


def test_time_outlasts_concurrent_changes(repositories: Repositories) -> None:
    users = repositories.users
    known = users.get(1)
    assert repositories.passwords.replace(1, "hash", "second", at=AT)
    assert users.replace(known, known.changed(username="renamed"))
    assert users.set_scopes(known.changed(username="renamed"), frozenset({"elsewhere:admin"}))
    assert users.get(1).password_set_at == AT


def test_erasure_removes_the_time(repositories: Repositories) -> None:
    assert repositories.passwords.replace(1, "hash", "second", at=AT)
    repositories.users.erase(1, datetime.now(UTC))
    assert repositories.passwords.get(1) is None
