"""Single books over HTTP: who may do what, and what each refusal says; `test_list_routes.py` has the lists."""

import json
from dataclasses import replace
from typing import Any

import pytest
from starlette.testclient import TestClient

from books.loans import Loan
from common.product import PRODUCT
from tests.books.shelves import BOOK, Shelves, book
from tests.support.problem import assert_problem
from tests.support.tokens import bearer

NEW = {"title": "The Mythical Man-Month", "author": "Frederick P. Brooks Jr.", "isbn": "0-201-83595-9"}
HERE = f"/api/v1/books/{BOOK.id}"
NOWHERE = "/api/v1/books/019b76da-a800-7000-8000-00000000ffff"
CREATOR = bearer(7)
OTHER = bearer(8)
ADMINISTRATOR = bearer(9, "films:admin", "books:admin")
SHOWN = {
    "id": BOOK.id,
    "title": BOOK.title,
    "author": BOOK.author,
    "isbn": BOOK.isbn,
    "published_year": BOOK.published_year,
    "tags": list(BOOK.tags),
}


def test_a_book_is_created_and_read_back(api: TestClient, shelf: Shelves) -> None:
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
    assert shelf.books.get(body["id"]).created_by == "8"


def test_year_and_tags_may_be_left_out(api: TestClient) -> None:
    body = api.post("/api/v1/books", json=NEW, headers=OTHER).json()
    assert (body["published_year"], body["tags"]) == (None, [])


def test_reading_a_book_needs_no_token(api: TestClient) -> None:
    assert api.get(HERE).json() == SHOWN


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [("POST", "/api/v1/books", NEW), ("PATCH", HERE, {"title": "GEB"}), ("DELETE", HERE, None), ("PATCH", HERE, {})],
)
def test_writing_needs_a_token_that_is_valid(api: TestClient, method: str, path: str, body: object) -> None:
    anonymous = api.request(method, path, json=body)
    assert_problem(anonymous, 401, "unauthenticated")
    assert anonymous.headers["www-authenticate"] == f'Bearer realm="{PRODUCT.name}"'
    expired = api.request(method, path, json=body, headers=bearer(7, exp=1))
    assert_problem(expired, 401, "invalid-token")
    assert 'error="invalid_token"' in expired.headers["www-authenticate"]
    assert api.get(HERE).json() == SHOWN


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_an_unknown_book_is_a_problem(api: TestClient, method: str) -> None:
    body = {"title": "x"} if method == "PATCH" else None
    assert_problem(api.request(method, NOWHERE, json=body, headers=CREATOR), 404, "book-not-found")


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_an_impossible_id_is_refused_by_name(api: TestClient, method: str) -> None:
    body = {"title": "x"} if method == "PATCH" else None
    answer = api.request(method, "/api/v1/books/abc", json=body, headers=CREATOR)
    assert assert_problem(answer, 422, "invalid-request")["errors"][0]["parameter"] == "book_id"


def test_an_isbn_is_a_conflict_in_either_form(api: TestClient) -> None:
    answer = api.post("/api/v1/books", json=NEW | {"isbn": "0-465-02656-7"}, headers=OTHER)
    assert_problem(answer, 409, "isbn-taken")


@pytest.mark.parametrize("headers", [CREATOR, ADMINISTRATOR], ids=["creator", "administrator"])
def test_its_creator_and_administrators_change_a_book(api: TestClient, headers: dict[str, str]) -> None:
    changed = api.patch(HERE, json={"isbn": "0-201-83595-9", "tags": ["Minds", "minds"]}, headers=headers)
    assert changed.status_code == 200
    assert changed.json() == SHOWN | {"isbn": "9780201835953", "tags": ["minds"]}
    assert changed.headers["etag"] == '"2"'
    assert api.get(HERE).json() == changed.json()


@pytest.mark.parametrize(
    ("change", "shown"),
    [
        ({"title": " GEB "}, {"title": "GEB"}),
        ({"author": "D. H."}, {"author": "D. H."}),
        ({"published_year": None}, {"published_year": None}),
        ({"published_year": 1999}, {"published_year": 1999}),
        ({"tags": []}, {"tags": []}),
    ],
)
def test_only_what_is_sent_is_changed(api: TestClient, change: dict[str, object], shown: dict[str, object]) -> None:
    assert api.patch(HERE, json=change, headers=CREATOR).json() == SHOWN | shown


def test_a_change_that_changes_nothing_keeps_the_version(api: TestClient) -> None:
    same = api.patch(HERE, json={"title": BOOK.title, "tags": ["LOGIC", "music"]}, headers=CREATOR)
    assert (same.json(), same.headers["etag"]) == (SHOWN, '"1"')


def test_a_taken_isbn_refuses_a_change(api: TestClient, shelf: Shelves) -> None:
    shelf.books.add(replace(book(2), isbn="9780201835953"))
    answer = api.patch(HERE, json={"isbn": "0-201-83595-9"}, headers=CREATOR)
    assert_problem(answer, 409, "isbn-taken")


@pytest.mark.parametrize("headers", [CREATOR, ADMINISTRATOR], ids=["creator", "administrator"])
def test_its_creator_and_administrators_remove_a_book(api: TestClient, headers: dict[str, str]) -> None:
    removed = api.delete(HERE, headers=headers)
    assert (removed.status_code, removed.content) == (204, b"")
    assert_problem(api.get(HERE), 404, "book-not-found")
    assert_problem(api.delete(HERE, headers=headers), 404, "book-not-found")


@pytest.mark.parametrize("headers", [OTHER, bearer(8, "films:admin")], ids=["other", "other administrator"])
@pytest.mark.parametrize(("method", "body"), [("PATCH", {"title": "GEB"}), ("DELETE", None)])
def test_a_book_of_somebody_else_is_left_alone(
    api: TestClient, headers: dict[str, str], method: str, body: object
) -> None:
    answer = api.request(method, HERE, json=body, headers=headers)
    assert_problem(answer, 403, "not-your-book")
    assert 'error="insufficient_scope", scope="books:admin"' in answer.headers["www-authenticate"]
    assert api.get(HERE).json() == SHOWN


def test_a_lent_book_is_changed_but_not_removed(api: TestClient, shelf: Shelves) -> None:
    shelf.loans.lend(Loan(book_id=BOOK.id, borrower="1", lent_at=BOOK.created_at))
    assert_problem(api.delete(HERE, headers=CREATOR), 409, "book-lent")
    assert api.patch(HERE, json={"title": "GEB"}, headers=CREATOR).status_code == 200


@pytest.mark.parametrize(("method", "body"), [("PATCH", {"title": "GEB"}), ("DELETE", None)])
def test_only_the_expected_version_is_changed(api: TestClient, method: str, body: object) -> None:
    api.patch(HERE, json={"published_year": 1999}, headers=CREATOR)
    stale = api.request(method, HERE, json=body, headers=CREATOR | {"if-match": '"1"'})
    assert_problem(stale, 412, "version-mismatch")
    malformed = api.request(method, HERE, json=body, headers=CREATOR | {"if-match": "2"})
    assert_problem(malformed, 400, "invalid-if-match")
    assert api.get(HERE).json()["title"] == BOOK.title
    known = api.get(HERE).headers["etag"]
    assert api.request(method, HERE, json=body, headers=CREATOR | {"if-match": known}).is_success


def test_who_may_not_change_a_book_is_not_told_its_version(api: TestClient) -> None:
    answer = api.patch(HERE, json={"title": "GEB"}, headers=OTHER | {"if-match": '"5"'})
    assert_problem(answer, 403, "not-your-book")


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"title": " "}, "#/title"),
    ({"title": "x" * 257}, "#/title"),
    ({"title": "line\nbreak"}, "#/title"),
    ({"title": "\ud800"}, "#/title"),
    ({"author": 7}, "#/author"),
    ({"isbn": "123"}, "#/isbn"),
    ({"isbn": "9" * 33}, "#/isbn"),
    ({"published_year": 0}, "#/published_year"),
    ({"published_year": True}, "#/published_year"),
    ({"published_year": 10_000}, "#/published_year"),
    ({"tags": "engineering"}, "#/tags"),
    ({"tags": [str(number) for number in range(11)]}, "#/tags"),
    ({"tags": ["fine", ""]}, "#/tags/1"),
    ({"tags": ["x" * 33]}, "#/tags/0"),
    ({"tags": ["\ud800"]}, "#/tags/0"),
    ({"title": None}, "#/title"),
    ({"author": None}, "#/author"),
    ({"isbn": None}, "#/isbn"),
    ({"tags": None}, "#/tags"),
    ({"shelf": 3}, "#/shelf"),
    ({"created_by": "8"}, "#/created_by"),
]


@pytest.mark.parametrize(("change", "pointer"), WRONG)
def test_each_wrong_field_of_a_new_book_is_pointed_at(api: TestClient, change: dict[str, Any], pointer: str) -> None:
    answer = api.post("/api/v1/books", content=json.dumps(NEW | change), headers=OTHER | JSON)
    problem = assert_problem(answer, 422, "invalid-request")
    assert [error["pointer"] for error in problem["errors"]] == [pointer]


@pytest.mark.parametrize(("change", "pointer"), [*WRONG, ({}, "#")])
def test_each_wrong_field_of_a_change_is_pointed_at(api: TestClient, change: dict[str, Any], pointer: str) -> None:
    answer = api.patch(HERE, content=json.dumps(change), headers=CREATOR | JSON)
    problem = assert_problem(answer, 422, "invalid-request")
    assert [error["pointer"] for error in problem["errors"]] == [pointer]
    assert api.get(HERE).json() == SHOWN


JSON = {"content-type": "application/json"}


def test_a_wrong_isbn_is_explained(api: TestClient) -> None:
    problem = assert_problem(
        api.post("/api/v1/books", json=NEW | {"isbn": "123"}, headers=OTHER), 422, "invalid-request"
    )
    assert problem["errors"][0]["detail"] == "the ISBN is not valid: send 10 or 13 digits with a correct check digit"


def test_a_change_of_nothing_is_explained(api: TestClient) -> None:
    problem = assert_problem(api.patch(HERE, json={}, headers=CREATOR), 422, "invalid-request")
    assert problem["errors"][0]["detail"] == "there is nothing to change: send at least one field"


@pytest.mark.parametrize("body", ["[]", "null", '"x"', "{", ""])
def test_a_body_that_is_no_object_is_a_problem(api: TestClient, body: str) -> None:
    assert_problem(api.patch(HERE, content=body, headers=CREATOR | JSON), 422, "invalid-request")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", HERE, "DELETE, GET, PATCH"),
        ("DELETE", "/api/v1/books", "GET, POST"),
        ("GET", f"{HERE}/loan", "DELETE, PUT"),
    ],
)
def test_what_is_not_possible_is_said_with_what_is(api: TestClient, method: str, path: str, allowed: str) -> None:
    answer = api.request(method, path, headers=CREATOR)
    assert_problem(answer, 405, None)
    assert answer.headers["allow"] == allowed
