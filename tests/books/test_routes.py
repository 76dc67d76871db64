"""Single books over HTTP: permissions and problems; `test_list_routes.py` covers lists."""

import json
from dataclasses import replace
from typing import Any

import pytest
from starlette.testclient import TestClient

from books.loans import Loan
from common.product import PRODUCT
from tests.books.examples import BOOK, book
from tests.books.repositories import Repositories
from tests.support.problem import assert_problem
from tests.support.tokens import bearer

NEW = {"title": "The Mythical Man-Month", "author": "Frederick P. Brooks Jr.", "isbn": "0-201-83595-9"}
BOOK_PATH = f"/api/v1/books/{BOOK.id}"
UNKNOWN_PATH = "/api/v1/books/019b76da-a800-7000-8000-00000000ffff"
CREATOR = bearer(7)
OTHER = bearer(8)
ADMINISTRATOR = bearer(9, "elsewhere:admin", "books:admin")
BODY = {
    "id": BOOK.id,
    "title": BOOK.title,
    "author": BOOK.author,
    "isbn": BOOK.isbn,
    "published_year": BOOK.published_year,
    "tags": list(BOOK.tags),
}


def test_created_book_is_read_back(api: TestClient, fakes: Repositories) -> None:
    created = api.post("/api/v1/books", json=NEW | {"published_year": 1995, "tags": ["Engineering"]}, headers=OTHER)
    assert created.status_code == 201
    body = created.json()
    assert body == {
        **NEW,
        "id": body["id"],
        "isbn": "9780201835953",
        "published_year": 1995,
        "tags": ["engineering"],
    }
    assert created.headers["location"] == f"/api/v1/books/{body['id']}"
    read = api.get(created.headers["location"])
    assert read.json() == body
    assert read.headers["etag"] == created.headers["etag"] == '"1"'
    assert fakes.books.get(body["id"]).created_by == "8"


def test_year_and_tags_are_optional(api: TestClient) -> None:
    body = api.post("/api/v1/books", json=NEW, headers=OTHER).json()
    assert (body["published_year"], body["tags"]) == (None, [])


def test_book_is_read_without_a_token(api: TestClient) -> None:
    assert api.get(BOOK_PATH).json() == BODY


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/api/v1/books", NEW),
        ("PATCH", BOOK_PATH, {"title": "GEB"}),
        ("DELETE", BOOK_PATH, None),
        ("PATCH", BOOK_PATH, {}),
    ],
)
def test_write_without_a_valid_token_is_rejected(api: TestClient, method: str, path: str, body: object) -> None:
    anonymous = api.request(method, path, json=body)
    assert_problem(anonymous, 401, "unauthenticated")
    assert anonymous.headers["www-authenticate"] == f'Bearer realm="{PRODUCT.name}"'
    expired = api.request(method, path, json=body, headers=bearer(7, exp=1))
    assert_problem(expired, 401, "invalid-token")
    assert 'error="invalid_token"' in expired.headers["www-authenticate"]
    assert api.get(BOOK_PATH).json() == BODY


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_unknown_book_is_a_404(api: TestClient, method: str) -> None:
    body = {"title": "x"} if method == "PATCH" else None
    assert_problem(api.request(method, UNKNOWN_PATH, json=body, headers=CREATOR), 404, "book-not-found")


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_path_that_is_not_an_id_is_a_404(api: TestClient, method: str) -> None:
    body = {"title": "x"} if method == "PATCH" else None
    assert_problem(api.request(method, "/api/v1/books/abc", json=body, headers=CREATOR), 404, None)


def test_taken_isbn_in_either_form_is_a_409(api: TestClient) -> None:
    response = api.post("/api/v1/books", json=NEW | {"isbn": "0-465-02656-7"}, headers=OTHER)
    assert_problem(response, 409, "isbn-taken")


@pytest.mark.parametrize("headers", [CREATOR, ADMINISTRATOR], ids=["creator", "administrator"])
def test_creator_and_administrators_change_a_book(api: TestClient, headers: dict[str, str]) -> None:
    changed = api.patch(BOOK_PATH, json={"isbn": "0-201-83595-9", "tags": ["Minds", "minds"]}, headers=headers)
    assert changed.status_code == 200
    assert changed.json() == BODY | {"isbn": "9780201835953", "tags": ["minds"]}
    assert changed.headers["etag"] == '"2"'
    assert api.get(BOOK_PATH).json() == changed.json()


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"title": " GEB "}, {"title": "GEB"}),
        ({"author": "D. H."}, {"author": "D. H."}),
        ({"published_year": None}, {"published_year": None}),
        ({"published_year": 1999}, {"published_year": 1999}),
        ({"published_year": 647.0}, {"published_year": 647}),
        ({"tags": []}, {"tags": []}),
    ],
)
def test_only_given_fields_are_changed(api: TestClient, change: dict[str, object], expected: dict[str, object]) -> None:
    assert api.patch(BOOK_PATH, json=change, headers=CREATOR).json() == BODY | expected


def test_book_that_was_read_may_be_sent_back(api: TestClient) -> None:
    sent = {"title": " Stra\u00dfe\n", "author": "Zoe\u0308", "isbn": "ISBN 0-306-40615-2", "tags": ["\u00df" * 16]}
    read = api.patch(BOOK_PATH, json=sent, headers=CREATOR).json()
    assert (read["title"], read["author"], read["tags"]) == ("Straße", "Zoë", ["s" * 32])
    fields = {name: value for name, value in read.items() if name != "id"}
    again = api.patch(BOOK_PATH, json=fields, headers=CREATOR)
    assert (again.json(), again.headers["etag"]) == (read, '"2"')


def test_change_without_difference_keeps_the_version(api: TestClient) -> None:
    same = api.patch(BOOK_PATH, json={"title": BOOK.title, "tags": ["LOGIC", "music"]}, headers=CREATOR)
    assert (same.json(), same.headers["etag"]) == (BODY, '"1"')


def test_change_to_a_taken_isbn_is_a_409(api: TestClient, fakes: Repositories) -> None:
    fakes.books.add(replace(book(2), isbn="9780201835953"))
    response = api.patch(BOOK_PATH, json={"isbn": "0-201-83595-9"}, headers=CREATOR)
    assert_problem(response, 409, "isbn-taken")


@pytest.mark.parametrize("headers", [CREATOR, ADMINISTRATOR], ids=["creator", "administrator"])
def test_creator_and_administrators_remove_a_book(api: TestClient, headers: dict[str, str]) -> None:
    removed = api.delete(BOOK_PATH, headers=headers)
    assert (removed.status_code, removed.content) == (204, b"")
    assert_problem(api.get(BOOK_PATH), 404, "book-not-found")
    assert_problem(api.delete(BOOK_PATH, headers=headers), 404, "book-not-found")


@pytest.mark.parametrize("headers", [OTHER, bearer(8, "elsewhere:admin")], ids=["other", "other administrator"])
@pytest.mark.parametrize(("method", "body"), [("PATCH", {"title": "GEB"}), ("DELETE", None)])
def test_other_callers_cannot_change_or_remove_a_book(
    api: TestClient, headers: dict[str, str], method: str, body: object
) -> None:
    response = api.request(method, BOOK_PATH, json=body, headers=headers)
    assert_problem(response, 403, "not-your-book")
    assert 'error="insufficient_scope", scope="books:admin"' in response.headers["www-authenticate"]
    assert api.get(BOOK_PATH).json() == BODY


def test_lent_book_can_be_changed_but_not_removed(api: TestClient, fakes: Repositories) -> None:
    fakes.loans.lend(Loan(book_id=BOOK.id, borrower="1", lent_at=BOOK.created_at))
    assert_problem(api.delete(BOOK_PATH, headers=CREATOR), 409, "book-lent")
    assert api.patch(BOOK_PATH, json={"title": "GEB"}, headers=CREATOR).status_code == 200


@pytest.mark.parametrize(("method", "body"), [("PATCH", {"title": "GEB"}), ("DELETE", None)])
def test_if_match_is_compared_with_the_stored_version(api: TestClient, method: str, body: object) -> None:
    api.patch(BOOK_PATH, json={"published_year": 1999}, headers=CREATOR)
    stale = api.request(method, BOOK_PATH, json=body, headers=CREATOR | {"if-match": '"1"'})
    assert_problem(stale, 412, "version-mismatch")
    malformed = api.request(method, BOOK_PATH, json=body, headers=CREATOR | {"if-match": "2"})
    assert_problem(malformed, 400, "invalid-precondition")
    assert api.get(BOOK_PATH).json()["title"] == BOOK.title
    known = api.get(BOOK_PATH).headers["etag"]
    assert api.request(method, BOOK_PATH, json=body, headers=CREATOR | {"if-match": known}).is_success


def test_forbidden_caller_is_not_told_the_version(api: TestClient) -> None:
    response = api.patch(BOOK_PATH, json={"title": "GEB"}, headers=OTHER | {"if-match": '"5"'})
    assert_problem(response, 403, "not-your-book")


INVALID: list[tuple[dict[str, Any], str]] = [
    ({"title": " "}, "#/title"),
    ({"title": "x" * 257}, "#/title"),
    ({"title": "line\nbreak"}, "#/title"),
    ({"title": "\ud800"}, "#/title"),
    ({"author": 7}, "#/author"),
    ({"isbn": "123"}, "#/isbn"),
    ({"isbn": "9" * 65}, "#/isbn"),
    ({"published_year": 0}, "#/published_year"),
    ({"published_year": True}, "#/published_year"),
    ({"published_year": 10_000}, "#/published_year"),
    ({"published_year": 3000}, "#/published_year"),
    ({"published_year": "647"}, "#/published_year"),
    ({"published_year": 647.5}, "#/published_year"),
    ({"tags": "engineering"}, "#/tags"),
    ({"tags": [str(number) for number in range(11)]}, "#/tags"),
    ({"tags": ["fine", ""]}, "#/tags/1"),
    ({"tags": ["x" * 33]}, "#/tags/0"),
    ({"tags": ["\ud800"]}, "#/tags/0"),
    ({"tags": ["ß" * 17]}, "#/tags/0"),
    ({"title": "\u202e"}, "#/title"),
    ({"author": "\x85"}, "#/author"),
    ({"tags": ["\u200b"]}, "#/tags/0"),
    ({"title": None}, "#/title"),
    ({"author": None}, "#/author"),
    ({"isbn": None}, "#/isbn"),
    ({"tags": None}, "#/tags"),
    ({"shelf": 3}, "#/shelf"),
    ({"created_by": "8"}, "#/created_by"),
]


@pytest.mark.parametrize(("change", "pointer"), INVALID)
def test_invalid_field_of_a_new_book_is_a_422_with_a_pointer(
    api: TestClient, change: dict[str, Any], pointer: str
) -> None:
    response = api.post("/api/v1/books", content=json.dumps(NEW | change), headers=OTHER | JSON)
    problem = assert_problem(response, 422, "invalid-request")
    assert [error["pointer"] for error in problem["errors"]] == [pointer]


@pytest.mark.parametrize(("change", "pointer"), [*INVALID, ({}, "#")])
def test_invalid_field_of_a_change_is_a_422_with_a_pointer(
    api: TestClient, change: dict[str, Any], pointer: str
) -> None:
    response = api.patch(BOOK_PATH, content=json.dumps(change), headers=CREATOR | JSON)
    problem = assert_problem(response, 422, "invalid-request")
    assert [error["pointer"] for error in problem["errors"]] == [pointer]
    assert api.get(BOOK_PATH).json() == BODY


JSON = {"content-type": "application/json"}


def test_invalid_isbn_is_explained(api: TestClient) -> None:
    problem = assert_problem(
        api.post("/api/v1/books", json=NEW | {"isbn": "123"}, headers=OTHER), 422, "invalid-request"
    )
    assert problem["errors"][0]["detail"] == (
        "The ISBN is not valid: send 10 digits (the last may be X), or 13 that begin with 978 or 979."
    )


def test_change_without_fields_is_explained(api: TestClient) -> None:
    problem = assert_problem(api.patch(BOOK_PATH, json={}, headers=CREATOR), 422, "invalid-request")
    assert problem["errors"][0]["detail"] == "There is nothing to change: send at least one field."


@pytest.mark.parametrize("body", ["[]", "null", '"x"', ""])
def test_body_that_is_not_an_object_is_a_422(api: TestClient, body: str) -> None:
    assert_problem(api.patch(BOOK_PATH, content=body, headers=CREATOR | JSON), 422, "invalid-request")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", BOOK_PATH, "DELETE, GET, HEAD, OPTIONS, PATCH"),
        ("DELETE", "/api/v1/books", "GET, HEAD, OPTIONS, POST"),
        ("GET", f"{BOOK_PATH}/loan", "DELETE, OPTIONS, PUT"),
    ],
)
def test_405_lists_allowed_methods(api: TestClient, method: str, path: str, allowed: str) -> None:
    response = api.request(method, path, headers=CREATOR)
    assert_problem(response, 405, None)
    assert response.headers["allow"] == allowed
