"""Repositories for the contract suites, and the API on fakes."""

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from books.app import app
from books.dependencies import book_repository, loan_repository
from books.domain import BookRepository
from books.loans import LoanRepository
from tests.books.examples import BOOK
from tests.books.repositories import IMPLEMENTATIONS, Repositories, repositories_on
from tests.support.tokens import accepting_tokens


@pytest.fixture(scope="session")
def client() -> Iterator[TestClient]:
    """One client for all tests: its thread takes longer to start than most tests."""
    with TestClient(app) as client:
        yield client


@pytest.fixture(params=IMPLEMENTATIONS)
def repositories(request: pytest.FixtureRequest) -> Iterator[Repositories]:
    with repositories_on(request.param) as repositories:
        yield repositories


@pytest.fixture
def fakes(function_environment: dict[str, str]) -> Iterator[Repositories]:
    """The fake repositories that the API uses; they hold `BOOK`, created by user 7."""
    assert function_environment
    with repositories_on("fake") as repositories:
        repositories.books.add(BOOK)

        async def books() -> BookRepository:
            return repositories.books

        async def loans() -> LoanRepository:
            return repositories.loans

        app.dependency_overrides |= {book_repository: books, loan_repository: loans}
        with accepting_tokens(app):
            yield repositories
        app.dependency_overrides.clear()


@pytest.fixture
def api(client: TestClient, fakes: Repositories) -> TestClient:
    assert fakes
    return client
