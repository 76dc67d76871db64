import logging
from functools import partial

import httpx2
import pytest
from starlette.testclient import TestClient

from common.product import PRODUCT
from tests.support.problem import assert_problem
from tests.support.racing import race
from tests.users.fake_logins import FastHasher
from tests.users.fake_repository import FakeUserRepository

SELF = {"grant_type": "password", "username": "self@example.com", "password": "the user's own one"}
ADMIN = {"grant_type": "password", "username": "cto@example.com", "password": "the administrator's"}
TOKEN = "/api/v1/users/token"


def test_issued_token_is_accepted(api: TestClient) -> None:
    response = api.post(TOKEN, data=SELF)
    assert response.status_code == 200
    assert response.headers["cache-control"] == "no-store"
    body = response.json()
    assert body == {"access_token": body["access_token"], "token_type": "bearer", "expires_in": 900, "scope": ""}
    me = api.get("/api/v1/users/me", headers={"authorization": f"Bearer {body['access_token']}"})
    assert me.json()["id"] == 2


def test_registered_user_logs_in_with_the_password(api: TestClient) -> None:
    new = {"email": "Engineer@EXAMPLE.com", "username": "senior-engineer", "password": "pass word: 🔑 & more+"}
    created = api.post("/api/v1/users", json=new).json()
    form = {"grant_type": "password", "username": "ENGINEER@example.com", "password": new["password"]}
    token = api.post(TOKEN, data=form).json()["access_token"]
    me = api.get("/api/v1/users/me", headers={"authorization": f"bearer {token}"}).json()
    assert me == created | {"is_active": True, "scopes": []}


@pytest.mark.parametrize(
    ("requested", "granted"),
    [
        (None, "users:admin"),
        ("users:admin", "users:admin"),
        ("elsewhere:admin", ""),
        ("other users:admin", "users:admin"),
    ],
)
def test_token_has_the_requested_scopes_that_the_user_has(api: TestClient, requested: str | None, granted: str) -> None:
    body = api.post(TOKEN, data=ADMIN | ({} if requested is None else {"scope": requested})).json()
    assert body["scope"] == granted
    listing = api.get("/api/v1/users", headers={"authorization": f"Bearer {body['access_token']}"})
    assert listing.status_code == (200 if granted else 403)


def test_unknown_form_parameters_are_ignored(api: TestClient) -> None:
    assert api.post(TOKEN, data=SELF | {"client_id": "swagger", "client_secret": "", "more": "x"}).status_code == 200


def test_all_rejected_logins_get_the_same_response(api: TestClient, fast_hasher: FastHasher) -> None:
    rejected = [
        SELF | {"password": "wrong"},
        SELF | {"username": "unknown@example.com"},
        SELF | {"username": "inactive@example.com", "password": "the inactive user's one"},
        SELF | {"username": "fresh@example.com"},
    ]
    responses = [api.post(TOKEN, data=form) for form in rejected]
    bodies = [assert_problem(response, 401, "invalid-credentials") for response in responses]
    assert len({tuple((name, value) for name, value in body.items() if name != "request_id") for body in bodies}) == 1
    assert {response.headers["www-authenticate"] for response in responses} == {f'Bearer realm="{PRODUCT.name}"'}
    assert fast_hasher.comparisons == len(rejected)


def test_wrong_passwords_delay_further_logins_of_that_user_only(
    api: TestClient, users: FakeUserRepository, fast_hasher: FastHasher
) -> None:
    for _ in range(5):
        assert_problem(api.post(TOKEN, data=SELF | {"password": "wrong"}), 401, "invalid-credentials")
    slowed = api.post(TOKEN, data=SELF)
    assert_problem(slowed, 429, "too-many-attempts")
    assert slowed.headers["retry-after"] == "1"
    assert fast_hasher.comparisons == 5
    assert api.post(TOKEN, data=ADMIN).status_code == 200  # other users are not delayed
    users.failures.clear()
    assert api.post(TOKEN, data=SELF).status_code == 200


def test_concurrent_guesses_are_limited_to_five(api: TestClient, fast_hasher: FastHasher) -> None:
    responses = race(*(partial(api.post, TOKEN, data=SELF | {"password": f"guess {n}"}) for n in range(16)))
    statuses = [response.status_code for response in responses if isinstance(response, httpx2.Response)]
    assert sorted(statuses) == [401] * 5 + [429] * 11
    assert fast_hasher.comparisons == 5


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"grant_type": "client_credentials"}, "#/grant_type"),
        ({"grant_type": None}, "#/grant_type"),
        ({"username": None}, "#/username"),
        ({"username": "no-at-sign"}, "#/username"),
        ({"username": "Ada <self@example.com>"}, "#/username"),
        ({"username": "self\x00@example.com"}, "#/username"),
        ({"password": None}, "#/password"),
        ({"password": ""}, "#/password"),
        ({"password": "the right one" * 20}, "#/password"),
        ({"scope": "x" * 1001}, "#/scope"),
    ],
)
def test_invalid_form_is_a_422_with_a_pointer_and_is_not_echoed(
    api: TestClient, users: FakeUserRepository, change: dict[str, str | None], pointer: str
) -> None:
    form = {name: value for name, value in (SELF | change).items() if value is not None}
    response = api.post(TOKEN, data=form)
    problem = assert_problem(response, 422, "invalid-request")
    assert [error["pointer"] for error in problem["errors"]] == [pointer]
    assert "the right one" not in response.text
    assert users.failures == {}


@pytest.mark.parametrize(
    ("content", "content_type", "status"),
    [
        ('{"username":"self@example.com"}', "application/json", 422),
        ("username", "multipart/form-data", 400),
        ("", "application/x-www-form-urlencoded", 422),
        ("username=%ff&password=%ff&grant_type=password", "application/x-www-form-urlencoded", 422),
    ],
)
def test_unreadable_form_is_rejected(api: TestClient, content: str, content_type: str, status: int) -> None:
    response = api.post(TOKEN, content=content, headers={"content-type": content_type})
    assert_problem(response, status, "invalid-request" if status == 422 else None)


def test_file_as_password_is_rejected(api: TestClient) -> None:
    form = {name: value for name, value in SELF.items() if name != "password"}
    response = api.post(TOKEN, data=form, files={"password": ("name", b"the user's own one")})
    problem = assert_problem(response, 422, "invalid-request")
    assert [error["pointer"] for error in problem["errors"]] == ["#/password"]


def test_email_and_password_are_not_logged(
    api: TestClient, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    api.post("/api/v1/users", json={"email": "new@example.com", "username": "n", "password": "a new one that is long"})
    for form in (SELF, SELF | {"password": "wrong-one"}, SELF | {"password": ""}):
        api.post(TOKEN, data=form)
    written = caplog.text + "".join(capsys.readouterr())
    assert '"route":"/api/v1/users/token"' in written
    for secret in ("self@example.com", "new@example.com", "own one", "wrong-one", "that is long", "fast:"):
        assert secret not in written


def test_user_logs_in_with_the_new_email_after_a_change(api: TestClient, users: FakeUserRepository) -> None:
    token = api.post(TOKEN, data=SELF).json()["access_token"]
    headers = {"authorization": f"Bearer {token}"}
    assert api.patch("/api/v1/users/2", json={"email": "moved@example.com"}, headers=headers).status_code == 200
    assert_problem(api.post(TOKEN, data=SELF), 401, "invalid-credentials")
    assert api.post(TOKEN, data=SELF | {"username": "moved@example.com"}).status_code == 200
    assert set(users.failures) == {"self@example.com"}


def test_changing_the_email_does_not_reset_the_delay(
    api: TestClient, own: dict[str, str], fast_hasher: FastHasher
) -> None:
    for number in range(20):
        guess = {"password": "a new one that is long", "current_password": f"guess {number}"}
        assert api.put("/api/v1/users/2/password", json=guess, headers=own).status_code in (403, 429)
        moved = f"self+{number}@example.com"
        assert api.patch("/api/v1/users/2", json={"email": moved}, headers=own).status_code == 200
        assert api.post(TOKEN, data=SELF | {"username": moved, "password": f"guess {number}"}).status_code in (401, 429)
    assert fast_hasher.comparisons == 5
