"""Metrics and traces of the books service, where the conformance suite does not cover them."""

from collections.abc import Iterator

import pytest

from tests.support.telemetry import Watched, watched
from tests.support.tokens import bearer
from tests.support.traces import unexpected_metadata

BOOKS = "/api/v1/books"
BOOK = {"title": "Dune", "author": "Frank Herbert", "isbn": "978-0-441-17271-9"}


@pytest.fixture
def service(
    function_environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Watched]:
    assert function_environment
    with watched("books", monkeypatch, capsys) as service:
        yield service


def test_rejected_requests_are_not_counted(service: Watched) -> None:
    service.send("POST", BOOKS, json_body=BOOK, headers=bearer(1))
    assert service.domain_metrics() == {"BooksCreated": 1}
    for sent, status in (
        ({"json_body": BOOK, "headers": bearer(1)}, 409),
        ({"json_body": {}, "headers": bearer(1)}, 422),
        ({"json_body": BOOK}, 401),
    ):
        assert service.send("POST", BOOKS, **sent)["statusCode"] == status
        assert service.domain_metrics() == {}


def test_trace_holds_nothing_that_was_sent(service: Watched) -> None:
    path = service.send("POST", BOOKS, json_body=BOOK, headers=bearer(1))["headers"]["location"]
    documents = list(service.traces.documents)
    service.send("PUT", f"{path}/loan", headers=bearer(2))
    # DynamoDB's rejection of the second loan holds the stored item.
    service.send("PUT", f"{path}/loan", headers=bearer(3))
    documents += service.traces.documents
    assert not unexpected_metadata(documents)
    for secret in ("Dune", "Herbert", "9780441172719", "eyJ", path.rsplit("/", 1)[1]):
        assert secret not in str(documents)
