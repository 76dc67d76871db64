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
