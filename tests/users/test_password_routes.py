import json
from functools import partial

import httpx2
import pytest
from starlette.testclient import TestClient

from tests.support.problem import assert_problem
from tests.support.racing import race
from tests.support.tokens import bearer
from tests.users.fake_logins import FastHasher
from tests.users.fake_repository import FakeUserRepository

OWN = "/api/v1/users/2/password"
NEW = "a new one that is long"
CHANGE = {"password": NEW, "current_password": "the user's own one"}


def test_password_is_changed_with_the_current_one(
    api: TestClient, users: FakeUserRepository, own: dict[str, str]
) -> None:
    response = api.put(OWN, json=CHANGE, headers=own)
    assert (response.status_code, response.content) == (204, b"")
    assert users.hashes[2] == f"fast:{NEW}"
    form = {"grant_type": "password", "username": "self@example.com", "password": NEW}
    assert api.post("/api/v1/users/token", data=form).status_code == 200


def test_token_without_the_current_password_is_rejected(
    api: TestClient, users: FakeUserRepository, own: dict[str, str]
) -> None:
    assert_problem(api.put(OWN, json={"password": NEW}, headers=own), 422, "current-password-required")
    response = api.put(OWN, json=CHANGE | {"current_password": "not the one"}, headers=own)
    assert_problem(response, 403, "current-password-wrong")
    assert "www-authenticate" not in response.headers  # another token would not change the outcome
    assert users.hashes[2] == "fast:the user's own one"


def test_wrong_current_passwords_are_delayed(api: TestClient, own: dict[str, str], fast_hasher: FastHasher) -> None:
    for _ in range(5):
        wrong = api.put(OWN, json=CHANGE | {"current_password": "not the one"}, headers=own)
        assert_problem(wrong, 403, "current-password-wrong")
    slowed = api.put(OWN, json=CHANGE, headers=own)
    assert "error" not in assert_problem(slowed, 429, "too-many-attempts")
    assert slowed.headers["retry-after"] == "1"
    assert fast_hasher.comparisons == 5


def test_guesses_at_the_login_do_not_delay_the_owner_with_a_token(
    api: TestClient, users: FakeUserRepository, own: dict[str, str]
) -> None:
    guess = {"grant_type": "password", "username": "self@example.com", "password": "wrong"}
    statuses = [api.post("/api/v1/users/token", data=guess).status_code for _ in range(6)]
    assert statuses == [400] * 5 + [429]
    assert api.put(OWN, json=CHANGE, headers=own).status_code == 204
    assert users.hashes[2] == f"fast:{NEW}"


def test_one_of_concurrent_password_changes_succeeds(
    api: TestClient, users: FakeUserRepository, own: dict[str, str]
) -> None:
    changes = [CHANGE | {"password": f"{NEW} {number}"} for number in range(4)]
    responses = race(*(partial(api.put, OWN, json=change, headers=own) for change in changes))
    statuses = [response.status_code for response in responses if isinstance(response, httpx2.Response)]
    assert sorted(statuses) == [204, 403, 403, 403]
    assert users.hashes[2] == f"fast:{changes[statuses.index(204)]['password']}"


def test_first_password_needs_no_current_one(api: TestClient, users: FakeUserRepository) -> None:
    response = api.put("/api/v1/users/5/password", json={"password": NEW}, headers=bearer(5))
    assert response.status_code == 204
    assert users.hashes[5] == f"fast:{NEW}"


@pytest.mark.parametrize("user_id", [2, 4, 5], ids=["with one", "deactivated", "without one"])
def test_administrator_sets_the_password_of_another_user(
    api: TestClient, users: FakeUserRepository, admin: dict[str, str], user_id: int
) -> None:
    response = api.put(f"/api/v1/users/{user_id}/password", json={"password": NEW}, headers=admin)
    assert response.status_code == 204
    assert users.hashes[user_id] == f"fast:{NEW}"


def test_administrator_needs_the_current_password_to_change_its_own(
    api: TestClient, users: FakeUserRepository, admin: dict[str, str]
) -> None:
    own = "/api/v1/users/1/password"
    assert_problem(api.put(own, json={"password": NEW}, headers=admin), 422, "current-password-required")
    change = {"password": NEW, "current_password": "the administrator's"}
    assert api.put(own, json=change, headers=admin).status_code == 204
    assert users.hashes[1] == f"fast:{NEW}"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "#/password"),
        ({"password": "x" * 1025}, "#/password"),
        ({"password": None}, "#/password"),
        ({"password": "\ud800" * 12}, "#/password"),
        ({"password": NEW, "current_password": "x" * 1025}, "#/current_password"),
        ({"password": NEW, "current_password": ""}, "#/current_password"),
        ({"password": NEW, "hash": "x"}, "#/hash"),
    ],
)
def test_invalid_password_is_a_422_with_a_pointer_and_is_not_echoed(
    api: TestClient, own: dict[str, str], body: dict[str, object], pointer: str
) -> None:
    response = api.put(OWN, content=json.dumps(body), headers=own | {"content-type": "application/json"})
    problem = assert_problem(response, 422, "invalid-request")
    assert [error["pointer"] for error in problem["errors"]] == [pointer]
    assert "xx" not in response.text


@pytest.mark.parametrize("password", ["too short", "Other-Example-1", "other@example.com2026", "mailcreated5240"])
def test_administrator_cannot_set_a_password_that_breaks_a_rule(
    api: TestClient, users: FakeUserRepository, admin: dict[str, str], password: str
) -> None:
    users.users[3] = users.users[3].changed(username="other example")
    response = api.put("/api/v1/users/3/password", json={"password": password.replace("-E", " E")}, headers=admin)
    problem = assert_problem(response, 422, "password-rejected")
    assert [error["pointer"] for error in problem["errors"]] == ["#/password"]
    assert users.hashes[3] == "fast:the other user's one"


def test_users_cannot_set_their_own_password_to_one_that_breaks_a_rule(
    api: TestClient, users: FakeUserRepository, own: dict[str, str]
) -> None:
    assert_problem(api.put(OWN, json=CHANGE | {"password": "self@example.com"}, headers=own), 422, "password-rejected")
    assert users.hashes[2] == "fast:the user's own one"
    assert users.failures == {}


def test_password_set_decomposed_is_used_composed(api: TestClient, own: dict[str, str]) -> None:
    decomposed = "e\u0301te\u0301 apre\u0300s l'hiver"
    assert api.put(OWN, json=CHANGE | {"password": decomposed}, headers=own).status_code == 204
    form = {"grant_type": "password", "username": "self@example.com"}
    for password in (decomposed, "\u00e9t\u00e9 apr\u00e8s\u00a0l'hiver"):
        assert api.post("/api/v1/users/token", data=form | {"password": password}).status_code == 200
    change = {"password": NEW, "current_password": "\u00e9t\u00e9 apr\u00e8s l'hiver"}
    assert api.put(OWN, json=change, headers=own).status_code == 204
