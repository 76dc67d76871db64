"""Policies of routes: which callers they serve, and what OpenAPI says about them."""

from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from common.auth.policy import Permission, Policy
from common.auth.principal import Principal
from common.failures import Forbidden
from common.http.application import create_app
from tests.common.protected_routes import OWNER, REALM, NotYourThing, router
from tests.support.problem import assert_problem
from tests.support.tokens import accepting_tokens, bearer

SCOPE = "things:admin"
CHALLENGE = f'{REALM}, error="insufficient_scope", scope="{SCOPE}"'
ADMINISTRATOR = Policy(SCOPE)
HOLDER = Principal("1", frozenset({SCOPE}))
OTHER = Principal("7", frozenset({"things:reader", "other:admin"}))


@pytest.fixture
def api(function_environment: dict[str, str]) -> Iterator[TestClient]:
    assert function_environment
    app = create_app("things", description="Things.", routers=[router])
    with accepting_tokens(app), TestClient(app) as client:
        yield client


def test_holder_of_the_scope_may_use_what_anyone_owns() -> None:
    for policy in (ADMINISTRATOR, OWNER):
        permission = policy.permission(HOLDER)
        assert permission == Permission(policy, None)
        permission.check_owner("7")


def test_caller_without_the_scope_is_rejected_where_there_is_no_owner() -> None:
    with pytest.raises(Forbidden, match=SCOPE) as rejection:
        ADMINISTRATOR.permission(OTHER)
    assert rejection.value.scope == SCOPE


def test_caller_without_the_scope_may_use_only_what_it_owns() -> None:
    permission = OWNER.permission(OTHER)
    assert permission.required_owner == OTHER.subject
    permission.check_owner(OTHER.subject)
    with pytest.raises(NotYourThing, match=r"the owner of the thing.*things:admin") as rejection:
        permission.check_owner("8")
    assert rejection.value.scope == SCOPE


def test_missing_scope_is_a_403_that_names_it(api: TestClient) -> None:
    assert api.get("/admin", headers=bearer(7, SCOPE)).json() == "administered"
    response = api.get("/admin", headers=bearer(7, *OTHER.scopes))
    assert SCOPE in assert_problem(response, 403, "forbidden")["detail"]
    assert response.headers["www-authenticate"] == CHALLENGE


def test_other_owner_is_a_403_with_the_policys_code(api: TestClient) -> None:
    assert api.get("/things/7", headers=bearer(7)).json() == "7"
    assert api.get("/things/7", headers=bearer(1, SCOPE)).json() is None
    response = api.get("/things/7", headers=bearer(8))
    assert_problem(response, 403, "not-your-thing")
    assert response.headers["www-authenticate"] == CHALLENGE


@pytest.mark.parametrize("path", ["/admin", "/things/7"])
def test_missing_token_is_a_401(api: TestClient, path: str) -> None:
    assert_problem(api.get(path), 401, "unauthenticated")


def documented(api: TestClient, path: str) -> dict[str, Any]:
    found: dict[str, Any] = api.get("/api/v1/things/openapi.json").json()["paths"][path]["get"]
    return found


@pytest.mark.parametrize(
    ("path", "access", "code"),
    [
        ("/admin", "Access: callers with the scope `things:admin`.", "forbidden"),
        (
            "/things/{owner}",
            "Access: the owner of the thing, and callers with the scope `things:admin`.",
            "not-your-thing",
        ),
    ],
)
def test_openapi_shows_the_policy_and_its_failures(api: TestClient, path: str, access: str, code: str) -> None:
    operation = documented(api, path)
    assert operation["description"].rpartition("\n\n")[2] == access
    codes = {
        status: set(response["content"]["application/problem+json"]["examples"])
        for status, response in operation["responses"].items()
        if status in {"401", "403"}
    }
    assert codes == {"401": {"unauthenticated", "invalid-token"}, "403": {code}}


def test_openapi_lists_the_scopes_of_all_policies_with_their_operations(api: TestClient) -> None:
    document = api.get("/api/v1/things/openapi.json").json()
    ids = [
        f"`{operation['operationId']}`"
        for item in document["paths"].values()
        for operation in item.values()
        if f"`{SCOPE}`" in operation.get("description", "")
    ]
    [scheme] = document["components"]["securitySchemes"].values()
    for flow in scheme.get("flows", {}).values():
        assert flow["scopes"] == {SCOPE: f"Allows {', '.join(ids)}."}
