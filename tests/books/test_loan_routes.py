"""Loans over HTTP: permissions and responses."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from starlette.testclient import TestClient

from books.app import app
from books.dependencies import now
from common.product import PRODUCT
from tests.books.examples import BOOK, MORNING, book, loan
from tests.books.repositories import Repositories
from tests.support.problem import assert_problem
from tests.support.tokens import bearer

LOAN = f"/api/v1/books/{BOOK.id}/loan"
LOANS = "/api/v1/books/loans"
UNKNOWN_PATH = "/api/v1/books/019b76da-a800-7000-8000-00000000ffff/loan"
BORROWER = bearer(1)
OTHER = bearer(2)
ADMINISTRATOR = bearer(3, "books:admin")


@pytest.fixture(autouse=True)
def _now(fakes: Repositories) -> None:
    """Let the clock advance by a minute at each request."""
    assert fakes
    moments = iter(MORNING + timedelta(minutes=minute) for minute in range(100))

    async def each_minute() -> datetime:
        return next(moments)

    app.dependency_overrides[now] = each_minute


def test_loan_is_listed_until_it_is_returned(api: TestClient) -> None:
    lent = api.put(LOAN, headers=BORROWER)
    assert lent.status_code == 201
    assert lent.json() == {"book_id": BOOK.id, "lent_at": "2026-11-21T08:00:00Z"}
    assert api.get(LOANS, headers=BORROWER).json() == {"items": [lent.json()], "next": None}
    returned = api.delete(LOAN, headers=BORROWER)
    assert (returned.status_code, returned.content) == (204, b"")
    assert api.get(LOANS, headers=BORROWER).json() == {"items": [], "next": None}


def test_borrowing_again_returns_the_same_loan(api: TestClient) -> None:
    first = api.put(LOAN, headers=BORROWER)
    again = api.put(LOAN, headers=BORROWER)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()


@pytest.mark.parametrize("headers", [OTHER, ADMINISTRATOR, bearer(7)], ids=["other", "administrator", "creator"])
def test_lent_book_is_a_409_that_does_not_disclose_the_borrower(api: TestClient, headers: dict[str, str]) -> None:
    api.put(LOAN, headers=bearer(4711))
    response = api.put(LOAN, headers=headers)
    assert_problem(response, 409, "book-already-lent")
    assert "4711" not in response.text
    assert api.get(LOANS, headers=headers).json()["items"] == []


def test_loan_does_not_change_the_book(api: TestClient) -> None:
    before = api.get(f"/api/v1/books/{BOOK.id}")
    api.put(LOAN, headers=BORROWER)
    after = api.get(f"/api/v1/books/{BOOK.id}")
    assert (after.json(), after.headers["etag"]) == (before.json(), before.headers["etag"])


def test_administrator_returns_a_book_of_any_borrower(api: TestClient) -> None:
    api.put(LOAN, headers=BORROWER)
    assert api.delete(LOAN, headers=ADMINISTRATOR).status_code == 204
    assert api.put(LOAN, headers=OTHER).status_code == 201


@pytest.mark.parametrize(
    "headers", [OTHER, bearer(7), bearer(2, "elsewhere:admin")], ids=["other", "creator", "other administrator"]
)
def test_other_callers_cannot_return_the_book(api: TestClient, headers: dict[str, str]) -> None:
    api.put(LOAN, headers=BORROWER)
    response = api.delete(LOAN, headers=headers)
    assert_problem(response, 403, "not-your-loan")
    assert 'scope="books:admin"' in response.headers["www-authenticate"]
    assert api.put(LOAN, headers=BORROWER).status_code == 200


@pytest.mark.parametrize("headers", [BORROWER, ADMINISTRATOR], ids=["any caller", "administrator"])
def test_book_that_is_not_lent_cannot_be_returned(api: TestClient, headers: dict[str, str]) -> None:
    assert_problem(api.delete(LOAN, headers=headers), 404, "loan-not-found")


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
@pytest.mark.parametrize("headers", [BORROWER, ADMINISTRATOR], ids=["any caller", "administrator"])
def test_unknown_book_is_a_404(api: TestClient, method: str, headers: dict[str, str]) -> None:
    assert_problem(api.request(method, UNKNOWN_PATH, headers=headers), 404, "book-not-found")


@pytest.mark.parametrize(("method", "path"), [("PUT", LOAN), ("DELETE", LOAN), ("GET", LOANS)])
def test_missing_or_invalid_token_is_rejected(api: TestClient, method: str, path: str) -> None:
    anonymous = api.request(method, path)
    assert_problem(anonymous, 401, "unauthenticated")
    assert anonymous.headers["www-authenticate"] == f'Bearer realm="{PRODUCT.name}"'
    assert_problem(api.request(method, path, headers=bearer(1, aud="other")), 401, "invalid-token")


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_path_that_is_not_an_id_is_a_404(api: TestClient, method: str) -> None:
    assert_problem(api.request(method, "/api/v1/books/abc/loan", headers=BORROWER), 404, None)


def test_own_loans_are_listed_newest_first_on_linked_pages(api: TestClient, fakes: Repositories) -> None:
    for number in range(2, 7):
        fakes.books.add(book(number))
        fakes.loans.lend(loan(number, "1" if number % 2 == 0 else "2"))
    found: list[list[str]] = []
    address = f"{LOANS}?limit=2"
    while address:
        response = api.get(address, headers=BORROWER)
        body = response.json()
        assert response.headers.get("link") == (body["next"] and f'<{body["next"]}>; rel="next"')
        found.append([item["book_id"] for item in body["items"]])
        address = body["next"]
    assert found == [[book(6).id, book(4).id], [book(2).id]]


def test_cursor_of_another_caller_is_rejected(api: TestClient, fakes: Repositories) -> None:
    for number in (2, 3):
        fakes.books.add(book(number))
        fakes.loans.lend(loan(number))
    following = api.get(f"{LOANS}?limit=1", headers=BORROWER).json()["next"]
    assert api.get(following, headers=BORROWER).status_code == 200
    assert_problem(api.get(following, headers=OTHER), 400, "invalid-cursor")


@pytest.mark.parametrize("query", ["limit=0", "limit=101"])
def test_invalid_limit_is_named(api: TestClient, query: str) -> None:
    problem = assert_problem(api.get(f"{LOANS}?{query}", headers=BORROWER), 422, "invalid-request")
    assert problem["errors"][0]["parameter"] == "limit"


def test_clock_is_in_utc() -> None:
    before = datetime.now(UTC)
    assert before <= asyncio.run(now()) <= datetime.now(UTC)
