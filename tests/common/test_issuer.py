"""The caller by the claims that API Gateway has verified, with an issuer in the function's settings."""

import asyncio
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from common.lambda_handler import create_handler
from common.auth.issuer import Issuer, listed
from common.auth.keys import NoKeys
from common.auth.tokens import NO_TOKENS
from common.http.application import create_app
from common.product import PRODUCT
from common.runtime import Runtime
from common.settings import SettingsError
from tests.common.conftest import no_adapters
from tests.common.protected_routes import router
from tests.support.http_events import http_event
from tests.support.lambda_context import FakeLambdaContext
from tests.support.tokens import bearer

URL = "https://issuer.example.com"
ISSUER = {
    "url": URL,
    "scopes_claim": "cognito:groups",
    "scopes": {"staff": ["things:admin", "films:admin"], "none": []},
}
CLAIMS = {"iss": URL, "sub": "auth0|anna"}
REALM = f'Bearer realm="{PRODUCT.name}"'

type Send = Callable[..., dict[str, Any]]


@pytest.fixture
def send(function_environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Send]:
    """Send a GET request with claims to a handler that has an issuer; return its response."""
    assert function_environment
    monkeypatch.setenv("ISSUER", json.dumps(ISSUER))
    for name in ("JWT_ISSUER", "JWT_AUDIENCE"):
        monkeypatch.delenv(name)
    handler = create_handler(create_app("things", description="Things.", routers=[router]), no_adapters)

    def sent(path: str, claims: dict[str, str] | None = None, **headers: str) -> dict[str, Any]:
        return handler(http_event("GET", path, claims=claims, headers=headers), FakeLambdaContext())

    yield sent
    asyncio.get_event_loop().close()
    asyncio.set_event_loop(None)


def problem_of(response: dict[str, Any]) -> str:
    code: str = json.loads(response["body"])["type"].rpartition(":")[2]
    return code


def test_subject_is_that_of_the_verified_token(send: Send) -> None:
    response = send("/me", CLAIMS)
    assert (response["statusCode"], json.loads(response["body"])) == (200, ["auth0|anna"])


@pytest.mark.parametrize(
    ("times", "known"),
    [
        ({"auth_time": "1795262400", "iat": "1795269999"}, 1_795_262_400),
        ({"iat": "1795269999"}, 1_795_269_999),
        ({"auth_time": "yesterday", "iat": "1795269999"}, None),
        ({}, None),
    ],
    ids=["time of the login", "no time of the login", "unreadable time of the login", "no time"],
)
def test_login_is_as_old_as_its_time_or_else_the_token(times: dict[str, str], known: int | None) -> None:
    event = http_event("GET", "/me", claims=CLAIMS | times)
    assert Issuer.model_validate(ISSUER).principal(event).authenticated_at == known


@pytest.mark.parametrize(
    ("groups", "scopes"),
    [
        ("[staff]", ["films:admin", "things:admin"]),
        ("staff", ["films:admin", "things:admin"]),
        ("[readers films:admin]", ["films:admin", "readers"]),
        ("a b", ["a", "b"]),
        ("[none]", []),
        ("[]", []),
        ("", []),
    ],
)
def test_scopes_come_from_the_claim_and_its_mapping(send: Send, groups: str, scopes: list[str]) -> None:
    response = send("/me", CLAIMS | {"cognito:groups": groups, "scope": "ignored"})
    assert json.loads(response["body"]) == ["auth0|anna", *scopes]


def test_scope_of_the_policy_is_required(send: Send) -> None:
    response = send("/admin", CLAIMS)
    assert (response["statusCode"], problem_of(response)) == (403, "forbidden")
    assert response["headers"]["www-authenticate"] == f'{REALM}, error="insufficient_scope", scope="things:admin"'
    assert send("/admin", CLAIMS | {"cognito:groups": "[staff]"})["statusCode"] == 200


def test_owner_is_the_subject(send: Send) -> None:
    assert send("/things/auth0|anna", CLAIMS)["statusCode"] == 200
    assert problem_of(send("/things/bob", CLAIMS)) == "not-your-thing"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        bearer("7", "things:admin"),
        {"x-amzn-oidc-identity": "anna", "x-amzn-oidc-data": "e30.e30.e30"},
        {"requestContext": json.dumps({"authorizer": {"jwt": {"claims": CLAIMS}}})},
    ],
    ids=str,
)
def test_no_header_authenticates(send: Send, headers: dict[str, str]) -> None:
    response = send("/me", None, **headers)
    assert (response["statusCode"], problem_of(response)) == (401, "unauthenticated")
    assert response["headers"]["www-authenticate"] == REALM


@pytest.mark.parametrize(
    "claims",
    [
        {**CLAIMS, "iss": f"{URL}/"},
        {"sub": "anna"},
        {"iss": URL},
        {"iss": URL, "sub": ""},
        {"iss": URL, "sub": "a" * 256},
    ],
)
def test_claims_of_another_issuer_or_without_a_subject_are_rejected(send: Send, claims: dict[str, str]) -> None:
    response = send("/me", claims)
    assert (response["statusCode"], problem_of(response)) == (401, "invalid-token")
    assert response["headers"]["www-authenticate"] == f'{REALM}, error="invalid_token"'


def test_request_outside_lambda_is_not_authenticated() -> None:
    with pytest.raises(Exception, match="verified no token"):
        Issuer(url=URL, scopes_claim="scope", scopes={}).principal(None)


def test_function_with_an_issuer_has_no_keys_of_its_own(function_environment: dict[str, str]) -> None:
    runtime = Runtime.of(function_environment | {"ISSUER": json.dumps(ISSUER)})
    assert isinstance(runtime.keys, NoKeys)
    assert runtime.tokens is NO_TOKENS
    assert runtime.issuer is not None
    assert runtime.issuer.url == URL


@pytest.mark.parametrize("text", ["issuer", "{}", json.dumps({"url": URL})])
def test_malformed_issuer_is_a_settings_error(function_environment: dict[str, str], text: str) -> None:
    with pytest.raises(SettingsError, match="ISSUER"):
        Runtime.of(function_environment | {"ISSUER": text})


@pytest.mark.parametrize(("claim", "values"), [("[a b]", ["a", "b"]), ("a b", ["a", "b"]), ("[a", ["[a"]), ("", [])])
def test_lists_in_claims(claim: str, values: list[str]) -> None:
    assert listed(claim) == values
