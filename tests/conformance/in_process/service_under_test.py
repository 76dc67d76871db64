"""A service's own handler on a table in memory, and everything that each request leaves behind."""

import importlib
import io
import itertools
import json
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext, redirect_stdout
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import boto3
import pytest

from common.lambda_handler import Handler
from common.auth.keys import SigningKey
from common.dynamodb.table import Table
from common.runtime import runtime_of
from tests.conformance.found import SERVICES, profile, service_file
from tests.conformance.in_process.recorder import Call, Recorder
from tests.conformance.wire import Request
from tests.support.emf import Blob, blobs
from tests.support.filling import StoredItems, emptied, items_of, replace_items
from tests.support.handlers import packaged_like
from tests.support.lambda_context import FakeLambdaContext
from tests.support.profile import (
    ANONYMOUS,
    FOREIGN,
    FORGED,
    OTHER,
    OWNER,
    Case,
    Operation,
    Overrides,
    Profile,
    Sent,
    Store,
)
from tests.support.tokens import bearer
from tests.support.traces import Traces, recorded_traces

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

UNKNOWN_KEY: Final = SigningKey.of("a key that no deployment has ever had, long enough for HS256")

UNDISTURBED: Final = nullcontext()


@dataclass(frozen=True)
class Response:
    """A response, as problems are checked."""

    status_code: int
    headers: Mapping[str, str]
    body: str

    def json(self) -> Any:
        """Return the decoded body."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Exchange:
    """A request's response, and everything that it left behind.

    Attributes:
        table_name: The service's own table.
        calls: Of DynamoDB.
        lines: Log lines, without metrics.
        metrics: Blobs of metrics.
        spans: Subsegments of the invocation's trace.
        tree: Names of subsegments, of each those below it.
        written: All that was written to standard output.
    """

    table_name: str
    response: Response
    calls: list[Call]
    lines: list[dict[str, Any]]
    metrics: list[Blob]
    spans: list[dict[str, Any]]
    tree: Mapping[str, Any]
    written: str

    def counted(self) -> dict[str, float]:
        """Return the metrics without any dimension but the service, as the domain's are."""
        return next((blob.counted() for blob in self.metrics if set(blob.dimensions) == {"service"}), {})

    def line(self, message: str) -> dict[str, Any]:
        """Return the only log line with that message."""
        [found] = [each for each in self.lines if each["message"] == message]
        return found

    def span(self, name: str) -> dict[str, Any]:
        """Return the only subsegment of that name."""
        [found] = [each for each in self.spans if each["name"] == name]
        return found


class ServiceUnderTest:
    """A handler with its table, its callers and its telemetry.

    Attributes:
        context: Of the next invocations.
    """

    def __init__(
        self, name: str, handler: Handler, table: Table, recorder: Recorder, traces: Traces, output: io.StringIO
    ) -> None:
        self.name = name
        self.table = table
        self._profile: Profile = profile(name)
        self._handler = handler
        self._recorder = recorder
        self._traces = traces
        self._output = output
        self._numbers = itertools.count(1)
        self.context = FakeLambdaContext()

    @property
    def profile(self) -> Profile:
        """The service's profile."""
        return self._profile

    def play(
        self,
        operation: Operation,
        case: Case,
        role: str | None = None,
        during: AbstractContextManager[object] = UNDISTURBED,
    ) -> Exchange:
        """Send the case's request when only what it needs is stored.

        Args:
            operation: The operation.
            case: The case.
            role: The caller, if it is not that of the case.
            during: What holds while the request itself is served, but not before.
        """
        self.store(case.before or self._profile.before)
        sender = role or operation.sender(case)
        path = operation.path.format(**{**self._profile.parameters, **case.parameters})
        sent = operation.send(0) if case.sent is None else case.sent
        with overridden(self.name, case.overrides):
            if case.sent_before is not None:
                earlier = self.send(operation.method, path, case.sent_before, headers=self.headers(sender))
                assert succeeded(earlier), earlier.response
            with during:
                return self.send(operation.method, path, sent, headers=self.headers(sender))

    def play_without_database(self, operation: Operation, case: Case) -> Exchange:
        """Send the case's request while no call reaches DynamoDB."""
        with self._recorder.disconnected():
            return self.play(operation, case)

    def read_broken_item(self) -> Exchange:
        """Send the profile's request that reads an item which does not decode."""
        broken = self._profile.broken
        client: DynamoDBClient = self.table._client
        client.put_item(TableName=self.table._name, Item=dict(broken.item))
        return self.send(broken.method, broken.path, {}, headers={})

    def store(self, store: Store) -> None:
        """Empty the table and store what is given."""
        emptied(self.table._name)
        store(self.table)

    def headers(self, role: str) -> dict[str, str]:
        """Return the headers by which a caller of that role authenticates."""
        if role == ANONYMOUS:
            return {}
        if role == FORGED:
            return bearer(self._profile.roles[OWNER].subject, key=UNKNOWN_KEY)
        if role == FOREIGN:
            return bearer(self._profile.roles[OTHER].subject, *foreign_scopes(self.name))
        caller = self._profile.roles[role]
        return bearer(caller.subject, *caller.scopes, auth_time=int(time.time()) - caller.login_age)

    def send(self, method: str, path: str, sent: Sent, headers: Mapping[str, str]) -> Exchange:
        """Send a request in a trace of its own."""
        with self._recorder.recording() as calls:
            exchange = self.invoke(Request.of(method, path, sent, headers).event(self.next_id()))
        return replace(exchange, calls=calls)

    def next_id(self) -> str:
        """Return a new request id."""
        return f"request-{next(self._numbers):08}"

    def invoke(self, event: dict[str, Any]) -> Exchange:
        """Pass an event to the handler in a trace of its own, without recording the calls, which takes most time."""
        self._traces.next()
        self._output.seek(0)
        self._output.truncate()
        answer = self._handler(event, self.context)
        written = self._output.getvalue()
        lines = [json.loads(line) for line in written.splitlines()]
        return Exchange(
            table_name=self.table._name,
            response=Response(answer["statusCode"], answer["headers"], answer["body"]),
            calls=[],
            lines=[line for line in lines if "_aws" not in line],
            metrics=blobs(lines),
            spans=list(self._traces.documents),
            tree=self._traces.tree(),
            written=written,
        )

    def stored(self) -> StoredItems:
        """Return all items of the table."""
        return items_of(self.table._name)

    def restore(self, items: StoredItems) -> None:
        """Replace all items of the table."""
        replace_items(self.table._name, items)


def foreign_scopes(service: str) -> list[str]:
    """Return the scopes that other services define, and one that no service does."""
    others = (scope for other in SERVICES if other != service for scope in service_file(other).scopes)
    return [*others, "nothing:admin"]


@contextmanager
def overridden(service: str, overrides: Overrides) -> Iterator[None]:
    """Replace dependencies of a service's application."""
    app = importlib.import_module(f"{service}.app").app
    before = dict(app.dependency_overrides)
    app.dependency_overrides |= overrides
    try:
        yield
    finally:
        app.dependency_overrides = before


@contextmanager
def serving(
    name: str, function_environment: Mapping[str, str], variables: Mapping[str, str]
) -> Iterator[ServiceUnderTest]:
    """Run a service's handler as Lambda does, on a table in memory.

    Args:
        name: The service.
        function_environment: What the fixture of that name has set; it is needed for its effect.
        variables: Of the service's own environment, where they are not the usual ones.
    """
    assert function_environment
    output = io.StringIO()
    app = importlib.import_module(f"{name}.app").app
    with pytest.MonkeyPatch.context() as monkeypatch, redirect_stdout(output):
        # Python's loggers live as long as the process and keep their first stream.
        monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", f"{name}-{uuid.uuid4()}")
        with (
            recorded_traces(monkeypatch) as traces,
            packaged_like(name, monkeypatch, variables) as handler,
            closing(_client()) as client,
            overridden(name, profile(name).overrides),
        ):
            recorder = Recorder(runtime_of(app).dynamodb, client)
            [table_name] = client.list_tables()["TableNames"]
            table = Table(client, table_name, shards=runtime_of(app).shards)
            yield ServiceUnderTest(name, handler, table, recorder, traces, output)


def _client() -> "DynamoDBClient":
    # Not the service's own: the recorder does not see what this one does.
    client: DynamoDBClient = boto3.client("dynamodb")
    return client


def succeeded(exchange: Exchange) -> bool:
    """Return whether the request was served."""
    return exchange.response.status_code < HTTPStatus.BAD_REQUEST
