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


def answered(handler: Handler, method: str, path: str, **event: Any) -> dict[str, Any]:
    return handler(http_event(method, path, **event), FakeLambdaContext())


def test_an_event_of_api_gateway_makes_a_book_and_another_reads_it(handler: Handler) -> None:
    created = answered(handler, "POST", "/api/v1/books", json_body=BOOK, headers=bearer(1))
    assert created["statusCode"] == 201
    read = answered(handler, "GET", created["headers"]["location"])
    assert (read["statusCode"], read["isBase64Encoded"]) == (200, False)
    assert json.loads(read["body"]) == json.loads(created["body"])


def test_a_book_is_lent_listed_and_returned_through_the_adapters(handler: Handler) -> None:
    created = answered(handler, "POST", "/api/v1/books", json_body=BOOK, headers=bearer(1))
    loan = f"{created['headers']['location']}/loan"
    assert answered(handler, "PUT", loan, headers=bearer(2))["statusCode"] == 201
    assert answered(handler, "PUT", loan, headers=bearer(3))["statusCode"] == 409
    listed = answered(handler, "GET", "/api/v1/books/loans", headers=bearer(2))
    assert [item["book_id"] for item in json.loads(listed["body"])["items"]] == [json.loads(created["body"])["id"]]
    returned = answered(handler, "DELETE", loan, headers=bearer(2))
    assert (returned["statusCode"], returned["body"]) == (204, "")


def test_without_a_token_nothing_is_made(handler: Handler) -> None:
    refused = answered(handler, "POST", "/api/v1/books", json_body=BOOK)
    assert (refused["statusCode"], refused["headers"]["www-authenticate"]) == (401, f'Bearer realm="{PRODUCT.name}"')
    assert json.loads(answered(handler, "GET", "/api/v1/books")["body"])["items"] == []
