"""Bearer tokens: whose are taken, every way in which one is refused, and what the API documents about them."""

import json
import time
from collections.abc import Iterator
from typing import Annotated

import pytest
from fastapi import Depends, FastAPI
from starlette.testclient import TestClient

from common.auth import principal as auth
from common.auth.principal import LONGEST_TOKEN, Principal, TokenSettings
from common.http.application import Application, create_app
from common.settings import SettingsError
from tests.common.protected_routes import HEADER, OTHER_KEY, REALM, asked, assert_rejected, claims, router, signed
from tests.support.problem import assert_problem
from tests.support.tokens import KEY, accepting_tokens, bearer, token


@pytest.fixture
def app(function_environment: dict[str, str]) -> Application:
    assert function_environment
    return create_app("things", description="Things.", routers=[router])


@pytest.fixture
def api(app: Application) -> Iterator[TestClient]:
    with accepting_tokens(app), TestClient(app) as client:
        yield client


def test_a_token_says_who_asks_and_with_which_scopes(api: TestClient) -> None:
    assert api.get("/me", headers=bearer(7, "things:admin", "films:admin")).json() == [
        "7",
        "films:admin",
        "things:admin",
    ]
    assert api.get("/me", headers=bearer(7)).json() == ["7"]
    assert asked(api, signed(HEADER, claims())).json() == ["7"]


def test_a_principal_shows_what_it_may() -> None:
    Principal("7", frozenset({"things:admin"})).require("things:admin")


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "bEaReR"])
def test_the_schemes_letter_case_does_not_count(api: TestClient, scheme: str) -> None:
    assert api.get("/me", headers={"Authorization": f"{scheme} {token(7)}"}).json() == ["7"]


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Basic YTpi"}, {"Authorization": ""}])
def test_without_a_token_nobody_is_let_in_and_the_challenge_names_no_error(
    api: TestClient, headers: dict[str, str]
) -> None:
    answer = api.get("/me", headers=headers)
    assert_problem(answer, 401, "unauthenticated")
    assert answer.headers["www-authenticate"] == REALM
    assert api.get("/perhaps", headers=headers).json() is None


def test_where_a_token_is_optional_a_bad_one_is_refused_all_the_same(api: TestClient) -> None:
    assert api.get("/perhaps", headers=bearer(7)).json() == "7"
    assert_rejected(asked(api, "nonsense", "/perhaps"))


def test_a_missing_scope_is_forbidden_and_named(api: TestClient) -> None:
    assert api.get("/admin", headers=bearer(7, "things:admin")).json() == "7"
    answer = api.get("/admin", headers=bearer(7, "things:reader", "other:admin"))
    assert "things:admin" in assert_problem(answer, 403, "forbidden")["detail"]
    expected = f'{REALM}, error="insufficient_scope", scope="things:admin"'
    assert answer.headers["www-authenticate"] == expected
    assert_problem(api.get("/admin"), 401, "unauthenticated")


@pytest.mark.parametrize("separator", [",", ", "])
def test_two_tokens_are_refused_whether_in_two_headers_or_in_one(api: TestClient, separator: str) -> None:
    mine = f"Bearer {token(7)}"
    assert_rejected(api.get("/me", headers=[("Authorization", mine), ("Authorization", mine)]))
    assert_rejected(api.get("/me", headers={"Authorization": separator.join([mine, mine])}))
    assert_rejected(api.get("/perhaps", headers=[("Authorization", mine), ("Authorization", "Basic YTpi")]))


def test_a_previous_key_is_taken(app: Application) -> None:
    with accepting_tokens(app, OTHER_KEY, KEY), TestClient(app) as api:
        assert api.get("/me", headers=bearer(7)).json() == ["7"]


def test_clocks_may_differ_by_thirty_seconds_and_no_more(api: TestClient) -> None:
    now = int(time.time())
    near, far = 20, 40
    for times in ({"exp": now - near}, {"iat": now + near}, {"nbf": now + near}):
        assert api.get("/me", headers=bearer(7, **times)).status_code == 200
    for times, reason in (({"exp": now - far}, "expired"), ({"iat": now + far}, "yet"), ({"nbf": now + far}, "yet")):
        answer = api.get("/me", headers=bearer(7, **times))
        assert_rejected(answer)
        assert reason in answer.json()["detail"]


def test_a_token_may_be_long_but_not_too_long(api: TestClient) -> None:
    scopes = [f"scope-{number:04}" for number in range(400)]
    while len(token(7, *scopes)) > LONGEST_TOKEN:
        scopes.pop()
    assert asked(api, token(7, *scopes)).status_code == 200
    longer = token(7, *scopes, *scopes[:5])
    assert len(longer) > LONGEST_TOKEN
    assert_rejected(asked(api, longer))


def test_a_token_is_never_repeated_in_an_answer(api: TestClient) -> None:
    refused = token(7, key=OTHER_KEY)
    said = json.dumps(asked(api, refused).json())
    assert not any(part in said for part in refused.split("."))


def test_routes_with_users_show_the_security_scheme_and_others_do_not(api: TestClient) -> None:
    document = api.get("/api/v1/things/openapi.json").json()
    [name] = document["components"]["securitySchemes"]
    assert {path: "security" in document["paths"][path]["get"] for path in document["paths"]} == {
        "/me": True,
        "/perhaps": True,
        "/admin": True,
        "/api/v1/things/health": False,
    }
    assert document["paths"]["/me"]["get"]["security"] == [{name: []}]


def test_without_overrides_keys_and_settings_are_the_deployments(
    app: Application, function_environment: dict[str, str]
) -> None:
    expected = {"JWT_ISSUER": "test-issuer", "JWT_AUDIENCE": "test-api"}
    assert expected.items() <= function_environment.items()
    assert auth.token_settings() == TokenSettings.from_environment(expected)
    with TestClient(app) as api:
        assert_rejected(asked(api, "nonsense"))


@pytest.mark.parametrize("missing", ["JWT_SECRET_ID", "JWT_ISSUER", "JWT_AUDIENCE"])
def test_without_its_settings_nothing_is_prepared(
    function_environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    assert missing in function_environment
    monkeypatch.delenv(missing)
    with pytest.raises(SettingsError, match=missing):
        auth.prepare()


def test_scheme_names_the_token_endpoint() -> None:
    flows = auth.scheme("/api/v1/things/token").model.model_dump(exclude_none=True)["flows"]
    assert flows == {"password": {"scopes": {}, "tokenUrl": "/api/v1/things/token"}}


@pytest.mark.parametrize("header", ["Bearer abc", "bearer abc"])
def test_token_is_read_where_no_service_issues_tokens(header: str) -> None:
    app = FastAPI()

    @app.get("/")
    async def show(token: Annotated[str | None, Depends(auth.scheme(None))]) -> str | None:
        return token

    with TestClient(app) as api:
        assert api.get("/", headers={"Authorization": header}).json() == "abc"
        assert api.get("/", headers={"Authorization": "Basic abc"}).json() is None
        assert api.get("/").json() is None
    [scheme] = app.openapi()["components"]["securitySchemes"].values()
    assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")
