from functools import partial

import httpx2
import pytest
from starlette.testclient import TestClient

from common.product import PRODUCT
from tests.support.problem import assert_problem
from tests.support.racing import race
from tests.support.tokens import bearer
from tests.users.examples import user
from tests.users.fake_repository import FakeUserRepository
from users.domain import User, UserNotFound

PASSWORD = {"password": "a new one that is long"}
# All operations that require an account, on user 3.
OPERATIONS = [
    ("GET", "/api/v1/users", None),
    ("GET", "/api/v1/users/me", None),
    ("PATCH", "/api/v1/users/3", {"username": "changed"}),
    ("DELETE", "/api/v1/users/3", None),
    ("PUT", "/api/v1/users/3/password", PASSWORD),
    ("POST", "/api/v1/users/3/erasure", None),
]
OF_OTHERS = [operation for operation in OPERATIONS if operation[1] != "/api/v1/users/me"]


def state(users: FakeUserRepository) -> tuple[dict[int, User], dict[int, str]]:
    return dict(users.users), dict(users.hashes)


@pytest.mark.parametrize(("method", "path", "body"), OPERATIONS)
def test_missing_token_is_rejected(
    api: TestClient, users: FakeUserRepository, method: str, path: str, body: object
) -> None:
    before = state(users)
    response = api.request(method, path, json=body)
    assert_problem(response, 401, "unauthenticated")
    assert response.headers["www-authenticate"] == f'Bearer realm="{PRODUCT.name}"'
    assert state(users) == before


@pytest.mark.parametrize(("method", "path", "body"), OPERATIONS)
@pytest.mark.parametrize(
    "subject", [4, 99, "three", 2**53], ids=["deactivated", "never there", "not a number", "too large"]
)
def test_token_of_inactive_user_is_rejected(
    api: TestClient, users: FakeUserRepository, method: str, path: str, body: object, subject: object
) -> None:
    before = state(users)
    response = api.request(method, path, json=body, headers=bearer(subject, "users:admin"))
    assert_problem(response, 401, "account-inactive")
    assert response.headers["www-authenticate"] == f'Bearer realm="{PRODUCT.name}", error="invalid_token"'
    assert state(users) == before


@pytest.mark.parametrize(("method", "path", "body"), OPERATIONS)
def test_token_of_erased_user_is_rejected(
    api: TestClient, admin: dict[str, str], own: dict[str, str], method: str, path: str, body: object
) -> None:
    assert api.post("/api/v1/users/2/erasure", headers=admin).status_code == 204
    assert_problem(api.request(method, path, json=body, headers=own), 401, "account-inactive")


@pytest.mark.parametrize(("method", "path", "body"), OF_OTHERS)
@pytest.mark.parametrize(
    "claims",
    [("2",), ("2", "users:admin"), ("1",), ("1", "elsewhere:admin")],
    ids=["user", "scope that was taken away", "token without the scope", "token with another scope"],
)
def test_caller_without_the_scope_cannot_act_on_other_users(
    api: TestClient, users: FakeUserRepository, method: str, path: str, body: object, claims: tuple[str, ...]
) -> None:
    before = state(users)
    response = api.request(method, path, json=body, headers=bearer(*claims))
    assert_problem(response, 403, "forbidden")
    assert response.headers["www-authenticate"] == (
        f'Bearer realm="{PRODUCT.name}", error="insufficient_scope", scope="users:admin"'
    )
    assert state(users) == before


@pytest.mark.parametrize(("method", "path", "body"), OF_OTHERS)
def test_administrator_can_act_on_other_users(
    api: TestClient, admin: dict[str, str], method: str, path: str, body: object
) -> None:
    assert api.request(method, path, json=body, headers=admin).is_success


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "/api/v1/users/99", {"username": "changed"}),
        ("DELETE", "/api/v1/users/99", None),
        ("PUT", "/api/v1/users/99/password", PASSWORD),
        ("POST", "/api/v1/users/99/erasure", None),
    ],
)
def test_administrator_gets_404_for_unknown_user(
    api: TestClient, admin: dict[str, str], method: str, path: str, body: object
) -> None:
    assert_problem(api.request(method, path, json=body, headers=admin), 404, "user-not-found")


def test_own_account_shows_status_and_scopes(api: TestClient, admin: dict[str, str]) -> None:
    response = api.get("/api/v1/users/me", headers=admin)
    assert response.json() == {
        "id": 1,
        "email": "cto@example.com",
        "username": "chief-tech",
        "is_active": True,
        "scopes": ["users:admin"],
    }
    assert response.headers["etag"] == '"1"'


@pytest.mark.parametrize(
    "change",
    [{"username": "countess"}, {"email": "new@example.com"}, {"username": "countess", "email": "new@example.com"}],
)
def test_only_given_fields_are_changed(api: TestClient, own: dict[str, str], change: dict[str, str]) -> None:
    response = api.patch("/api/v1/users/2", json=change, headers=own)
    assert response.status_code == 200
    assert response.json() == {"id": 2, "email": "self@example.com", "username": "self"} | change
    assert response.headers["etag"] == '"2"'
    assert api.get("/api/v1/users/2").json() == response.json()


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "#"),
        ([], "#"),
        ({"username": None}, "#/username"),
        ({"email": None}, "#/email"),
        ({"username": "x", "email": None}, "#/email"),
        ({"username": " "}, "#/username"),
        ({"username": "bell\x07"}, "#/username"),
        ({"email": "Ada <ada@example.com>"}, "#/email"),
        ({"is_active": "false"}, "#/is_active"),
        ({"is_active": None}, "#/is_active"),
        ({"username": "x", "scopes": ["users:admin"]}, "#/scopes"),
        ({"password": "a new one that is long"}, "#/password"),
    ],
)
def test_invalid_change_is_a_422_with_a_pointer(
    api: TestClient, users: FakeUserRepository, own: dict[str, str], body: object, pointer: str
) -> None:
    before = state(users)
    problem = assert_problem(api.patch("/api/v1/users/2", json=body, headers=own), 422, "invalid-request")
    assert [error["pointer"] for error in problem["errors"]] == [pointer]
    assert state(users) == before


def test_taken_email_in_any_case_is_a_409(api: TestClient, own: dict[str, str]) -> None:
    response = api.patch("/api/v1/users/2", json={"email": "CTO@example.com"}, headers=own)
    assert_problem(response, 409, "email-taken")
    assert "cto" not in response.text.lower()


def test_one_of_concurrent_changes_to_one_email_succeeds(api: TestClient) -> None:
    change = {"email": "one@example.com"}
    responses = race(
        *(partial(api.patch, f"/api/v1/users/{number}", json=change, headers=bearer(number)) for number in (1, 2, 3, 5))
    )
    statuses = [response.status_code for response in responses if isinstance(response, httpx2.Response)]
    assert sorted(statuses) == [200, 409, 409, 409]


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
@pytest.mark.parametrize(
    ("if_match", "status", "code"),
    [
        ('"1"', 200, None),
        ('"7", "1"', 200, None),
        ("*", 200, None),
        ('"2"', 412, "version-mismatch"),
        ('W/"1"', 412, "version-mismatch"),
        ("1", 400, "invalid-precondition"),
    ],
)
def test_if_match_is_compared_with_the_stored_version(
    api: TestClient, own: dict[str, str], method: str, if_match: str, status: int, code: str | None
) -> None:
    body = {"username": "changed"} if method == "PATCH" else None
    response = api.request(method, "/api/v1/users/2", json=body, headers=own | {"if-match": if_match})
    if code is None:
        assert response.is_success
    else:
        assert_problem(response, status, code)


def test_deactivated_user_is_rejected_at_once_and_cannot_log_in(
    api: TestClient, users: FakeUserRepository, own: dict[str, str]
) -> None:
    form = {"grant_type": "password", "username": "self@example.com", "password": "the user's own one"}
    assert api.post("/api/v1/users/token", data=form).status_code == 200
    assert api.get("/api/v1/users/me", headers=own).status_code == 200
    gone = api.delete("/api/v1/users/2", headers=own)
    assert (gone.status_code, gone.content) == (204, b"")
    assert_problem(api.get("/api/v1/users/me", headers=own), 401, "account-inactive")
    assert_problem(api.delete("/api/v1/users/2", headers=own), 401, "account-inactive")
    assert_problem(api.post("/api/v1/users/token", data=form), 400, "invalid-credentials")
    assert users.get(2) == user(2, "self@example.com", username="self", is_active=False, version=2)


def test_deactivating_again_succeeds_without_a_change(
    api: TestClient, users: FakeUserRepository, admin: dict[str, str]
) -> None:
    for _ in range(2):
        assert api.delete("/api/v1/users/4", headers=admin).status_code == 204
    assert users.get(4).version == 1


def test_email_of_deactivated_user_stays_taken(api: TestClient) -> None:
    body = {"email": "inactive@example.com", "username": "new"}
    assert_problem(api.post("/api/v1/users", json=body), 409, "email-taken")


def test_erased_user_is_not_found_and_the_email_is_free(
    api: TestClient, users: FakeUserRepository, admin: dict[str, str]
) -> None:
    for _ in range(2):
        erased = api.post("/api/v1/users/3/erasure", headers=admin)
        assert (erased.status_code, erased.content) == (204, b"")
    assert_problem(api.get("/api/v1/users/3"), 404, "user-not-found")
    assert_problem(api.patch("/api/v1/users/3", json={"username": "x"}, headers=admin), 404, "user-not-found")
    assert_problem(api.delete("/api/v1/users/3", headers=admin), 404, "user-not-found")
    assert_problem(api.put("/api/v1/users/3/password", json=PASSWORD, headers=admin), 404, "user-not-found")
    listed = api.get("/api/v1/users", headers=admin).json()["items"]
    assert [item["id"] for item in listed] == [5, 4, 2, 1]
    again = api.post("/api/v1/users", json={"email": "other@example.com", "username": "back"})
    assert again.status_code == 201
    with pytest.raises(UserNotFound):
        users.get(3)


def test_user_without_the_scope_cannot_erase_itself(api: TestClient, own: dict[str, str]) -> None:
    assert_problem(api.post("/api/v1/users/2/erasure", headers=own), 403, "forbidden")


def test_users_are_listed_newest_first_on_linked_pages(api: TestClient, admin: dict[str, str]) -> None:
    seen, address = [], "/api/v1/users?limit=2"
    links = []
    while address:
        response = api.get(address, headers=admin)
        page = response.json()
        seen += [item["id"] for item in page["items"]]
        links.append((response.headers.get("link"), page["next"]))
        address = page["next"]
    assert seen == [5, 4, 3, 2, 1]
    assert [link for link, _ in links] == [
        f'<{following}>; rel="next"' if following else None for _, following in links
    ]
    assert len(links) == 3


def test_listed_user_shows_status_and_scopes(api: TestClient, admin: dict[str, str]) -> None:
    [newest] = api.get("/api/v1/users?limit=1", headers=admin).json()["items"]
    assert newest == {"id": 5, "email": "fresh@example.com", "username": "fresh", "is_active": True, "scopes": []}


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("limit=0", 422, "invalid-request"),
        ("limit=101", 422, "invalid-request"),
        ("limit=many", 422, "invalid-request"),
        ("cursor=nonsense", 400, "invalid-cursor"),
        ("cursor=", 422, "invalid-request"),
    ],
)
def test_invalid_limit_or_cursor_is_rejected(
    api: TestClient, admin: dict[str, str], query: str, status: int, code: str
) -> None:
    assert_problem(api.get(f"/api/v1/users?{query}", headers=admin), status, code)
