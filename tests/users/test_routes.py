import json
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from starlette.testclient import TestClient

from tests.support.problem import assert_problem
from tests.users.fake_repository import FakeUserRepository
from users.app import app
from users.dependencies import user_repository
from users.domain import User

CTO = User(
    id=1,
    email="cto@example.com",
    username="chief-tech",
    is_active=True,
    created_at=datetime(2026, 1, 1, tzinfo=UTC),
)
NEW = {"email": "engineer@example.com", "username": "senior-engineer"}


@pytest.fixture
def api(function_environment: dict[str, str]) -> Iterator[TestClient]:
    assert function_environment
    users = FakeUserRepository(CTO)

    async def fake() -> FakeUserRepository:
        return users

    app.dependency_overrides[user_repository] = fake
    with TestClient(app) as client:
        yield client
    app.dependency_overrides.clear()


@pytest.mark.parametrize("path", ["/api/v1/users", "/users/", "/users"])
def test_a_user_is_created_and_read_back(api: TestClient, path: str) -> None:
    created = api.post(path, json=NEW)
    assert created.status_code == 201
    body = created.json()
    assert body == {"id": body["id"], **NEW}
    assert isinstance(body["id"], int)
    assert created.headers["location"] == f"/api/v1/users/{body['id']}"
    assert api.get(created.headers["location"]).json() == body


@pytest.mark.parametrize("path", ["/api/v1/users/1", "/users/1", "/users/1/"])
def test_a_user_is_read_at_each_of_its_addresses(api: TestClient, path: str) -> None:
    answer = api.get(path)
    assert answer.status_code == 200
    assert answer.json() == {"id": 1, "email": "cto@example.com", "username": "chief-tech"}


@pytest.mark.parametrize("path", ["/api/v1/users/2", "/users/2"])
def test_an_unknown_user_is_a_problem(api: TestClient, path: str) -> None:
    assert_problem(api.get(path), 404, "user-not-found")


@pytest.mark.parametrize("user_id", ["abc", "0", "-1", "9007199254740992", "1.5"])
def test_an_impossible_id_is_refused_by_name(api: TestClient, user_id: str) -> None:
    problem = assert_problem(api.get(f"/api/v1/users/{user_id}"), 422, "invalid-request")
    assert problem["errors"][0]["parameter"] == "user_id"


def test_a_taken_address_is_a_conflict_whatever_its_case(api: TestClient) -> None:
    answer = api.post("/api/v1/users", json={"email": "CTO@Example.COM", "username": "other"})
    assert_problem(answer, 409, "email-taken")


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"email": "nobody"}, "#/email"),
        ({"email": None}, "#/email"),
        ({"email": "Ada <ada@example.com>"}, "#/email"),
        ({"username": ""}, "#/username"),
        ({"username": "   "}, "#/username"),
        ({"username": "x" * 65}, "#/username"),
        ({"username": "line\nbreak"}, "#/username"),
        ({"username": "\ud800"}, "#/username"),
        ({"is_active": "perhaps"}, "#/is_active"),
        ({"is_admin": True}, "#/is_admin"),
        ({"a/b~c": 1}, "#/a~1b~0c"),
    ],
)
def test_each_wrong_field_is_pointed_at(api: TestClient, change: dict[str, object], pointer: str) -> None:
    body = json.dumps(NEW | change)
    answer = api.post("/api/v1/users", content=body, headers={"content-type": "application/json"})
    problem = assert_problem(answer, 422, "invalid-request")
    assert [error["pointer"] for error in problem["errors"]] == [pointer]


def test_every_wrong_field_is_named_at_once(api: TestClient) -> None:
    problem = assert_problem(api.post("/api/v1/users", json={"email": "x"}), 422, "invalid-request")
    assert {error["pointer"] for error in problem["errors"]} == {"#/email", "#/username"}


def test_unversioned_addresses_stay_out_of_the_openapi_document(api: TestClient) -> None:
    paths = api.get("/api/v1/users/openapi.json").json()["paths"]
    assert set(paths) == {"/api/v1/users", "/api/v1/users/{user_id}", "/api/v1/users/health"}


def test_what_is_not_told_to_everyone_stays_inside(api: TestClient) -> None:
    answer = api.post("/api/v1/users", json=NEW | {"is_active": False})
    assert set(answer.json()) == {"id", "email", "username"}
