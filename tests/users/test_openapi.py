"""The OpenAPI document of the users service."""

from typing import Any

import pytest

from users.app import app


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return app.openapi()


def test_passwords_are_write_only(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    common = {"type": "string", "format": "password", "writeOnly": True}
    for name, shortest, longest in (("NewPassword", 12, 256), ("ShownPassword", 1, 1024)):
        described = {key: value for key, value in schemas[name].items() if key not in ("title", "description")}
        assert described == {**common, "minLength": shortest, "maxLength": longest}
    assert not any("password" in name for name in schemas["UserOut"]["properties"])


def test_fields_of_a_change_are_optional_but_not_nullable(document: dict[str, Any]) -> None:
    change = document["components"]["schemas"]["UserChange"]
    schemas = "#/components/schemas"
    is_active = change["properties"].pop("is_active")
    assert (is_active["type"], "default" in is_active) == ("boolean", False)
    assert change["properties"] == {"email": {"$ref": f"{schemas}/Email"}, "username": {"$ref": f"{schemas}/Username"}}
    assert "required" not in change


def test_token_url_is_the_operation_that_issues_tokens(document: dict[str, Any]) -> None:
    [scheme] = document["components"]["securitySchemes"].values()
    address = scheme["flows"]["password"]["tokenUrl"]
    [form] = document["paths"][address]["post"]["requestBody"]["content"]
    assert form == "application/x-www-form-urlencoded"


def test_rejected_token_requests_are_declared_with_their_error(document: dict[str, Any]) -> None:
    responses = document["paths"]["/api/v1/users/token"]["post"]["responses"]
    examples = responses["400"]["content"]["application/problem+json"]["examples"]
    assert {name: example["value"]["error"] for name, example in examples.items()} == {
        "invalid-credentials": "invalid_grant",
        "invalid-token-request": "invalid_request",
        "unsupported-grant-type": "unsupported_grant_type",
        "invalid-scope": "invalid_scope",
    }
