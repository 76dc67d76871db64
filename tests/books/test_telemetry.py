"""What the books service counts, and the subsegments of its operations."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.telemetry import Watched, watched
from tests.support.tokens import bearer
from tests.support.traces import flags

BOOKS = "/api/v1/books"
BOOK = {"title": "Dune", "author": "Frank Herbert", "isbn": "978-0-441-17271-9"}


@pytest.fixture
def service(
    function_environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Watched]:
    assert function_environment
    with watched("books", monkeypatch, capsys) as service:
        yield service


def test_a_book_is_counted_when_it_is_made_lent_and_returned(service: Watched) -> None:
    path = service.ask("POST", BOOKS, json_body=BOOK, headers=bearer(1))["headers"]["location"]
    assert service.domain_metrics() == {"BooksCreated": 1}
    # The key that the token is signed with is fetched by the first request that needs it.
    assert service.operations() == {"secretsmanager": set(), "books.add": {"dynamodb"}}
    for method, headers, status, domain_metrics, operation in (
        ("PUT", bearer(2), 201, {"BooksLent": 1}, "loans.lend"),
        ("PUT", bearer(2), 200, {"IdempotentReplays": 1}, "loans.lend"),
        ("PUT", bearer(3), 409, {}, "loans.lend"),
        ("DELETE", bearer(3), 403, {}, "loans.return"),
        ("DELETE", bearer(2), 204, {"BooksReturned": 1}, "loans.return"),
        ("DELETE", bearer(2), 404, {}, "loans.return"),
    ):
        assert service.ask(method, f"{path}/loan", headers=headers)["statusCode"] == status
        assert service.domain_metrics() == domain_metrics
        assert service.operations() == {operation: {"dynamodb"}}
        rejected = {"error"} if status >= 400 else set()
        assert flags(service.traces.one(operation)) == flags(service.traces.one("## handler")) == rejected
        assert service.traces.one("## handler")["annotations"]["route"] == "/api/v1/books/{book_id}/loan"


def test_rejected_requests_are_not_counted(service: Watched) -> None:
    service.ask("POST", BOOKS, json_body=BOOK, headers=bearer(1))
    for sent, status in (
        ({"json_body": BOOK, "headers": bearer(1)}, 409),
        ({"json_body": {}, "headers": bearer(1)}, 422),
        ({"json_body": BOOK}, 401),
    ):
        assert service.ask("POST", BOOKS, **sent)["statusCode"] == status
        assert service.domain_metrics() == {}


def test_every_other_operation_is_a_subsegment(service: Watched) -> None:
    path = service.ask("POST", BOOKS, json_body=BOOK, headers=bearer(1))["headers"]["location"]
    sent: list[tuple[str, str, dict[str, Any], str]] = [
        ("GET", BOOKS, {}, "books.list"),
        ("GET", f"{BOOKS}/loans", {}, "loans.list"),
        ("PATCH", path, {"json_body": {"title": "Dune Messiah"}}, "books.change"),
        ("DELETE", path, {}, "books.remove"),
    ]
    for method, where, body, operation in sent:
        assert service.ask(method, where, headers=bearer(1), **body)["statusCode"] < 300
        assert service.operations() == {operation: {"dynamodb"}}
        assert service.domain_metrics() == {}


def test_the_caller_is_named_by_its_id_once_it_is_known(service: Watched) -> None:
    service.ask("GET", f"{BOOKS}/loans", headers=bearer(7))
    assert service.traces.one("## handler")["annotations"]["principal_id"] == "7"
    service.ask("GET", BOOKS)
    assert "principal_id" not in service.traces.one("## handler")["annotations"]


def test_trace_holds_nothing_that_was_sent(service: Watched) -> None:
    path = service.ask("POST", BOOKS, json_body=BOOK, headers=bearer(1))["headers"]["location"]
    traces = [str(service.traces.documents)]
    service.ask("PUT", f"{path}/loan", headers=bearer(2))
    service.ask("PUT", f"{path}/loan", headers=bearer(3))  # what is stored is in DynamoDB's rejection
    traces.append(str(service.traces.documents))
    for secret in ("Dune", "Herbert", "9780441172719", "eyJ", path.rsplit("/", 1)[1], "metadata"):
        assert secret not in "".join(traces)
