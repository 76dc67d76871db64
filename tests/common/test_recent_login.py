"""Operations that require a recent login."""

import time
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from common.auth.recent_login import AuthenticationTooOld, Login
from common.http.application import create_app
from tests.common.protected_routes import REALM, router
from tests.support.problem import assert_problem
from tests.support.tokens import accepting_tokens, bearer

NOW = 1_795_262_400
OWN = "/things/7"


@pytest.fixture
def api(function_environment: dict[str, str]) -> Iterator[TestClient]:
    assert function_environment
    app = create_app("things", description="Things.", routers=[router])
    with accepting_tokens(app), TestClient(app) as client:
        yield client


@pytest.mark.parametrize("at", [NOW, NOW - 120, NOW + 30])
def test_login_within_120_seconds_is_recent(at: float) -> None:
    Login(at, NOW).check()


@pytest.mark.parametrize(
    "at",
    [None, NOW - 120.5, NOW - 150, NOW + 31, NOW * 1000, float("nan"), float("inf"), -float("inf")],
)
def test_other_login_is_too_old(at: float | None) -> None:
    with pytest.raises(AuthenticationTooOld):
        Login(at, NOW).check()


def test_recent_login_is_enough(api: TestClient) -> None:
    assert api.delete(OWN, headers=bearer(7)).json() == "deleted"


@pytest.mark.parametrize("at", [None, int(time.time()) - 150], ids=["unknown", "too old"])
def test_old_login_is_a_401_with_the_challenge_of_rfc_9470(api: TestClient, at: int | None) -> None:
    response = api.delete(OWN, headers=bearer(7, auth_time=at))
    assert "log in again" in assert_problem(response, 401, "insufficient-user-authentication")["detail"]
    assert response.headers["www-authenticate"] == (
        f'{REALM}, error="insufficient_user_authentication", error_description="A recent login is required", '
        'max_age="120"'
    )


def test_caller_who_may_not_use_the_operation_is_not_sent_to_log_in(api: TestClient) -> None:
    assert_problem(api.delete(OWN, headers=bearer(8, auth_time=1)), 403, "not-your-thing")


def test_old_login_may_use_other_operations(api: TestClient) -> None:
    assert api.get(OWN, headers=bearer(7, auth_time=1)).json() == "7"


def test_openapi_declares_the_problem(api: TestClient) -> None:
    operation = api.get("/api/v1/things/openapi.json").json()["paths"]["/things/{owner}"]["delete"]
    examples = operation["responses"]["401"]["content"]["application/problem+json"]["examples"]
    assert set(examples) == {"unauthenticated", "invalid-token", "insufficient-user-authentication"}
