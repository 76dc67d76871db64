"""The users service if an OpenID Connect issuer issues the tokens: profiles instead of passwords."""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from common.lambda_handler import Handler
from tests.support.handlers import packaged_like
from tests.support.http_events import http_event
from tests.support.lambda_context import FakeLambdaContext
from tests.support.tokens import bearer

URL = "https://issuer.example.com"
USERS = "/api/v1/users"
ME = f"{USERS}/me"
ANNA = {"email": "anna@example.com", "username": "anna"}
# Any text may be a subject.
SUBJECT = "auth0|Änna Ünder #1"

type Send = Callable[..., tuple[int, Any]]


@pytest.fixture(params=["false"])
def handler(
    request: pytest.FixtureRequest, function_environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Handler]:
    assert function_environment
    issuer = {"url": URL, "scopes_claim": "scope", "scopes": {}}
    variables = {"ISSUER": json.dumps(issuer), "PUBLIC_USER_READ": request.param}
    with packaged_like("users", monkeypatch, variables) as handler:
        yield handler


@pytest.fixture
def send(handler: Handler) -> Send:
    """Send a request of a subject with scopes; return the status, and the body or the code of the problem."""

    def sent(
        subject: str | None, method: str, path: str, body: object = None, *, scope: str = "", **headers: str
    ) -> tuple[int, Any]:
        claims = None if subject is None else {"iss": URL, "sub": subject, "scope": scope, "iat": str(int(time.time()))}
        event = http_event(method, path, json_body=body, claims=claims, headers=headers)
        response = handler(event, FakeLambdaContext())
        content: Any = json.loads(response["body"]) if response["body"] else None
        is_problem = response["statusCode"] >= 400
        return response["statusCode"], content["type"].rpartition(":")[2] if is_problem else content

    return sent


def register(send: Send, subject: str = SUBJECT, **changes: str) -> str:
    """Create a profile; return its path."""
    status, user = send(subject, "POST", USERS, ANNA | changes)
    assert status == 201, user
    return f"{USERS}/{user['id']}"


def test_caller_gets_a_profile_and_reads_it(send: Send) -> None:
    path = register(send)
    status, account = send(SUBJECT, "GET", ME, scope="films:read")
    assert (status, account["scopes"], account["is_active"]) == (200, ["films:read"], True)
    assert path == f"{USERS}/{account['id']}"
    assert send(SUBJECT, "GET", path) == (200, ANNA | {"id": account["id"]})
    assert send(SUBJECT, "PATCH", path, {"username": "countess"})[0] == 200
    assert send(SUBJECT, "GET", ME)[1]["username"] == "countess"


def test_registration_requires_a_caller_and_takes_no_password(send: Send) -> None:
    assert send(None, "POST", USERS, ANNA) == (401, "unauthenticated")
    assert send(SUBJECT, "POST", USERS, ANNA | {"password": "correct horse battery staple"}) == (422, "invalid-request")


def test_subject_has_one_profile_and_an_address_one_user(send: Send) -> None:
    register(send)
    assert send(SUBJECT, "POST", USERS, ANNA | {"email": "new@example.com"}) == (409, "profile-exists")
    assert send("bob", "POST", USERS, ANNA) == (409, "email-taken")


def test_registration_sent_again_with_its_key_is_replayed_to_the_same_caller_only(send: Send) -> None:
    key = {"idempotency-key": '"6f0c7d3e-94b1-4d0e-8a53-2f7c1e9ab604"'}
    first = send(SUBJECT, "POST", USERS, ANNA, **key)
    assert first[0] == 201
    assert send(SUBJECT, "POST", USERS, ANNA, **key) == first
    assert send(SUBJECT, "POST", USERS, ANNA | {"username": "b"}, **key) == (422, "idempotency-key-reused")
    assert send("bob", "POST", USERS, ANNA, **key) == (409, "email-taken")


def test_caller_without_a_profile_is_rejected(send: Send) -> None:
    path = register(send)
    for method, target in (("GET", ME), ("GET", path), ("PATCH", path), ("GET", USERS)):
        body = {"username": "bob"} if method == "PATCH" else None
        assert send("bob", method, target, body, scope="users:admin") == (401, "account-inactive")
    # The id of a user is not a subject.
    assert send(path.rpartition("/")[2], "GET", ME) == (401, "account-inactive")


def test_other_callers_need_the_scope_of_the_token(send: Send) -> None:
    path = register(send)
    register(send, "bob", email="bob@example.com")
    assert send("bob", "PATCH", path, {"username": "x"}) == (403, "forbidden")
    assert send("bob", "GET", USERS) == (403, "forbidden")
    assert send("bob", "PATCH", path, {"username": "x"}, scope="users:admin")[0] == 200
    assert send("bob", "GET", USERS, scope="users:admin")[0] == 200


def test_deactivated_profile_is_rejected_at_once(send: Send) -> None:
    path = register(send)
    assert send(SUBJECT, "DELETE", path) == (204, None)
    assert send(SUBJECT, "GET", ME) == (401, "account-inactive")
    assert send(SUBJECT, "POST", USERS, ANNA | {"email": "new@example.com"}) == (409, "profile-exists")


def test_erased_subject_and_address_are_free_again(send: Send) -> None:
    path = register(send)
    register(send, "bob", email="bob@example.com")
    assert send("bob", "POST", f"{path}/erasure", scope="users:admin") == (204, None)
    assert send(SUBJECT, "GET", ME) == (401, "account-inactive")
    assert register(send) != path
    assert send(SUBJECT, "GET", ME)[0] == 200


@pytest.mark.parametrize("target", ["token", "1/password"])
def test_paths_of_passwords_and_tokens_do_not_exist(send: Send, target: str) -> None:
    document = send(None, "GET", f"{USERS}/openapi.json")[1]
    assert not [path for path in document["paths"] if "token" in path or "password" in path]
    for method in ("POST", "PUT"):
        assert send(SUBJECT, method, f"{USERS}/{target}", {})[0] == 404


def test_own_tokens_are_not_accepted(send: Send) -> None:
    register(send)
    assert send(None, "GET", ME, **bearer(1, "users:admin")) == (401, "unauthenticated")


@pytest.mark.parametrize(("handler", "status"), [("false", 401), ("true", 200)], indirect=["handler"])
def test_users_are_public_only_with_the_setting(send: Send, status: int) -> None:
    path = register(send)
    assert send(None, "GET", path)[0] == status
