from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from starlette.testclient import TestClient

from books.app import app
from books.dependencies import book_repository
from books.domain import Book
from tests.books.fake_repository import FakeBookRepository
from tests.support.problem import assert_problem

BOOK = Book(
    id="019b76da-a800-7000-8000-000000000001",
    title="Gödel, Escher, Bach",
    author="Douglas R. Hofstadter",
    isbn="9780465026562",
    published_year=1979,
    tags=("logic",),
    created_at=datetime(2026, 1, 1, tzinfo=UTC),
)
NEW = {"title": "The Mythical Man-Month", "author": "Frederick P. Brooks Jr.", "isbn": "0-201-83595-9"}


@pytest.fixture
def api(function_environment: dict[str, str]) -> Iterator[TestClient]:
    assert function_environment
    books = FakeBookRepository(BOOK)

    async def fake() -> FakeBookRepository:
        return books

    app.dependency_overrides[book_repository] = fake
    with TestClient(app) as client:
        yield client
    app.dependency_overrides.clear()


def test_a_book_is_created_and_read_back(api: TestClient) -> None:
    created = api.post("/api/v1/books", json=NEW | {"published_year": 1995, "tags": ["Engineering"]})
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
    assert api.get(created.headers["location"]).json() == body


def test_year_and_tags_may_be_left_out(api: TestClient) -> None:
    body = api.post("/api/v1/books", json=NEW).json()
    assert (body["published_year"], body["tags"]) == (None, [])


def test_an_unknown_book_is_a_problem(api: TestClient) -> None:
    assert_problem(api.get("/api/v1/books/019b76da-a800-7000-8000-00000000ffff"), 404, "book-not-found")


def test_an_impossible_id_is_refused_by_name(api: TestClient) -> None:
    problem = assert_problem(api.get("/api/v1/books/abc"), 422, "invalid-request")
    assert problem["errors"][0]["parameter"] == "book_id"


def test_an_isbn_is_a_conflict_in_either_form(api: TestClient) -> None:
    assert_problem(api.post("/api/v1/books", json=NEW | {"isbn": "0-465-02656-7"}), 409, "isbn-taken")


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"title": " "}, "#/title"),
        ({"title": "x" * 257}, "#/title"),
        ({"author": 7}, "#/author"),
        ({"isbn": "123"}, "#/isbn"),
        ({"isbn": "9" * 33}, "#/isbn"),
        ({"published_year": 0}, "#/published_year"),
        ({"published_year": True}, "#/published_year"),
        ({"published_year": 10_000}, "#/published_year"),
        ({"tags": "engineering"}, "#/tags"),
        ({"tags": [str(number) for number in range(11)]}, "#/tags"),
        ({"tags": ["fine", ""]}, "#/tags/1"),
        ({"shelf": 3}, "#/shelf"),
    ],
)
def test_each_wrong_field_is_pointed_at(api: TestClient, change: dict[str, object], pointer: str) -> None:
    problem = assert_problem(api.post("/api/v1/books", json=NEW | change), 422, "invalid-request")
    assert [error["pointer"] for error in problem["errors"]] == [pointer]


def test_a_wrong_isbn_is_explained(api: TestClient) -> None:
    problem = assert_problem(api.post("/api/v1/books", json=NEW | {"isbn": "123"}), 422, "invalid-request")
    assert problem["errors"][0]["detail"] == "not an ISBN: 10 or 13 digits, the last of which fits the others"


def test_the_openapi_document_names_every_path(api: TestClient) -> None:
    paths = api.get("/api/v1/books/openapi.json").json()["paths"]
    assert set(paths) == {"/api/v1/books", "/api/v1/books/{book_id}", "/api/v1/books/health"}
