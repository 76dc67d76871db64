"""The journey of a book through the client that openapi-python-client generates."""

from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.books.journeys.requests import new_book, new_id
from tests.support.deployed.signing import Signer
from tests.support.eventually import eventually
from tests.support.generated_clients import GeneratedClient, GeneratedClients, assert_parsed_problem, list_to_the_end


@pytest.fixture
def books(generated_clients: GeneratedClients) -> GeneratedClient:
    """Return the generated client of the service."""
    return generated_clients.of("books")


def test_book_is_added_changed_lent_returned_and_removed(books: GeneratedClient, signer: Signer) -> None:
    models, creator, borrower = books.models, signer.token(new_id()), signer.token(new_id())
    body = models.BookCreate(**new_book(tags=["science fiction"], published_year=1965))
    created = books.send("create_book", creator, body=body)
    assert (created.status_code, created.parsed.tags) == (201, body.tags)
    one: dict[str, Any] = {"book_id": UUID(str(created.parsed.id))}
    version = created.headers["etag"]
    read = books.send("get_book", **one)
    assert (read.parsed, read.headers["etag"]) == (created.parsed, version)

    change = models.BookChange(title="Dune Messiah", published_year=None)
    changed = books.send("change_book", creator, **one, body=change, if_match=version)
    assert (changed.status_code, changed.parsed.title, changed.parsed.published_year) == (200, "Dune Messiah", None)
    stale = books.send("change_book", creator, **one, body=change, if_match=version)
    assert_parsed_problem(stale, 412, "version-mismatch")
    assert_parsed_problem(books.send("remove_book", creator, **one, if_match=version), 412, "version-mismatch")

    lent = books.send("borrow_book", borrower, **one)
    assert lent.status_code == 201
    again = books.send("borrow_book", borrower, **one)
    assert (again.status_code, again.parsed) == (200, lent.parsed)
    assert_parsed_problem(books.send("borrow_book", creator, **one), 409, "book-already-lent")
    assert_parsed_problem(books.send("remove_book", creator, **one), 409, "book-lent")
    eventually(partial(list_to_the_end, partial(books.send, "list_own_loans", borrower)), [lent.parsed])
    assert books.send("return_book", borrower, **one).status_code == 204

    removed = books.send("remove_book", creator, **one, if_match=changed.headers["etag"])
    assert (removed.status_code, removed.parsed) == (204, None)
    assert_parsed_problem(books.send("get_book", **one), 404, "book-not-found")


def test_books_are_listed_to_the_end(books: GeneratedClient, signer: Signer) -> None:
    creator, author = signer.token(new_id()), f"Author {new_id()}"
    bodies = [books.models.BookCreate(**new_book(author=author)) for _ in range(5)]
    created = [books.send("create_book", creator, body=body).parsed for body in bodies]
    listed = partial(list_to_the_end, partial(books.send, "list_books"), author=author.upper(), limit=2)
    eventually(listed, created[::-1])


def test_rejected_requests_are_parsed(books: GeneratedClient, signer: Signer) -> None:
    models, creator = books.models, signer.token(new_id())
    body = models.BookCreate(**new_book())
    created = books.send("create_book", creator, body=body)
    one: dict[str, Any] = {"book_id": UUID(str(created.parsed.id))}
    assert_parsed_problem(books.send("create_book", "damaged", body=body), 401, "invalid-token")
    assert_parsed_problem(books.send("create_book", creator, body=body), 409, "isbn-taken")
    stranger = books.send("remove_book", signer.token(new_id()), **one)
    assert_parsed_problem(stranger, 403, "not-your-book")
    change = models.BookChange(title="Dune")
    assert_parsed_problem(books.send("change_book", creator, book_id=uuid4(), body=change), 404, "book-not-found")
    malformed = books.send("change_book", creator, **one, body=change, if_match="1")
    assert_parsed_problem(malformed, 400, "invalid-precondition")
    assert_parsed_problem(books.send("list_books", cursor="damaged"), 400, "invalid-cursor")
    nameless = books.send("create_book", creator, body=models.BookCreate(**new_book(title=" ")))
    problem = assert_parsed_problem(nameless, 422, "invalid-request")
    assert [(error["pointer"], bool(error["detail"])) for error in problem["errors"]] == [("#/title", True)]
    assert nameless.parsed.errors[0].pointer == "#/title"
