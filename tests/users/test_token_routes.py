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


def test_a_token_is_given_out_and_accepted(api: TestClient) -> None:
    answer = api.post(TOKEN, data=SELF)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    body = answer.json()
    assert body == {"access_token": body["access_token"], "token_type": "bearer", "expires_in": 900, "scope": ""}
    me = api.get("/api/v1/users/me", headers={"authorization": f"Bearer {body['access_token']}"})
    assert me.json()["id"] == 2


def test_a_user_that_registers_with_a_password_logs_in_with_it(api: TestClient) -> None:
    new = {"email": "Engineer@EXAMPLE.com", "username": "senior-engineer", "password": "pass word: 🔑 & more+"}
    created = api.post("/api/v1/users", json=new).json()
    form = {"grant_type": "password", "username": "ENGINEER@example.com", "password": new["password"]}
    token = api.post(TOKEN, data=form).json()["access_token"]
    me = api.get("/api/v1/users/me", headers={"authorization": f"bearer {token}"}).json()
    assert me == created | {"is_active": True, "scopes": []}


@pytest.mark.parametrize(
    ("asked", "granted"),
    [(None, "users:admin"), ("users:admin", "users:admin"), ("films:admin", ""), ("other users:admin", "users:admin")],
)
def test_a_token_has_the_scopes_that_its_user_has_and_asks_for(
    api: TestClient, asked: str | None, granted: str
) -> None:
    body = api.post(TOKEN, data=ADMIN | ({} if asked is None else {"scope": asked})).json()
    assert body["scope"] == granted
    listing = api.get("/api/v1/users", headers={"authorization": f"Bearer {body['access_token']}"})
    assert listing.status_code == (200 if granted else 403)


def test_parameters_that_nobody_knows_are_ignored_as_oauth_says(api: TestClient) -> None:
    assert api.post(TOKEN, data=SELF | {"client_id": "swagger", "client_secret": "", "more": "x"}).status_code == 200


def test_every_refusal_of_a_login_is_the_same(api: TestClient, fast_hasher: FastHasher) -> None:
    refused = [
        SELF | {"password": "wrong"},
        SELF | {"username": "nobody@example.com"},
        SELF | {"username": "asleep@example.com", "password": "once it was good"},
        SELF | {"username": "fresh@example.com"},
    ]
    answers = [api.post(TOKEN, data=form) for form in refused]
    bodies = [assert_problem(answer, 401, "invalid-credentials") for answer in answers]
    assert len({tuple((name, value) for name, value in body.items() if name != "request_id") for body in bodies}) == 1
    assert {answer.headers["www-authenticate"] for answer in answers} == {f'Bearer realm="{PRODUCT.name}"'}
    assert fast_hasher.comparisons == len(refused)


def test_wrong_passwords_slow_down_and_no_more(
    api: TestClient, users: FakeUserRepository, fast_hasher: FastHasher
) -> None:
    for _ in range(5):
        assert_problem(api.post(TOKEN, data=SELF | {"password": "wrong"}), 401, "invalid-credentials")
    slowed = api.post(TOKEN, data=SELF)
    assert_problem(slowed, 429, "too-many-attempts")
    assert slowed.headers["retry-after"] == "1"
    assert fast_hasher.comparisons == 5
    assert api.post(TOKEN, data=ADMIN).status_code == 200  # nobody else has to wait
    users.failures.clear()
    assert api.post(TOKEN, data=SELF).status_code == 200


def test_guesses_that_arrive_at_once_are_bounded_too(api: TestClient, fast_hasher: FastHasher) -> None:
    answers = race(*(partial(api.post, TOKEN, data=SELF | {"password": f"guess {n}"}) for n in range(16)))
    statuses = [answer.status_code for answer in answers if isinstance(answer, httpx2.Response)]
    assert sorted(statuses) == [401] * 5 + [429] * 11
    assert fast_hasher.comparisons == 5


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"grant_type": "client_credentials"}, "#/grant_type"),
        ({"grant_type": None}, "#/grant_type"),
        ({"username": None}, "#/username"),
        ({"username": "nobody"}, "#/username"),
        ({"username": "Ada <self@example.com>"}, "#/username"),
        ({"username": "self\x00@example.com"}, "#/username"),
        ({"password": None}, "#/password"),
        ({"password": ""}, "#/password"),
        ({"password": "the right one" * 20}, "#/password"),
        ({"scope": "x" * 1001}, "#/scope"),
    ],
)
def test_a_wrong_form_is_pointed_at_and_never_repeated(
    api: TestClient, users: FakeUserRepository, change: dict[str, str | None], pointer: str
) -> None:
    form = {name: value for name, value in (SELF | change).items() if value is not None}
    answer = api.post(TOKEN, data=form)
    problem = assert_problem(answer, 422, "invalid-request")
    assert [error["pointer"] for error in problem["errors"]] == [pointer]
    assert "the right one" not in answer.text
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
def test_what_is_no_form_is_a_problem(api: TestClient, content: str, content_type: str, status: int) -> None:
    answer = api.post(TOKEN, content=content, headers={"content-type": content_type})
    assert_problem(answer, status, "invalid-request" if status == 422 else None)


def test_a_file_is_no_password(api: TestClient) -> None:
    form = {name: value for name, value in SELF.items() if name != "password"}
    answer = api.post(TOKEN, data=form, files={"password": ("name", b"the user's own one")})
    problem = assert_problem(answer, 422, "invalid-request")
    assert [error["pointer"] for error in problem["errors"]] == ["#/password"]


def test_neither_address_nor_password_reaches_the_log(
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


def test_a_user_is_known_by_its_new_address_after_a_change(api: TestClient, users: FakeUserRepository) -> None:
    token = api.post(TOKEN, data=SELF).json()["access_token"]
    headers = {"authorization": f"Bearer {token}"}
    assert api.patch("/api/v1/users/2", json={"email": "moved@example.com"}, headers=headers).status_code == 200
    assert_problem(api.post(TOKEN, data=SELF), 401, "invalid-credentials")
    assert api.post(TOKEN, data=SELF | {"username": "moved@example.com"}).status_code == 200
    assert set(users.failures) == {"self@example.com"}


def test_whoever_has_a_token_does_not_guess_faster_by_changing_the_address(
    api: TestClient, own: dict[str, str], fast_hasher: FastHasher
) -> None:
    for number in range(20):
        guess = {"password": "a new one that is long", "current_password": f"guess {number}"}
        assert api.put("/api/v1/users/2/password", json=guess, headers=own).status_code in (403, 429)
        moved = f"self+{number}@example.com"
        assert api.patch("/api/v1/users/2", json={"email": moved}, headers=own).status_code == 200
        assert api.post(TOKEN, data=SELF | {"username": moved, "password": f"guess {number}"}).status_code in (401, 429)
    assert fast_hasher.comparisons == 5
