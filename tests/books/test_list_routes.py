"""Lists of books over HTTP: filters and linked pages."""

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from books.spelling import folded
from tests.books.examples import BOOK, book
from tests.books.repositories import Repositories
from tests.support.problem import assert_problem

BOOKS = "/api/v1/books"


@pytest.fixture(autouse=True)
def _filled(fakes: Repositories) -> None:
    for number in range(2, 8):
        author = "Ursula K. Le Guin" if number % 2 else "Stanisław Lem"
        fakes.books.add(book(number, author=author, tags=("science fiction",) if number > 4 else ("essays",)))


def pages(api: TestClient, address: str | None) -> Iterator[list[str]]:
    """Yield the ids on each page, from the first page on."""
    while address:
        response = api.get(address)
        assert response.status_code == 200, response.text
        body = response.json()
        assert set(body) == {"items", "next"}
        assert response.headers.get("link") == (body["next"] and f'<{body["next"]}>; rel="next"')
        yield [item["id"] for item in body["items"]]
        address = body["next"]


def ids(*numbers: int) -> list[str]:
    return [book(number).id for number in numbers]


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        (BOOKS, [ids(7, 6, 5, 4, 3, 2, 1)]),
        (f"{BOOKS}?limit=3", [ids(7, 6, 5), ids(4, 3, 2), ids(1)]),
        (f"{BOOKS}?limit=7", [ids(7, 6, 5, 4, 3, 2, 1)]),
        (f"{BOOKS}?limit=2&author=ursula+k.+LE%20GUIN", [ids(7, 5), ids(3)]),
        (f"{BOOKS}?limit=2&author=Stanis%C5%82aw+Lem", [ids(6, 4), ids(2)]),
        (f"{BOOKS}?limit=2&tag=Science+Fiction", [ids(7, 6), ids(5)]),
        (f"{BOOKS}?tag=logic", [[BOOK.id]]),
        (f"{BOOKS}?tag=nothing", [[]]),
        (f"{BOOKS}?author=unknown", [[]]),
    ],
)
def test_pages_are_linked_newest_first(api: TestClient, address: str, expected: list[list[str]]) -> None:
    assert list(pages(api, address)) == expected


def test_listed_book_equals_the_book_on_its_path(api: TestClient) -> None:
    [listed] = api.get(f"{BOOKS}?tag=logic").json()["items"]
    assert listed == api.get(f"{BOOKS}/{BOOK.id}").json()


def test_next_page_is_complete_after_its_cursor_book_is_removed(api: TestClient, fakes: Repositories) -> None:
    walk = pages(api, f"{BOOKS}?limit=2")
    assert next(walk) == ids(7, 6)
    assert fakes.books.remove(fakes.books.get(book(6).id))
    fakes.books.add(book(8))
    assert [*walk] == [ids(5, 4), ids(3, 2), ids(1)]


def test_cursor_is_valid_for_the_author_in_any_case(api: TestClient) -> None:
    cursor = api.get(f"{BOOKS}?author=Stanis%C5%82aw+Lem&limit=1").json()["next"].partition("cursor=")[2]
    response = api.get(f"{BOOKS}?author=STANIS%C5%81AW+LEM&limit=1&cursor={cursor}")
    assert [item["id"] for item in response.json()["items"]] == ids(4)


def test_author_and_tag_together_are_rejected(api: TestClient) -> None:
    problem = assert_problem(api.get(f"{BOOKS}?author=a&tag=b"), 422, "invalid-request")
    assert problem["detail"] == "Filter by author or by tag, not by both."


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=many", "limit"),
        ("author=", "author"),
        ("author=%20", "author"),
        (f"author={'x' * 257}", "author"),
        ("tag=", "tag"),
        (f"tag={'x' * 129}", "tag"),
        ("tag=%20", "tag"),
        ("limit=%2B1", "limit"),
        ("limit=1_0", "limit"),
        ("limit=%201", "limit"),
        ("limit=%D9%A1", "limit"),
    ],
)
def test_invalid_parameter_is_named(api: TestClient, query: str, parameter: str) -> None:
    problem = assert_problem(api.get(f"{BOOKS}?{query}"), 422, "invalid-request")
    assert [error["parameter"] for error in problem["errors"]] == [parameter]


@pytest.mark.parametrize("tag", ["s" * 34, "\u200b", "ΐ" * 32])
def test_tag_that_was_stored_before_the_rules_is_found(api: TestClient, fakes: Repositories, tag: str) -> None:
    fakes.books.add(book(9, tags=(folded(tag),)))
    for spelling in (tag, folded(tag)):
        assert [item["id"] for item in api.get(BOOKS, params={"tag": spelling}).json()["items"]] == ids(9)


def test_long_author_of_expanding_characters_is_accepted(api: TestClient) -> None:
    assert api.get(BOOKS, params={"author": "\U0001d160" * 256}).json()["items"] == []


@pytest.mark.parametrize("query", ["", "author=Ursula+K.+Le+Guin&", "tag=essays&"])
def test_cursor_of_another_list_is_rejected(api: TestClient, query: str) -> None:
    cursor = api.get(f"{BOOKS}?limit=1&author=Stanis%C5%82aw+Lem").json()["next"].partition("cursor=")[2]
    assert_problem(api.get(f"{BOOKS}?{query}limit=1&cursor={cursor}"), 400, "invalid-cursor")


@pytest.mark.parametrize("cursor", ["x", "WzEsMiwzXQ"])
def test_malformed_cursor_is_rejected(api: TestClient, cursor: str) -> None:
    assert_problem(api.get(f"{BOOKS}?cursor={cursor}"), 400, "invalid-cursor")
