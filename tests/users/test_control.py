"""What a stolen token, an administrator of users and the last administrator cannot do."""

import time

import pytest
from starlette.testclient import TestClient

from tests.support.problem import assert_problem
from tests.support.tokens import bearer
from tests.users.examples import user
from tests.users.fake_repository import FakeUserRepository

USERS = "/api/v1/users"
OWN = f"{USERS}/2"
PASSWORD = {"password": "a new one that is long"}
OLD = "insufficient-user-authentication"
ADMIN = "users:admin"
# Operations that take over or destroy an account, on user 2, and their callers.
TAKING_OVER = [
    ("2", "PATCH", OWN, {"email": "thief@example.com"}),
    ("2", "PATCH", OWN, {"email": "self@example.com"}),
    ("2", "PATCH", OWN, {"username": "self", "is_active": False}),
    ("2", "DELETE", OWN, None),
    ("1", "PATCH", OWN, {"email": "thief@example.com"}),
    ("1", "PATCH", f"{USERS}/4", {"is_active": True}),
    ("1", "DELETE", OWN, None),
    ("1", "POST", f"{OWN}/erasure", None),
    ("1", "PUT", f"{OWN}/password", PASSWORD),
]


def ago(seconds: float) -> int:
    return int(time.time() - seconds)


@pytest.mark.parametrize(("caller", "method", "path", "body"), TAKING_OVER)
@pytest.mark.parametrize("auth_time", [None, ago(150)], ids=["token of an earlier version", "old login"])
def test_token_without_a_recent_login_cannot_take_over_or_destroy_an_account(
    api: TestClient,
    users: FakeUserRepository,
    caller: str,
    method: str,
    path: str,
    body: object,
    auth_time: int | None,
) -> None:
    before = dict(users.users), dict(users.hashes)
    token = bearer(caller, *([ADMIN] if caller == "1" else []), auth_time=auth_time)
    response = api.request(method, path, json=body, headers=token)
    assert_problem(response, 401, OLD)
    assert 'error="insufficient_user_authentication"' in response.headers["www-authenticate"]
    assert 'max_age="120"' in response.headers["www-authenticate"]
    assert (users.users, users.hashes) == before


@pytest.mark.parametrize(("caller", "method", "path", "body"), TAKING_OVER)
def test_recent_login_is_enough(api: TestClient, caller: str, method: str, path: str, body: object) -> None:
    token = bearer(caller, *([ADMIN] if caller == "1" else []), auth_time=ago(60))
    assert api.request(method, path, json=body, headers=token).is_success


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", f"{USERS}/me", None),
        ("PATCH", OWN, {"username": "renamed"}),
        ("PUT", f"{OWN}/password", PASSWORD | {"current_password": "the user's own one"}),
    ],
)
def test_other_operations_need_no_recent_login(api: TestClient, method: str, path: str, body: object) -> None:
    assert api.request(method, path, json=body, headers=bearer(2, auth_time=1)).is_success


def test_new_login_allows_what_the_old_one_did_not(api: TestClient) -> None:
    assert_problem(api.delete(OWN, headers=bearer(2, auth_time=ago(150))), 401, OLD)
    form = {"grant_type": "password", "username": "self@example.com", "password": "the user's own one"}
    token = api.post(f"{USERS}/token", data=form).json()["access_token"]
    assert api.delete(OWN, headers={"Authorization": f"Bearer {token}"}).status_code == 204


def test_administrator_reactivates_and_nothing_else_is_restored(
    api: TestClient, users: FakeUserRepository, admin: dict[str, str], own: dict[str, str]
) -> None:
    assert api.delete(OWN, headers=own).status_code == 204
    assert_problem(api.patch(OWN, json={"is_active": True}, headers=own), 401, "account-inactive")
    back = api.patch(OWN, json={"is_active": True}, headers=admin)
    assert (back.status_code, back.headers["etag"]) == (200, '"3"')
    assert users.get(2) == user(2, "self@example.com", username="self", version=3)
    assert users.hashes[2] == "fast:the user's own one"
    assert api.get(f"{USERS}/me", headers=own).json()["is_active"] is True


def test_only_an_administrator_activates(api: TestClient, own: dict[str, str]) -> None:
    for path in (OWN, f"{USERS}/4"):
        assert_problem(api.patch(path, json={"is_active": True}, headers=own), 403, "forbidden")
    assert_problem(api.patch(f"{USERS}/3", json={"is_active": False}, headers=own), 403, "forbidden")
    assert_problem(api.patch(OWN, json={"is_active": True}, headers=bearer(1)), 403, "forbidden")


def test_owner_deactivates_itself_by_patch(api: TestClient, users: FakeUserRepository, own: dict[str, str]) -> None:
    assert api.patch(OWN, json={"is_active": False}, headers=own).status_code == 200
    assert not users.get(2).is_active


SUPERIOR = f"{USERS}/9"
GAINING = [
    ("PUT", f"{SUPERIOR}/password", PASSWORD),
    ("PATCH", SUPERIOR, {"email": "mine@example.com"}),
    ("PATCH", SUPERIOR, {"email": "superior@example.com", "username": "x"}),
    ("PATCH", SUPERIOR, {"is_active": True}),
]
ALLOWED = [
    ("PATCH", SUPERIOR, {"username": "renamed"}),
    ("PATCH", SUPERIOR, {"is_active": False}),
    ("DELETE", SUPERIOR, None),
    ("POST", f"{SUPERIOR}/erasure", None),
]


@pytest.fixture
def superior(users: FakeUserRepository) -> None:
    """User 9, with a scope that user 1 lacks."""
    users.add(user(9, "superior@example.com", scopes=frozenset({ADMIN, "elsewhere:admin"})))


@pytest.mark.usefixtures("superior")
@pytest.mark.parametrize(("method", "path", "body"), GAINING)
def test_administrator_cannot_gain_scopes_that_it_does_not_hold(
    api: TestClient, users: FakeUserRepository, admin: dict[str, str], method: str, path: str, body: object
) -> None:
    before = dict(users.users), dict(users.hashes)
    response = api.request(method, path, json=body, headers=admin)
    assert_problem(response, 403, "more-scopes-held")
    assert 'error="insufficient_scope", scope="elsewhere:admin"' in response.headers["www-authenticate"]
    assert (users.users, users.hashes) == before


@pytest.mark.usefixtures("superior")
@pytest.mark.parametrize(("method", "path", "body"), GAINING)
def test_scopes_of_the_token_and_the_account_count(
    api: TestClient, users: FakeUserRepository, method: str, path: str, body: object
) -> None:
    # The token has a scope that the account lacks, and then the account one that the token lacks.
    lying = bearer(1, ADMIN, "elsewhere:admin")
    assert_problem(api.request(method, path, json=body, headers=lying), 403, "more-scopes-held")
    assert users.set_scopes(users.get(1), frozenset({ADMIN, "elsewhere:admin"}))
    narrowed = bearer(1, ADMIN)
    assert_problem(api.request(method, path, json=body, headers=narrowed), 403, "more-scopes-held")
    assert api.request(method, path, json=body, headers=lying).is_success


@pytest.mark.usefixtures("superior")
@pytest.mark.parametrize(("method", "path", "body"), ALLOWED)
def test_administrator_may_do_what_gains_nothing(
    api: TestClient, admin: dict[str, str], method: str, path: str, body: object
) -> None:
    assert api.request(method, path, json=body, headers=admin).is_success


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("DELETE", f"{USERS}/1", None),
        ("POST", f"{USERS}/1/erasure", None),
        ("PATCH", f"{USERS}/1", {"is_active": False}),
    ],
)
def test_last_administrator_cannot_remove_itself(
    api: TestClient, users: FakeUserRepository, admin: dict[str, str], method: str, path: str, body: object
) -> None:
    problem = assert_problem(api.request(method, path, json=body, headers=admin), 409, "last-administrator")
    assert "make grant" in problem["detail"]
    assert users.get(1).is_active
    users.add(user(9, "second@example.com"), "fast:the second one")
    assert users.set_scopes(users.get(9), frozenset({ADMIN}))
    assert api.request(method, path, json=body, headers=admin).is_success


NEW = {"email": "new@example.com", "username": "new", "is_active": False}


@pytest.mark.parametrize("path", [USERS, "/users"])
def test_deactivated_user_is_registered_by_administrators_only(
    api: TestClient, users: FakeUserRepository, admin: dict[str, str], own: dict[str, str], path: str
) -> None:
    before = dict(users.users)
    assert_problem(api.post(path, json=NEW), 401, "unauthenticated")
    assert_problem(api.post(path, json=NEW, headers={"Authorization": "Bearer x"}), 401, "invalid-token")
    assert_problem(api.post(path, json=NEW, headers=bearer(4, ADMIN)), 401, "account-inactive")
    assert_problem(api.post(path, json=NEW, headers=own), 403, "forbidden")
    assert users.users == before
    created = api.post(path, json=NEW, headers=admin)
    assert created.status_code == 201
    assert not users.get(created.json()["id"]).is_active


@pytest.mark.parametrize("token", ["damaged", "none"])
def test_other_registration_ignores_the_token(api: TestClient, token: str) -> None:
    headers = {} if token == "none" else {"Authorization": f"Bearer {token}"}
    assert api.post(USERS, json=NEW | {"is_active": True}, headers=headers).status_code == 201
