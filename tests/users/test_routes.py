import json

import pytest
from starlette.testclient import TestClient

from common.product import PRODUCT
from tests.support.problem import assert_problem
from tests.support.tokens import bearer, token
from tests.users.fake_repository import FakeUserRepository
from tests.users.people import user

NEW = {"email": "engineer@example.com", "username": "senior-engineer"}
PASSWORD = "correct horse battery staple"


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


@pytest.mark.parametrize("path", ["/api/v1/users/99", "/users/99"])
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


@pytest.mark.parametrize("password", ["x" * 11, "", "x" * 257, 12 * "\ud800", ["x"] * 12, 123456789012, {"a": 1}])
def test_a_password_that_cannot_be_one_is_refused_and_not_repeated(api: TestClient, password: object) -> None:
    body = json.dumps(NEW | {"password": password})
    answer = api.post("/api/v1/users", content=body, headers={"content-type": "application/json"})
    problem = assert_problem(answer, 422, "invalid-request")
    [error] = problem["errors"]
    assert error["pointer"] == "#/password"
    assert "xx" not in answer.text
    assert "11" not in error["detail"]


@pytest.mark.parametrize("password", ["x" * 12, "🔑" * 256, " twelve chars", "tab\tand\nnewline"])
def test_a_password_is_kept_as_it_is_and_never_shown(api: TestClient, users: FakeUserRepository, password: str) -> None:
    created = api.post("/api/v1/users", json=NEW | {"password": password})
    assert created.status_code == 201
    assert set(created.json()) == {"id", "email", "username"}
    assert users.hashes[created.json()["id"]] == f"fast:{password}"


@pytest.mark.parametrize("body", [NEW, NEW | {"password": None}], ids=["left out", "null"])
def test_a_user_needs_no_password(api: TestClient, users: FakeUserRepository, body: dict[str, object]) -> None:
    created = api.post("/api/v1/users", json=body)
    assert created.status_code == 201
    assert created.json()["id"] not in users.hashes


def test_nobody_makes_an_administrator_of_itself(api: TestClient) -> None:
    problem = assert_problem(api.post("/api/v1/users", json=NEW | {"scopes": ["users:admin"]}), 422, "invalid-request")
    assert [error["pointer"] for error in problem["errors"]] == ["#/scopes"]


def test_what_is_not_told_to_everyone_stays_inside(api: TestClient) -> None:
    answer = api.post("/api/v1/users", json=NEW | {"is_active": False, "password": PASSWORD})
    assert set(answer.json()) == {"id", "email", "username"}


def test_answers_carry_the_version(api: TestClient, users: FakeUserRepository) -> None:
    users.add(user(9, "nine@example.com", version=7))
    assert api.post("/api/v1/users", json=NEW).headers["etag"] == '"1"'
    assert api.get("/api/v1/users/9").headers["etag"] == '"7"'


def test_a_deactivated_user_is_still_read(api: TestClient) -> None:
    assert api.get("/api/v1/users/4").json()["username"] == "asleep"


def test_where_everyone_may_read_no_token_is_looked_at(api: TestClient) -> None:
    for authorization in ("Bearer nonsense", "Basic dTpw", f"Bearer {token(4)}"):
        assert api.get("/api/v1/users/2", headers={"authorization": authorization}).status_code == 200


class TestWhereReadingIsClosed:
    @pytest.fixture
    def public_user_read(self) -> bool:
        return False

    @pytest.mark.parametrize("path", ["/api/v1/users/2", "/users/2", "/users/2/"])
    def test_a_user_is_read_by_itself_and_by_administrators(
        self, api: TestClient, own: dict[str, str], admin: dict[str, str], path: str
    ) -> None:
        for headers in (own, admin):
            answer = api.get(path, headers=headers)
            assert answer.json() == {"id": 2, "email": "self@example.com", "username": "self"}

    @pytest.mark.parametrize("path", ["/api/v1/users/2", "/users/2", "/users/2/", "/users/99"])
    def test_a_user_is_read_by_nobody_else(self, api: TestClient, path: str) -> None:
        refused = api.get(path)
        assert_problem(refused, 401, "unauthenticated")
        assert refused.headers["www-authenticate"] == f'Bearer realm="{PRODUCT.name}"'
        assert_problem(api.get(path, headers=bearer(3)), 403, "forbidden")
        assert_problem(api.get(path, headers=bearer(3, "users:admin")), 403, "forbidden")
        assert_problem(api.get(path, headers=bearer(4)), 401, "account-inactive")
        assert_problem(api.get(path, headers={"authorization": "Bearer x"}), 401, "invalid-token")

    def test_an_administrator_learns_that_there_is_no_such_user(self, api: TestClient, admin: dict[str, str]) -> None:
        assert_problem(api.get("/api/v1/users/99", headers=admin), 404, "user-not-found")
