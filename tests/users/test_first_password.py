"""A stolen token does not set the first password of a user, by which its owner would lose the account."""

import time
from typing import Final

import pytest
from starlette.testclient import TestClient

from tests.support.problem import assert_problem
from tests.support.tokens import bearer
from tests.users.fake_repository import FakeUserRepository

PASSWORD: Final = {"password": "a battery staple that is new"}
OLD: Final = {"auth_time": time.time() - 800}
OWN: Final = "/api/v1/users/5/password"


@pytest.mark.parametrize("claims", [OLD, {"auth_time": None}])
def test_old_login_is_rejected(api: TestClient, users: FakeUserRepository, claims: dict[str, object]) -> None:
    response = api.put(OWN, json=PASSWORD, headers=bearer(5, **claims))
    assert_problem(response, 401, "insufficient-user-authentication")
    assert 5 not in users.hashes


def test_any_current_password_does_not_replace_a_recent_login(api: TestClient, users: FakeUserRepository) -> None:
    body = PASSWORD | {"current_password": "any"}
    assert_problem(api.put(OWN, json=body, headers=bearer(5, **OLD)), 401, "insufficient-user-authentication")
    assert api.put(OWN, json=body, headers=bearer(5)).status_code == 204
    assert 5 in users.hashes


def test_current_password_is_enough_after_an_old_login(api: TestClient) -> None:
    body = PASSWORD | {"current_password": "the user's own one"}
    assert api.put("/api/v1/users/2/password", json=body, headers=bearer(2, **OLD)).status_code == 204
