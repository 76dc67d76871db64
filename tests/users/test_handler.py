import base64
import importlib
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest

from common.lambda_handler import Handler
from common.settings import SettingsError
from tests.support.handlers import imported_afresh, packaged_like
from tests.support.http_events import http_event
from tests.support.lambda_context import FakeLambdaContext
from tests.users.fake_logins import FastHasher
from users.app import app
from users.dependencies import hasher

PASSWORD = "correct horse battery staple"
NEW = {"email": "engineer@example.com", "username": "senior-engineer"}


@pytest.fixture
def handler(function_environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Handler]:
    assert function_environment
    with packaged_like("users", monkeypatch) as handler:
        yield handler


def response_to(handler: Handler, method: str, path: str, **sent: Any) -> dict[str, Any]:
    return handler(http_event(method, path, **sent), FakeLambdaContext())


def test_created_user_is_read_back(handler: Handler) -> None:
    event = http_event("POST", "/users/", json_body=NEW)
    created = handler(event, FakeLambdaContext())
    assert created["statusCode"] == 201
    assert created["headers"]["x-request-id"] == event["requestContext"]["requestId"]
    read = response_to(handler, "GET", created["headers"]["location"])
    assert (read["statusCode"], read["isBase64Encoded"]) == (200, False)
    assert json.loads(read["body"]) == json.loads(created["body"])


def test_problem_is_a_text_body(handler: Handler) -> None:
    response = response_to(handler, "GET", "/api/v1/users/12")
    assert (response["statusCode"], response["isBase64Encoded"]) == (404, False)
    assert json.loads(response["body"])["title"] == "User not found"


@pytest.mark.parametrize("encoded", [False, True], ids=["text", "base64"])
def test_user_registers_logs_in_and_reads_its_account(handler: Handler, *, encoded: bool) -> None:
    response_to(handler, "POST", "/api/v1/users", json_body=NEW | {"password": PASSWORD})
    form = urlencode({"grant_type": "password", "username": NEW["email"], "password": PASSWORD})
    login = http_event(
        "POST",
        "/api/v1/users/token",
        body=base64.b64encode(form.encode()).decode() if encoded else form,
        headers={"content-type": "application/x-www-form-urlencoded"},
    )
    response = handler(login | {"isBase64Encoded": encoded}, FakeLambdaContext())
    assert response["statusCode"] == 200
    token = json.loads(response["body"])["access_token"]
    me = response_to(handler, "GET", "/api/v1/users/me", headers={"authorization": f"Bearer {token}"})
    assert json.loads(me["body"])["email"] == NEW["email"]


@pytest.mark.usefixtures("function_environment")
@pytest.mark.parametrize("variable", ["TABLE_NAME", "PUBLIC_USER_READ", "JWT_ISSUER", "JWT_AUDIENCE"])
def test_missing_setting_ends_init(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    monkeypatch.setenv("TABLE_NAME", "users")
    monkeypatch.setenv("PUBLIC_USER_READ", "true")
    monkeypatch.delenv(variable)
    with imported_afresh("users"), pytest.raises(SettingsError, match=f"{variable}: Field required"):
        importlib.import_module("users.handler")


@pytest.fixture
def _fast_hashes() -> Iterator[None]:
    """Replace the hashes, because these tests log in several times."""

    async def fast() -> FastHasher:
        return FastHasher()

    app.dependency_overrides[hasher] = fast
    yield
    app.dependency_overrides.clear()


def login_from(handler: Handler, source_ip: object, password: str, claimed: str) -> int:
    """Return the status of a login from an address that API Gateway saw, with one that the client claims."""
    headers = {"content-type": "application/x-www-form-urlencoded", "x-forwarded-for": claimed, "forwarded": claimed}
    form = urlencode({"grant_type": "password", "username": NEW["email"], "password": password})
    event = http_event("POST", "/api/v1/users/token", body=form, headers=headers)
    event["requestContext"]["http"]["sourceIp"] = source_ip
    if source_ip is None:
        del event["requestContext"]["http"]["sourceIp"]
    status: int = handler(event, FakeLambdaContext())["statusCode"]
    return status


@pytest.mark.usefixtures("_fast_hashes")
def test_network_of_a_login_is_that_of_the_source_ip(handler: Handler) -> None:
    response_to(handler, "POST", "/api/v1/users", json_body=NEW | {"password": PASSWORD})
    guesses = [login_from(handler, f"203.0.113.{number}", "wrong", f"192.0.{number}.1") for number in range(6)]
    assert guesses == [400] * 5 + [429]
    assert login_from(handler, "203.0.114.1", PASSWORD, "203.0.113.1") == 200


@pytest.mark.usefixtures("_fast_hashes")
@pytest.mark.parametrize("source_ip", [None, "", "not an address", "203.0.113.1, 203.0.114.1"])
def test_logins_without_a_source_ip_share_one_network(handler: Handler, source_ip: str | None) -> None:
    response_to(handler, "POST", "/api/v1/users", json_body=NEW | {"password": PASSWORD})
    assert login_from(handler, source_ip, PASSWORD, "192.0.2.1") == 200
    guesses = [login_from(handler, source_ip, "wrong", f"192.0.{number}.1") for number in range(5)]
    assert guesses == [400] * 5
    assert login_from(handler, "unknown", PASSWORD, "192.0.2.1") == 429
