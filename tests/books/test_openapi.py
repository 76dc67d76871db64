"""The OpenAPI document of the books service: what clients and Swagger UI are told."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.books.shelves import BOOK as KEPT
from tests.support.tokens import bearer

BOOKS, BOOK, LOANS, LOAN = (f"/api/v1/books{rest}" for rest in ("", "/{book_id}", "/loans", "/{book_id}/loan"))
PROBLEM = "application/problem+json"
# Of each operation: whether it needs a token, and the statuses that it declares.
OPERATIONS = {
    ("get", BOOKS): (False, {"200", "400", "422", "503"}),
    ("post", BOOKS): (True, {"201", "400", "401", "409", "415", "422", "503"}),
    ("get", BOOK): (False, {"200", "404", "422", "503"}),
    ("patch", BOOK): (True, {"200", "400", "401", "403", "404", "409", "412", "415", "422", "503"}),
    ("delete", BOOK): (True, {"204", "400", "401", "403", "404", "409", "412", "422", "503"}),
    ("get", LOANS): (True, {"200", "400", "401", "422", "503"}),
    ("put", LOAN): (True, {"200", "201", "401", "404", "409", "422", "503"}),
    ("delete", LOAN): (True, {"204", "401", "403", "404", "422", "503"}),
    ("get", "/api/v1/books/health"): (False, {"200"}),
}


@pytest.fixture
def document(api: TestClient) -> dict[str, Any]:
    found: dict[str, Any] = api.get("/api/v1/books/openapi.json").json()
    return found


def operations(document: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {(method, path): found for path, methods in document["paths"].items() for method, found in methods.items()}


def test_every_operation_is_described_with_all_of_its_answers(document: dict[str, Any]) -> None:
    described = {
        where: ("security" in operation, set(operation["responses"]))
        for where, operation in operations(document).items()
    }
    assert described == OPERATIONS


def test_every_operation_says_in_a_sentence_what_it_does(document: dict[str, Any]) -> None:
    for where, operation in operations(document).items():
        assert operation["description"].endswith("."), where
        assert operation["tags"], where


def test_every_refusal_is_a_problem(document: dict[str, Any]) -> None:
    for where, operation in operations(document).items():
        for status, answer in operation["responses"].items():
            if status >= "400":
                assert list(answer["content"]) == [PROBLEM], (where, status)
                shown = answer["content"][PROBLEM]["examples"].values()
                assert {example["value"]["status"] for example in shown} == {int(status)}, (where, status)


@pytest.mark.parametrize(
    ("where", "status", "kinds"),
    [
        (("post", BOOKS), "409", {"isbn-taken"}),
        (("post", BOOKS), "503", {"unavailable", "book-id-taken", "secret-unavailable"}),
        (("get", BOOKS), "400", {"invalid-cursor"}),
        (("get", BOOKS), "503", {"unavailable"}),
        (("patch", BOOK), "400", {"bad-request", "invalid-if-match"}),
        (("delete", BOOK), "403", {"not-your-book"}),
        (("delete", BOOK), "409", {"book-lent"}),
        (("put", LOAN), "401", {"unauthenticated", "invalid-token"}),
        (("put", LOAN), "409", {"book-already-lent"}),
        (("delete", LOAN), "404", {"book-not-found", "loan-not-found"}),
    ],
)
def test_a_refusal_has_an_example_of_each_of_its_kinds(
    document: dict[str, Any], where: tuple[str, str], status: str, kinds: set[str]
) -> None:
    answer = operations(document)[where]["responses"][status]
    assert set(answer["content"][PROBLEM]["examples"]) == kinds


def schemas(document: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Every body that is sent or received, by its operation."""
    found = []
    for where, operation in operations(document).items():
        bodies = [operation.get("requestBody", {})]
        bodies += [answer for status, answer in operation["responses"].items() if status < "400"]
        for body in bodies:
            found += [(str(where), content["schema"]) for content in body.get("content", {}).values()]
    return found


def resolved(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    reference = schema.get("$ref", "").rpartition("/")[2]
    named: dict[str, Any] = document["components"]["schemas"][reference] if reference else schema
    return named


def test_every_body_has_an_example_and_a_page_has_one_of_its_items(document: dict[str, Any]) -> None:
    found = [(where, schema) for where, schema in schemas(document) if "health" not in where]
    assert len(found) == 9
    for where, schema in found:
        body = resolved(document, schema)
        if "items" in body["properties"]:
            assert body["properties"]["next"]
            body = resolved(document, body["properties"]["items"]["items"])
        assert body["examples"], where


def test_the_examples_of_requests_are_accepted_and_those_of_answers_complete(
    api: TestClient, document: dict[str, Any]
) -> None:
    components = document["components"]["schemas"]
    for example in components["BookCreate"]["examples"]:
        assert api.post(BOOKS, json=example, headers=bearer(1)).status_code == 201
    for example in components["BookChange"]["examples"]:
        assert api.patch(f"{BOOKS}/{KEPT.id}", json=example, headers=bearer(KEPT.created_by)).status_code == 200
    for name in ("BookOut", "LoanOut"):
        for example in components[name]["examples"]:
            assert set(example) == set(components[name]["properties"])


def test_a_change_has_at_least_one_field_no_defaults_and_null_only_where_a_book_may_have_none(
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
