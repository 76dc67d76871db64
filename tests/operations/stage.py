"""Both services in this process, each on a moto table of its own, with everything that they ask of it."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import boto3
from fastapi import FastAPI
from moto import mock_aws
from starlette.testclient import TestClient

import books.app
import users.app
from books import dependencies as of_books
from books.loan_repository import DynamoLoanRepository
from books.repository import DynamoBookRepository
from common.dynamodb.table import Table
from tests.operations.cases import NOW, Case
from tests.operations.filling import emptied
from tests.operations.recorder import Call, Recorder
from tests.support.problem import Answer
from tests.support.tables import make_table
from tests.support.tokens import accepting_tokens
from users import dependencies as of_users
from users.login_repository import DynamoFailureRepository, DynamoPasswordRepository
from users.repository import DynamoUserRepository
from users.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

APPS = {"books": books.app.app, "users": users.app.app}


class Outcome(NamedTuple):
    """The answer to a request, and what was asked of DynamoDB for it."""

    answer: Answer
    calls: list[Call]


@dataclass(frozen=True)
class Stage:
    """A service on a table; its clock stands still."""

    service: str
    table: Table
    table_name: str
    api: TestClient
    recorder: Recorder

    def play(self, case: Case) -> Outcome:
        """Send the case's request, with nothing in the table but what comes before it."""
        emptied(self.table_name)
        case.before(self.table)
        method, path = case.operation
        return self.ask(method, case.path or path, **case.sent)

    def ask(self, method: str, path: str, **sent: Any) -> Outcome:
        """Send a request."""
        with self.recorder.recording() as calls:
            answer = self.api.request(method, path, **sent)
        return Outcome(answer, calls)


@dataclass(frozen=True)
class Theatre:
    """An AWS in memory, with the client that the tables get and what it is seen to do."""

    client: "DynamoDBClient"
    recorder: Recorder

    @contextmanager
    def stage(self, service: str, **settings: Any) -> Iterator[Stage]:
        """Make a table of the service's own schema, run the service on it, and drop it."""
        app, name = APPS[service], make_table(self.client, service)
        table = Table(self.client, name)
        app.dependency_overrides |= OVERRIDES[service](table, settings)
        try:
            with accepting_tokens(app), TestClient(app) as api:
                yield Stage(service, table, name, api, self.recorder)
        finally:
            app.dependency_overrides.clear()
            self.client.delete_table(TableName=name)


@contextmanager
def theatre() -> Iterator[Theatre]:
    """An AWS of its own, as long as the context lasts."""
    with mock_aws(), closing(_client()) as client, closing(_client()) as observer:
        yield Theatre(client, Recorder(client, observer))


def operations(app: FastAPI) -> set[tuple[str, str]]:
    """Method and path of each operation in the service's OpenAPI document."""
    return {(method, path) for path, item in app.openapi()["paths"].items() for method in item}


def _client() -> "DynamoDBClient":
    made: DynamoDBClient = boto3.client(
        "dynamodb", region_name="eu-central-1", aws_access_key_id="testing", aws_secret_access_key="testing"
    )
    return made


def _providing(value: object) -> Callable[[], Any]:
    async def provide() -> object:
        return value

    return provide


def _books(table: Table, _: dict[str, Any]) -> dict[Callable[..., Any], Callable[..., Any]]:
    return {
        of_books.book_repository: _providing(DynamoBookRepository(table)),
        of_books.loan_repository: _providing(DynamoLoanRepository(table)),
        of_books.now: _providing(NOW),
        of_books.random_bits: _providing(lambda _: 1),
    }


def _users(table: Table, settings: dict[str, Any]) -> dict[Callable[..., Any], Callable[..., Any]]:
    return {
        of_users.user_repository: _providing(DynamoUserRepository(table)),
        of_users.password_repository: _providing(DynamoPasswordRepository(table)),
        of_users.failure_repository: _providing(DynamoFailureRepository(table)),
        of_users.settings: _providing(Settings(**{"TABLE_NAME": "none", "PUBLIC_USER_READ": True} | settings)),
        of_users.now: _providing(NOW),
        of_users.random_bits: _providing(lambda _: 1),
    }


OVERRIDES = {"books": _books, "users": _users}
