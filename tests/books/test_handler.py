import json
from collections.abc import Iterator

import pytest

from common.lambda_handler import Handler
from tests.support.handlers import packaged_like
from tests.support.http_events import http_event
from tests.support.lambda_context import FakeLambdaContext


@pytest.fixture
def handler(function_environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Handler]:
    assert function_environment
    with packaged_like("books", monkeypatch) as handler:
        yield handler


def test_an_event_of_api_gateway_makes_a_book_and_another_reads_it(handler: Handler) -> None:
    book = {"title": "Dune", "author": "Frank Herbert", "isbn": "978-0-441-17271-9", "tags": ["science fiction"]}
    created = handler(http_event("POST", "/api/v1/books", json_body=book), FakeLambdaContext())
    assert created["statusCode"] == 201
    read = handler(http_event("GET", created["headers"]["location"]), FakeLambdaContext())
    assert (read["statusCode"], read["isBase64Encoded"]) == (200, False)
    assert json.loads(read["body"]) == json.loads(created["body"])
