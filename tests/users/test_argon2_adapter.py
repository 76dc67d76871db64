import sys
import time
from typing import Any

import pytest
from starlette.testclient import TestClient

from users.app import app
from users.argon2_adapter import Argon2Hasher
from users.dependencies import hasher

CHEAP = Argon2Hasher(memory_kib=64, passes=1)
PASSWORD = "correct horse battery staple"


def test_hash_has_the_decided_parameters_and_matches_its_password() -> None:
    hasher = Argon2Hasher()
    hashed = hasher.hash(PASSWORD)
    assert hashed.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert hasher.matches(PASSWORD, hashed)
    assert not hasher.matches(PASSWORD + " ", hashed)
    assert not hasher.is_outdated(hashed)


def test_two_hashes_of_one_password_differ() -> None:
    assert CHEAP.hash(PASSWORD) != CHEAP.hash(PASSWORD)


@pytest.mark.parametrize("password", ["x" * 256, "пароль 🔑 пароль", "twelve\x00chars"])
def test_password_is_hashed_unchanged(password: str) -> None:
    hashed = CHEAP.hash(password)
    assert CHEAP.matches(password, hashed)
    assert not CHEAP.matches(password[:-1], hashed)


@pytest.mark.parametrize("password", ["", PASSWORD])
def test_no_password_matches_a_missing_hash(password: str) -> None:
    assert not CHEAP.matches(password, None)


def test_missing_hash_costs_as_much_time_as_a_current_one() -> None:
    """Many passes make hashing the dominant cost; the shortest of several times excludes other load."""
    hasher = Argon2Hasher(memory_kib=1024, passes=20)
    hashed = hasher.hash(PASSWORD)
    with_hash = min(seconds(hasher, hashed) for _ in range(7))
    without_hash = min(seconds(hasher, None) for _ in range(7))
    assert 0.5 < without_hash / with_hash < 2


def seconds(hasher: Argon2Hasher, password_hash: str | None) -> float:
    started = time.process_time()
    assert not hasher.matches("another", password_hash)
    return time.process_time() - started


@pytest.mark.parametrize("other", [Argon2Hasher(128, 1), Argon2Hasher(64, 2), Argon2Hasher(64, 1, 2)])
def test_hash_with_other_parameters_is_outdated_and_matches(other: Argon2Hasher) -> None:
    hashed = other.hash(PASSWORD)
    assert CHEAP.matches(PASSWORD, hashed)
    assert CHEAP.is_outdated(hashed)
    assert not other.is_outdated(hashed)


@pytest.fixture
def api_without_argon2(api: TestClient, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    """The API with its own hasher, in a process that cannot import `argon2`."""
    del app.dependency_overrides[hasher]
    monkeypatch.setitem(sys.modules, "argon2", None)
    return api


NEW = {"email": "new@example.com", "username": "new"}
FORM = {"grant_type": "password", "username": "self@example.com", "password": PASSWORD}


@pytest.mark.parametrize(
    ("method", "path", "sent", "status"),
    [
        ("GET", "/api/v1/users/health", {}, 200),
        ("GET", "/api/v1/users/1", {}, 200),
        ("GET", "/users/1/", {}, 200),
        ("GET", "/api/v1/users", {}, 200),
        ("GET", "/api/v1/users/me", {}, 200),
        ("POST", "/api/v1/users", {"json": NEW}, 201),
        ("PATCH", "/api/v1/users/2", {"json": NEW}, 200),
        ("DELETE", "/api/v1/users/2", {}, 204),
        ("POST", "/api/v1/users/2/erasure", {}, 204),
        ("PUT", "/api/v1/users/99/password", {"json": {"password": PASSWORD}}, 404),
        ("PUT", "/api/v1/users/3/password", {"json": {"password": "too short"}}, 422),
        ("POST", "/api/v1/users/token", {"data": FORM | {"username": "no-at-sign"}}, 400),
    ],
)
def test_request_without_a_hash_does_not_import_argon2(
    api_without_argon2: TestClient, admin: dict[str, str], method: str, path: str, sent: dict[str, Any], status: int
) -> None:
    assert api_without_argon2.request(method, path, headers=admin, **sent).status_code == status


@pytest.mark.parametrize(
    ("method", "path", "sent"),
    [
        ("POST", "/api/v1/users", {"json": NEW | {"password": PASSWORD}}),
        ("PUT", "/api/v1/users/2/password", {"json": {"password": PASSWORD}}),
        ("POST", "/api/v1/users/token", {"data": FORM}),
    ],
)
def test_request_with_a_hash_imports_argon2(
    api_without_argon2: TestClient, admin: dict[str, str], method: str, path: str, sent: dict[str, Any]
) -> None:
    """The counter-proof of the test above."""
    assert api_without_argon2.request(method, path, headers=admin, **sent).status_code == 500
