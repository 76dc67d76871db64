"""The OpenAPI document of the books service."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.books.examples import BOOK
from tests.support.tokens import bearer

BOOKS = "/api/v1/books"


@pytest.fixture
def document(api: TestClient) -> dict[str, Any]:
    found: dict[str, Any] = api.get("/api/v1/books/openapi.json").json()
    return found


def test_examples_of_requests_are_accepted_and_of_responses_complete(api: TestClient, document: dict[str, Any]) -> None:
    components = document["components"]["schemas"]
    for example in components["BookCreate"]["examples"]:
        assert api.post(BOOKS, json=example, headers=bearer(1)).status_code == 201
    for example in components["BookChange"]["examples"]:
        assert api.patch(f"{BOOKS}/{BOOK.id}", json=example, headers=bearer(BOOK.created_by)).status_code == 200
    for name in ("BookOut", "LoanOut"):
        for example in components[name]["examples"]:
            assert set(example) == set(components[name]["properties"])


def test_change_needs_a_field_and_has_no_defaults_and_the_nullable_fields_of_a_book(
    document: dict[str, Any],
) -> None:
    change, book = (document["components"]["schemas"][name] for name in ("BookChange", "BookOut"))
    assert change["minProperties"] == 1
    assert change["additionalProperties"] is False
    assert "required" not in change
    for name, field in change["properties"].items():
        assert "default" not in field
        assert nullable(field) is nullable(book["properties"][name])
    assert nullable(change["properties"]["published_year"])


def nullable(field: dict[str, Any]) -> bool:
    return {"type": "null"} in field.get("anyOf", [])


def test_limits_of_values_are_published(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    assert (schemas["Year"]["minimum"], schemas["Year"]["maximum"]) == (1, 9999)
    assert {name: schemas[name]["maxLength"] for name in ("Title", "Author", "Tag", "Isbn")} == {
        "Title": 256,
        "Author": 256,
        "Tag": 32,
        "Isbn": 64,
    }
    assert "ß" in schemas["Tag"]["description"]


def test_filters_that_exclude_each_other_say_so(document: dict[str, Any]) -> None:
    described = {parameter["name"]: parameter for parameter in document["paths"][BOOKS]["get"]["parameters"]}
    assert "Cannot be combined with `tag`." in described["author"]["description"]
    assert "Cannot be combined with `author`." in described["tag"]["description"]
    assert (described["limit"]["schema"]["minimum"], described["limit"]["schema"]["maximum"]) == (1, 100)
