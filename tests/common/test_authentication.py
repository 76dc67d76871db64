"""The caller of a request, by its bearer token."""

import json
from collections.abc import Iterator
from typing import Annotated

import pytest
from fastapi import Depends, FastAPI
from starlette.testclient import TestClient

from common import runtime
from common.auth.authentication import Authenticate, scheme
from common.auth.tokens import TokenSettings
from common.http.application import Application, create_app
from common.settings import FunctionSettings
from tests.common.conftest import no_adapters
from tests.common.protected_routes import OTHER_KEY, REALM, assert_rejected, request_with, router
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


def test_subject_and_scopes_come_from_the_token(api: TestClient) -> None:
    scopes = ["films:admin", "things:admin"]
    assert api.get("/me", headers=bearer(7, *scopes)).json() == ["7", *scopes]
    assert api.get("/me", headers=bearer(7)).json() == ["7"]


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "bEaReR"])
def test_letter_case_of_the_scheme_is_ignored(api: TestClient, scheme: str) -> None:
    assert api.get("/me", headers={"Authorization": f"{scheme} {token(7)}"}).json() == ["7"]


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Basic YTpi"}, {"Authorization": ""}])
def test_missing_token_is_challenged_without_an_error(api: TestClient, headers: dict[str, str]) -> None:
    response = api.get("/me", headers=headers)
    assert_problem(response, 401, "unauthenticated")
    assert response.headers["www-authenticate"] == REALM


@pytest.mark.parametrize("separator", [",", ", "])
def test_two_tokens_are_rejected_in_two_headers_and_in_one(api: TestClient, separator: str) -> None:
    mine = f"Bearer {token(7)}"
    assert_rejected(api.get("/me", headers=[("Authorization", mine), ("Authorization", mine)]))
    assert_rejected(api.get("/me", headers=[("Authorization", mine), ("Authorization", "Basic YTpi")]))
    assert_rejected(api.get("/me", headers={"Authorization": separator.join([mine, mine])}))


def test_token_signed_with_the_previous_key_is_accepted(app: Application) -> None:
    with accepting_tokens(app, OTHER_KEY, KEY), TestClient(app) as api:
        assert api.get("/me", headers=bearer(7)).json() == ["7"]


def test_token_is_not_repeated_in_a_response(api: TestClient) -> None:
    rejected = token(7, key=OTHER_KEY)
    body = json.dumps(request_with(api, rejected).json())
    assert not any(part in body for part in rejected.split("."))


def test_openapi_marks_the_routes_that_require_a_token(api: TestClient) -> None:
    document = api.get("/api/v1/things/openapi.json").json()
    [name] = document["components"]["securitySchemes"]
    security = {path: document["paths"][path]["get"]["security"] for path in document["paths"]}
    assert security == {
        "/me": [{name: []}],
        "/admin": [{name: ["things:admin"]}],
        "/things/{owner}": [{name: []}],
        "/api/v1/things/health": [],
    }


def test_started_application_reads_keys_and_settings_from_its_runtime(
    app: Application, function_environment: dict[str, str]
) -> None:
    settings = FunctionSettings.from_environment(function_environment)
    runtime.start(app, settings, function_environment, no_adapters)
    expected = TokenSettings(JWT_ISSUER="test-issuer", JWT_AUDIENCE="test-api")
    assert runtime.runtime_of(app).tokens == expected
    with TestClient(app) as api:
        assert_rejected(request_with(api, "nonsense"))


def test_scheme_names_the_token_endpoint() -> None:
    flows = scheme("/api/v1/things/token").model.model_dump(exclude_none=True)["flows"]
    assert flows == {"password": {"scopes": {}, "tokenUrl": "/api/v1/things/token"}}


@pytest.mark.parametrize("header", ["Bearer abc", "bearer abc"])
def test_token_is_read_where_no_service_issues_tokens(header: str) -> None:
    app = FastAPI()

    @app.get("/")
    async def show(authenticate: Annotated[Authenticate, Depends(scheme(None))]) -> str | None:
        return authenticate.token

    with accepting_tokens(app), TestClient(app) as api:
        assert api.get("/", headers={"Authorization": header}).json() == "abc"
        assert api.get("/", headers={"Authorization": "Basic abc"}).json() is None
        assert api.get("/").json() is None
    [described] = app.openapi()["components"]["securitySchemes"].values()
    assert (described["type"], described["scheme"]) == ("http", "bearer")
