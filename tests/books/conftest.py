"""The shelves of the contract suites, and the API on shelves in memory."""

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from books.app import app
from books.dependencies import book_repository, loan_repository
from books.domain import BookRepository
from books.loans import LoanRepository
from tests.books.shelves import BOOK, KINDS, Shelves, shelves_of
from tests.support.tokens import accepting_tokens


@pytest.fixture(scope="session")
def client() -> Iterator[TestClient]:
    """A client of the application, whose thread takes longer to start than most tests."""
    with TestClient(app) as client:
        yield client


@pytest.fixture(params=KINDS)
def shelves(request: pytest.FixtureRequest) -> Iterator[Shelves]:
    with shelves_of(request.param) as shelves:
        yield shelves


@pytest.fixture
def shelf(function_environment: dict[str, str]) -> Iterator[Shelves]:
    """What is behind the API: `BOOK`, which user 7 has added."""
    assert function_environment
    with shelves_of("fake") as shelves:
        shelves.books.add(BOOK)

        async def books() -> BookRepository:
            return shelves.books

        async def loans() -> LoanRepository:
            return shelves.loans

        app.dependency_overrides |= {book_repository: books, loan_repository: loans}
        with accepting_tokens(app):
            yield shelves
        app.dependency_overrides.clear()


@pytest.fixture
def api(client: TestClient, shelf: Shelves) -> TestClient:
    assert shelf
    return client
