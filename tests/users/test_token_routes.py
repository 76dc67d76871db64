import logging
import re
from collections.abc import Callable
from functools import partial
from urllib.parse import quote, urlencode

import httpx2
import pytest
from starlette.testclient import TestClient

from common.auth.authentication import Verification, verification
from common.auth.keys import NoKeys
from tests.support.problem import assert_problem
from tests.support.racing import race
from tests.support.tokens import SETTINGS
from tests.users.fake_logins import FastHasher
from tests.users.fake_repository import FakeUserRepository
from users.app import app
from users.domain import account_key

SELF = {"grant_type": "password", "username": "self@example.com", "password": "the user's own one"}
ADMIN = {"grant_type": "password", "username": "cto@example.com", "password": "the administrator's"}
TOKEN = "/api/v1/users/token"
FORM = {"content-type": "application/x-www-form-urlencoded"}


def test_issued_token_is_accepted(api: TestClient) -> None:
    response = api.post(TOKEN, data=SELF)
    assert response.status_code == 200
    assert response.headers["cache-control"] == "no-store"
    body = response.json()
    assert body == {"access_token": body["access_token"], "token_type": "bearer", "expires_in": 900}
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
        ("other users:admin", "users:admin"),
    ],
)
def test_token_has_the_requested_scopes_that_the_user_has(api: TestClient, requested: str | None, granted: str) -> None:
    body = api.post(TOKEN, data=ADMIN | ({} if requested is None else {"scope": requested})).json()
    assert body["scope"] == granted
    listing = api.get("/api/v1/users", headers={"authorization": f"Bearer {body['access_token']}"})
    assert listing.status_code == 200


@pytest.mark.parametrize(("form", "scope"), [(ADMIN, "elsewhere:admin"), (SELF, "users:admin")])
def test_scopes_that_the_user_does_not_have_are_invalid(api: TestClient, form: dict[str, str], scope: str) -> None:
    assert_refused(api.post(TOKEN, data={**form, "scope": scope}), "invalid_scope", "invalid-scope")


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
    bodies = [assert_problem(response, 400, "invalid-credentials") for response in responses]
    assert len({tuple((name, value) for name, value in body.items() if name != "request_id") for body in bodies}) == 1
    assert {body["error"] for body in bodies} == {"invalid_grant"}
    assert fast_hasher.comparisons == len(rejected)


def test_wrong_passwords_delay_further_logins_of_that_user_from_that_network_only(
    api: TestClient, elsewhere: TestClient, users: FakeUserRepository, fast_hasher: FastHasher
) -> None:
    for _ in range(5):
        assert_problem(api.post(TOKEN, data=SELF | {"password": "wrong"}), 400, "invalid-credentials")
    slowed = api.post(TOKEN, data=SELF)
    assert_refused(slowed, "temporarily_unavailable", "too-many-attempts", status=429)
    assert (slowed.headers["retry-after"], slowed.headers["cache-control"]) == ("1", "no-store")
    assert fast_hasher.comparisons == 5
    assert api.post(TOKEN, data=ADMIN).status_code == 200  # other users are not delayed
    assert elsewhere.post(TOKEN, data=SELF).status_code == 200
    users.failures.clear()
    assert api.post(TOKEN, data=SELF).status_code == 200


@pytest.mark.parametrize(
    "name", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "CloudFront-Viewer-Address", "True-Client-IP"]
)
def test_headers_do_not_change_the_network(elsewhere: TestClient, fast_hasher: FastHasher, name: str) -> None:
    for number in range(16):
        address = f"192.0.{number}.1"
        headers = {name: f"for={address}" if name == "Forwarded" else address}
        guess = SELF | {"password": f"guess {number}"}
        assert elsewhere.post(TOKEN, data=guess, headers=headers).status_code in (400, 429)
    assert fast_hasher.comparisons == 5


def test_concurrent_guesses_are_limited_to_five(api: TestClient, fast_hasher: FastHasher) -> None:
    responses = race(*(partial(api.post, TOKEN, data=SELF | {"password": f"guess {n}"}) for n in range(16)))
    statuses = [response.status_code for response in responses if isinstance(response, httpx2.Response)]
    assert sorted(statuses) == [400] * 5 + [429] * 11
    assert fast_hasher.comparisons == 5


def form(**changes: str | None) -> dict[str, str]:
    """Return the form of a login of user 2 with changes; None leaves a parameter out."""
    return {name: value for name, value in (SELF | changes).items() if value is not None}


def test_missing_signing_key_has_an_error_of_oauth(api: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    async def no_keys() -> Verification:
        return Verification(NoKeys(), SETTINGS, issuer=None)

    monkeypatch.setitem(app.dependency_overrides, verification, no_keys)
    assert_refused(api.post(TOKEN, data=SELF), "temporarily_unavailable", "secret-unavailable", status=503)


def assert_refused(response: httpx2.Response, error: str, code: str, status: int = 400) -> str:
    """Assert that the response is an error of OAuth (RFC 6749 section 5.2) and a problem; return its description."""
    problem = assert_problem(response, status, code)
    assert response.headers["cache-control"] == "no-store"
    assert problem["error"] == error
    assert problem["error_description"] == problem["detail"]
    assert re.fullmatch(r"[ !#-\[\]-~]+", problem["detail"])  # the characters that RFC 6749 allows
    return str(problem["detail"])


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({"grant_type": None}, "grant_type"),
        ({"grant_type": ""}, "grant_type"),
        ({"username": None}, "username"),
        ({"username": "", "password": None}, "username, password"),
        ({"password": ""}, "password"),
    ],
)
def test_missing_or_empty_parameters_are_an_invalid_request(
    api: TestClient, users: FakeUserRepository, changes: dict[str, str | None], names: str
) -> None:
    response = api.post(TOKEN, data=form(**changes))
    detail = assert_refused(response, "invalid_request", "invalid-token-request")
    assert detail == f"These parameters are missing or empty: {names}."
    assert users.failures == {}


@pytest.mark.parametrize("name", [*SELF, "scope", "client_id"])
def test_repeated_parameter_is_an_invalid_request(api: TestClient, name: str) -> None:
    content = urlencode([*SELF.items(), (name, "the right one"), (name, "the right one")])
    response = api.post(TOKEN, content=content, headers=FORM)
    assert "more than once" in assert_refused(response, "invalid_request", "invalid-token-request")
    assert "the right one" not in response.text


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"&&&",
        b"grant_type",
        b'{"grant_type": "password"}',
        b"grant_type=password&username=%ff&password=%ff",
        b"grant_type=password&username=\xff&password=x",
        b"grant_type=password&username=self@example.com&password=%ED%A0%80",
        b"&".join(b"name%d=x" % number for number in range(101)),
    ],
)
def test_malformed_form_is_an_invalid_request(api: TestClient, content: bytes) -> None:
    assert_refused(api.post(TOKEN, content=content, headers=FORM), "invalid_request", "invalid-token-request")


def test_request_without_body_and_media_type_is_an_invalid_request(api: TestClient) -> None:
    assert_refused(api.post(TOKEN), "invalid_request", "invalid-token-request")


@pytest.mark.parametrize("grant", ["client_credentials", "authorization_code", "refresh_token", "PASSWORD", "\x00"])
def test_other_grant_type_is_not_supported(api: TestClient, grant: str) -> None:
    response = api.post(TOKEN, data={"grant_type": grant})
    assert_refused(response, "unsupported_grant_type", "unsupported-grant-type")


@pytest.mark.parametrize("scope", ["x" * 1001, "caf\u00e9", '"quoted"', "back\\slash", "line\nbreak"])
def test_malformed_scope_is_invalid(api: TestClient, users: FakeUserRepository, scope: str) -> None:
    assert_refused(api.post(TOKEN, data=form(scope=scope)), "invalid_scope", "invalid-scope")
    assert users.failures == {}


@pytest.mark.parametrize(
    "changes",
    [
        {"username": "no-at-sign"},
        {"username": "Ada <self@example.com>"},
        {"username": "self\x00@example.com"},
        {"username": "x" * 3000},
        {"password": "the right one" * 79},
    ],
)
def test_credentials_that_nobody_can_have_are_rejected_like_wrong_ones(
    api: TestClient, changes: dict[str, str]
) -> None:
    response = api.post(TOKEN, data=form(**changes))
    wrong = api.post(TOKEN, data=form(password="wrong"))
    assert assert_refused(response, "invalid_grant", "invalid-credentials") == wrong.json()["detail"]
    assert "the right one" not in response.text


@pytest.mark.parametrize(
    "media_type", ["application/json", "multipart/form-data; boundary=x", "text/plain", "application/x-www-form", None]
)
def test_other_media_type_is_a_415_that_names_the_right_one(api: TestClient, media_type: str | None) -> None:
    headers = {} if media_type is None else {"content-type": media_type}
    response = api.post(TOKEN, content=urlencode(SELF), headers=headers)
    problem = assert_problem(response, 415, "unsupported-media-type")
    assert problem["detail"].removesuffix(".").endswith("application/x-www-form-urlencoded")
    assert response.headers["accept"] == "application/x-www-form-urlencoded"
    assert response.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "media_type", ["application/x-www-form-urlencoded; charset=UTF-8", "Application/X-WWW-Form-URLEncoded ;x=y"]
)
def test_parameters_of_the_media_type_do_not_matter(api: TestClient, media_type: str) -> None:
    assert api.post(TOKEN, content=urlencode(SELF), headers={"content-type": media_type}).status_code == 200


def test_unknown_query_parameter_is_rejected_as_on_every_path(api: TestClient) -> None:
    problem = assert_problem(api.post(f"{TOKEN}?grant_type=password", data=SELF), 422, "invalid-request")
    assert [error["parameter"] for error in problem["errors"]] == ["grant_type"]


@pytest.mark.parametrize("encode", [str.encode, lambda text: quote(text).encode()], ids=["as curl -d", "percent"])
def test_password_may_be_sent_as_bytes_of_utf_8(
    api: TestClient, users: FakeUserRepository, encode: Callable[[str], bytes]
) -> None:
    users.hashes[2] = "fast:p\u00e4ssw\u00f6rd 🔑"
    content = b"grant_type=password&username=self@example.com&password=" + encode("p\u00e4ssw\u00f6rd 🔑")
    assert api.post(TOKEN, content=content, headers=FORM).status_code == 200


@pytest.mark.parametrize("authorization", ["Basic Y2xpZW50OnNlY3JldA==", "Basic !", "Bearer x", "x"])
def test_credentials_of_the_client_are_ignored(api: TestClient, authorization: str) -> None:
    headers = {"authorization": authorization}
    assert api.post(TOKEN, data=SELF, headers=headers).status_code == 200
    wrong = api.post(TOKEN, data=form(password="wrong"), headers=headers)
    assert_refused(wrong, "invalid_grant", "invalid-credentials")
    assert "www-authenticate" not in wrong.headers


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
    assert_problem(api.post(TOKEN, data=SELF), 400, "invalid-credentials")
    assert api.post(TOKEN, data=SELF | {"username": "moved@example.com"}).status_code == 200
    assert set(users.failures) == {"self@example.com", account_key(2)}


def test_changing_the_email_does_not_reset_the_delay(
    api: TestClient, own: dict[str, str], fast_hasher: FastHasher
) -> None:
    for number in range(20):
        guess = {"password": "a new one that is long", "current_password": f"guess {number}"}
        assert api.put("/api/v1/users/2/password", json=guess, headers=own).status_code in (403, 429)
        moved = f"self+{number}@example.com"
        assert api.patch("/api/v1/users/2", json={"email": moved}, headers=own).status_code == 200
        assert api.post(TOKEN, data=SELF | {"username": moved, "password": f"guess {number}"}).status_code in (400, 429)
    assert fast_hasher.comparisons == 10  # five with the token, and five without
