from typing import Any, Final

import pytest

from common.http.problems import MEDIA_TYPE
from users.app import app

TOKEN: Final[list[dict[str, list[str]]]] = [{"OAuth2PasswordBearer": []}]
# Each operation: its good answer, how one is allowed in, and its refusals.
OPERATIONS: Final[dict[tuple[str, str], tuple[int, list[dict[str, list[str]]] | None, set[int]]]] = {
    ("get", "/api/v1/users/health"): (200, None, set()),
    ("post", "/api/v1/users"): (201, None, {400, 409, 415, 422, 503}),
    ("get", "/api/v1/users"): (200, TOKEN, {400, 401, 403, 422, 503}),
    ("get", "/api/v1/users/me"): (200, TOKEN, {401, 503}),
    ("get", "/api/v1/users/{user_id}"): (200, [*TOKEN, {}], {401, 403, 404, 422, 503}),
    ("patch", "/api/v1/users/{user_id}"): (200, TOKEN, {400, 401, 403, 404, 409, 412, 415, 422, 503}),
    ("delete", "/api/v1/users/{user_id}"): (204, TOKEN, {400, 401, 403, 404, 412, 422, 503}),
    ("put", "/api/v1/users/{user_id}/password"): (204, TOKEN, {400, 401, 403, 404, 415, 422, 429, 503}),
    ("post", "/api/v1/users/{user_id}/erasure"): (204, TOKEN, {401, 403, 404, 422, 503}),
    ("post", "/api/v1/users/token"): (200, None, {400, 401, 422, 429, 503}),
}


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return app.openapi()


def test_every_operation_is_described_and_no_other(document: dict[str, Any]) -> None:
    described = {(method, path) for path, item in document["paths"].items() for method in item}
    assert described == set(OPERATIONS)


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_an_operation_says_how_it_ends_and_who_may_ask(document: dict[str, Any], method: str, path: str) -> None:
    operation = document["paths"][path][method]
    good, security, refusals = OPERATIONS[method, path]
    assert {int(status) for status in operation["responses"]} == {good} | refusals
    assert operation.get("security") == security
    assert operation["summary"]
    assert operation["description"]
    for status in refusals:
        [(media_type, shown)] = operation["responses"][str(status)]["content"].items()
        assert media_type == MEDIA_TYPE
        assert {example["value"]["status"] for example in shown["examples"].values()} == {status}


@pytest.mark.parametrize(
    ("method", "path", "status", "kinds"),
    [
        ("post", "/api/v1/users", 409, {"email-taken"}),
        ("post", "/api/v1/users", 503, {"unavailable", "user-id-taken"}),
        ("get", "/api/v1/users/me", 401, {"unauthenticated", "invalid-token", "account-inactive"}),
        ("get", "/api/v1/users/me", 503, {"unavailable", "secret-unavailable"}),
        ("put", "/api/v1/users/{user_id}/password", 403, {"forbidden", "current-password-wrong"}),
        ("put", "/api/v1/users/{user_id}/password", 422, {"invalid-request", "current-password-required"}),
        ("post", "/api/v1/users/token", 401, {"invalid-credentials"}),
        ("post", "/api/v1/users/token", 503, {"unavailable", "secret-unavailable"}),
    ],
)
def test_a_refusal_has_an_example_of_each_of_its_kinds(
    document: dict[str, Any], method: str, path: str, status: int, kinds: set[str]
) -> None:
    answer = document["paths"][path][method]["responses"][str(status)]
    assert set(answer["content"][MEDIA_TYPE]["examples"]) == kinds


@pytest.mark.parametrize(("method", "path"), [key for key in OPERATIONS if "health" not in key[1]])
def test_what_goes_in_and_out_has_examples(document: dict[str, Any], method: str, path: str) -> None:
    operation = document["paths"][path][method]
    for parameter in operation.get("parameters", []):
        if parameter["in"] == "path":
            assert parameter["schema"]["examples"]
    schemas = [
        content["schema"]
        for body in (operation.get("requestBody"), operation["responses"].get(str(OPERATIONS[method, path][0])))
        for content in (body or {}).get("content", {}).values()
    ]
    assert schemas or OPERATIONS[method, path][0] == 204
    for schema in schemas:
        assert examples(document, schema), schema


def examples(document: dict[str, Any], schema: dict[str, Any]) -> list[Any]:
    """The examples of a schema; those of a page are what its items have."""
    found = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    items = found.get("properties", {}).get("items")
    return found.get("examples") or (examples(document, items["items"]) if items else [])


def test_passwords_are_described_as_such(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    kept = {"type": "string", "format": "password", "writeOnly": True}
    for name, shortest in (("NewPassword", 12), ("ShownPassword", 1)):
        described = {key: value for key, value in schemas[name].items() if key not in ("title", "description")}
        assert described == {**kept, "minLength": shortest, "maxLength": 256}
    assert not any("password" in name for name in schemas["UserOut"]["properties"])


def test_what_can_be_changed_can_be_left_out_but_is_never_null(document: dict[str, Any]) -> None:
    change = document["components"]["schemas"]["UserChange"]
    schemas = "#/components/schemas"
    assert change["properties"] == {"email": {"$ref": f"{schemas}/Email"}, "username": {"$ref": f"{schemas}/Username"}}
    assert "required" not in change


def test_swagger_ui_asks_for_tokens_where_they_are_given_out(document: dict[str, Any]) -> None:
    [scheme] = document["components"]["securitySchemes"].values()
    address = scheme["flows"]["password"]["tokenUrl"]
    [form] = document["paths"][address]["post"]["requestBody"]["content"]
    assert form == "application/x-www-form-urlencoded"
