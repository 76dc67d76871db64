import json
from collections.abc import Iterator
from typing import Any

import pytest

from common.lambda_handler import Handler
from common.product import PRODUCT
from tests.support.handlers import packaged_like
from tests.support.http_events import http_event
from tests.support.lambda_context import FakeLambdaContext
from tests.support.tokens import bearer

BOOK = {"title": "Dune", "author": "Frank Herbert", "isbn": "978-0-441-17271-9", "tags": ["science fiction"]}


@pytest.fixture
def handler(function_environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Handler]:
    assert function_environment
    with packaged_like("books", monkeypatch) as handler:
        yield handler


def response_to(handler: Handler, method: str, path: str, **event: Any) -> dict[str, Any]:
    return handler(http_event(method, path, **event), FakeLambdaContext())


def test_created_book_is_read_back(handler: Handler) -> None:
    created = response_to(handler, "POST", "/api/v1/books", json_body=BOOK, headers=bearer(1))
    assert created["statusCode"] == 201
    read = response_to(handler, "GET", created["headers"]["location"])
    assert (read["statusCode"], read["isBase64Encoded"]) == (200, False)
    assert json.loads(read["body"]) == json.loads(created["body"])


def test_book_is_lent_listed_and_returned(handler: Handler) -> None:
    created = response_to(handler, "POST", "/api/v1/books", json_body=BOOK, headers=bearer(1))
    loan = f"{created['headers']['location']}/loan"
    assert response_to(handler, "PUT", loan, headers=bearer(2))["statusCode"] == 201
    assert response_to(handler, "PUT", loan, headers=bearer(3))["statusCode"] == 409
    listed = response_to(handler, "GET", "/api/v1/books/loans", headers=bearer(2))
    assert [item["book_id"] for item in json.loads(listed["body"])["items"]] == [json.loads(created["body"])["id"]]
    returned = response_to(handler, "DELETE", loan, headers=bearer(2))
    assert (returned["statusCode"], returned["body"]) == (204, "")


def test_book_without_a_token_is_rejected_and_not_stored(handler: Handler) -> None:
    rejected = response_to(handler, "POST", "/api/v1/books", json_body=BOOK)
    assert (rejected["statusCode"], rejected["headers"]["www-authenticate"]) == (401, f'Bearer realm="{PRODUCT.name}"')
    assert json.loads(response_to(handler, "GET", "/api/v1/books")["body"])["items"] == []
