import json

import pytest
from starlette.testclient import TestClient

from common.product import PRODUCT
from tests.support.problem import assert_problem
from tests.support.tokens import bearer, token
from tests.users.examples import user
from tests.users.fake_repository import FakeUserRepository

NEW = {"email": "engineer@example.com", "username": "senior-engineer"}
PASSWORD = "correct horse battery staple"


@pytest.mark.parametrize("path", ["/api/v1/users", "/users/", "/users"])
def test_created_user_is_read_back(api: TestClient, path: str) -> None:
    created = api.post(path, json=NEW)
    assert created.status_code == 201
    body = created.json()
    assert body == {"id": body["id"], **NEW}
    assert isinstance(body["id"], int)
    assert created.headers["location"] == f"/api/v1/users/{body['id']}"
    assert api.get(created.headers["location"]).json() == body


@pytest.mark.parametrize("path", ["/api/v1/users/1", "/users/1", "/users/1/"])
def test_user_is_read_on_every_path(api: TestClient, path: str) -> None:
    response = api.get(path)
    assert response.status_code == 200
    assert response.json() == {"id": 1, "email": "cto@example.com", "username": "chief-tech"}


@pytest.mark.parametrize("path", ["/api/v1/users/99", "/users/99"])
def test_unknown_user_is_a_404(api: TestClient, path: str) -> None:
    assert_problem(api.get(path), 404, "user-not-found")


@pytest.mark.parametrize("user_id", ["0", "01", "9007199254740992"])
def test_invalid_id_is_a_422_that_names_the_parameter(api: TestClient, user_id: str) -> None:
    problem = assert_problem(api.get(f"/api/v1/users/{user_id}"), 422, "invalid-request")
    assert problem["errors"][0]["parameter"] == "user_id"


@pytest.mark.parametrize("user_id", ["abc", "-1", "1.5", "+1", "1_0", "\u0661"])
def test_path_that_is_not_an_id_is_a_404(api: TestClient, user_id: str) -> None:
    assert_problem(api.get(f"/api/v1/users/{user_id}"), 404, None)


def test_taken_email_in_any_case_is_a_409(api: TestClient) -> None:
    response = api.post("/api/v1/users", json={"email": "CTO@Example.COM", "username": "other"})
    assert_problem(response, 409, "email-taken")


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"email": "no-at-sign"}, "#/email"),
        ({"email": None}, "#/email"),
        ({"email": "Ada <ada@example.com>"}, "#/email"),
        ({"username": ""}, "#/username"),
        ({"username": "   "}, "#/username"),
        ({"username": "x" * 65}, "#/username"),
        ({"username": "line\nbreak"}, "#/username"),
        ({"username": "\ud800"}, "#/username"),
        ({"is_active": "off"}, "#/is_active"),
        ({"is_active": 1}, "#/is_active"),
        ({"username": "\u200b"}, "#/username"),
        ({"username": "admin\u202e"}, "#/username"),
        ({"email": f"a@{'b' * 60}.{'c' * 60}.{'d' * 60}.{'e' * 60}.{'f' * 20}.com"}, "#/email"),
        ({"is_admin": True}, "#/is_admin"),
        ({"a/b~c": 1}, "#/a~1b~0c"),
    ],
)
def test_invalid_field_is_a_422_with_a_pointer(api: TestClient, change: dict[str, object], pointer: str) -> None:
    body = json.dumps(NEW | change)
    response = api.post("/api/v1/users", content=body, headers={"content-type": "application/json"})
    problem = assert_problem(response, 422, "invalid-request")
    assert [error["pointer"] for error in problem["errors"]] == [pointer]


def test_all_invalid_fields_are_listed_together(api: TestClient) -> None:
    problem = assert_problem(api.post("/api/v1/users", json={"email": "x"}), 422, "invalid-request")
    assert {error["pointer"] for error in problem["errors"]} == {"#/email", "#/username"}


@pytest.mark.parametrize("password", ["x" * 1025, 12 * "\ud800", ["x"] * 12, 123456789012, {"a": 1}])
def test_invalid_password_is_rejected_and_not_echoed(api: TestClient, password: object) -> None:
    body = json.dumps(NEW | {"password": password})
    response = api.post("/api/v1/users", content=body, headers={"content-type": "application/json"})
    problem = assert_problem(response, 422, "invalid-request")
    [error] = problem["errors"]
    assert error["pointer"] == "#/password"
    assert "xx" not in response.text
    assert "11" not in error["detail"]


@pytest.mark.parametrize(
    ("password", "normalised"),
    [
        (" twelve chars", " twelve chars"),
        ("🔑 📚 🦉 " * 42, "🔑 📚 🦉 " * 42),
        ("e\u0301tude no\u00a05 en mi", "\u00e9tude no 5 en mi"),
    ],
)
def test_normalised_password_is_hashed_and_not_in_the_response(
    api: TestClient, users: FakeUserRepository, password: str, normalised: str
) -> None:
    created = api.post("/api/v1/users", json=NEW | {"password": password})
    assert created.status_code == 201
    assert set(created.json()) == {"id", "email", "username"}
    assert users.hashes[created.json()["id"]] == f"fast:{normalised}"


@pytest.mark.parametrize(
    "password",
    [
        "",
        "elevenchars",
        "x" * 12,
        "tab\tand\nnewline",
        f"!!{PRODUCT.title.swapcase()}!!2026",
        f"{PRODUCT.title} {PRODUCT.title} 2024",
        f"{PRODUCT.name * 2}1",
        NEW["email"],
        "123qweasdzxc",
        "Password1234",
    ],
)
def test_password_that_breaks_a_rule_is_rejected_and_not_echoed(
    api: TestClient, users: FakeUserRepository, password: str
) -> None:
    before = dict(users.users)
    response = api.post("/api/v1/users", json=NEW | {"password": password})
    problem = assert_problem(response, 422, "password-rejected")
    assert problem["errors"] == [{"detail": problem["detail"], "pointer": "#/password"}]
    assert not password or password not in response.text
    assert users.users == before


@pytest.mark.parametrize("body", [NEW, NEW | {"password": None}], ids=["left out", "null"])
def test_password_is_optional(api: TestClient, users: FakeUserRepository, body: dict[str, object]) -> None:
    created = api.post("/api/v1/users", json=body)
    assert created.status_code == 201
    assert created.json()["id"] not in users.hashes


def test_registration_with_scopes_is_rejected(api: TestClient) -> None:
    problem = assert_problem(api.post("/api/v1/users", json=NEW | {"scopes": ["users:admin"]}), 422, "invalid-request")
    assert [error["pointer"] for error in problem["errors"]] == ["#/scopes"]


def test_response_has_public_fields_only(api: TestClient) -> None:
    response = api.post("/api/v1/users", json=NEW | {"is_active": True, "password": PASSWORD})
    assert set(response.json()) == {"id", "email", "username"}


def test_etag_is_the_version(api: TestClient, users: FakeUserRepository) -> None:
    users.add(user(9, "nine@example.com", version=7))
    assert api.post("/api/v1/users", json=NEW).headers["etag"] == '"1"'
    assert api.get("/api/v1/users/9").headers["etag"] == '"7"'


def test_deactivated_user_is_readable(api: TestClient) -> None:
    assert api.get("/api/v1/users/4").json()["username"] == "inactive"


def test_public_read_ignores_tokens(api: TestClient) -> None:
    for authorization in ("Bearer nonsense", "Basic dTpw", f"Bearer {token(4)}"):
        assert api.get("/api/v1/users/2", headers={"authorization": authorization}).status_code == 200


class TestWithoutPublicRead:
    @pytest.fixture
    def public_user_read(self) -> bool:
        return False

    @pytest.mark.parametrize("path", ["/api/v1/users/2", "/users/2", "/users/2/"])
    def test_user_is_read_by_the_user_and_administrators(
        self, api: TestClient, own: dict[str, str], admin: dict[str, str], path: str
    ) -> None:
        for headers in (own, admin):
            response = api.get(path, headers=headers)
            assert response.json() == {"id": 2, "email": "self@example.com", "username": "self"}

    @pytest.mark.parametrize("path", ["/api/v1/users/2", "/users/2", "/users/2/", "/users/99"])
    def test_other_callers_are_rejected(self, api: TestClient, path: str) -> None:
        rejected = api.get(path)
        assert_problem(rejected, 401, "unauthenticated")
        assert rejected.headers["www-authenticate"] == f'Bearer realm="{PRODUCT.name}"'
        assert_problem(api.get(path, headers=bearer(3)), 403, "forbidden")
        assert_problem(api.get(path, headers=bearer(3, "users:admin")), 403, "forbidden")
        assert_problem(api.get(path, headers=bearer(4)), 401, "account-inactive")
        assert_problem(api.get(path, headers={"authorization": "Bearer x"}), 401, "invalid-token")

    def test_administrator_gets_404_for_unknown_user(self, api: TestClient, admin: dict[str, str]) -> None:
        assert_problem(api.get("/api/v1/users/99", headers=admin), 404, "user-not-found")
