"""What a client asks of DynamoDB, seen by botocore's own events, with the items that each call touches."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from botocore.exceptions import EndpointConnectionError

if TYPE_CHECKING:
    from botocore.model import OperationModel
    from mypy_boto3_dynamodb import DynamoDBClient

type Item = Mapping[str, Any]

# How the writes are named where they stand alone, and in a transaction.
WRITES = {"PutItem": "Put", "UpdateItem": "Update", "DeleteItem": "Delete"}
# What says which item, what to write and under which condition; of all other parameters the name is told, so that a
# new one, such as a filter, is seen.
TOLD_OTHERWISE = {
    "ConditionExpression",
    "ExpressionAttributeNames",
    "ExpressionAttributeValues",
    "IndexName",
    "Item",
    "Key",
    "KeyConditionExpression",
    "ReturnValuesOnConditionCheckFailure",
    "TableName",
    "UpdateExpression",
}


class Touched(NamedTuple):
    """An item that a call reads or writes: as it was and as it is afterwards, and what a put wanted to store."""

    write: str | None
    before: Item | None
    after: Item | None
    wanted: Item | None


@dataclass
class Call:
    """A call of DynamoDB's API; for a query, `scanned` is its ScannedCount."""

    operation: str
    parameters: Mapping[str, Any]
    refused: bool = False
    scanned: int | None = None
    found: list[Item] = field(default_factory=list)
    touched: list[Touched] = field(default_factory=list)

    @property
    def transacted(self) -> bool:
        return self.operation == "TransactWriteItems"

    @property
    def requests(self) -> list[tuple[str | None, Mapping[str, Any]]]:
        """Each item's kind of write (None: it is read) and its parameters."""
        if self.transacted:
            return [(kind, request) for item in self.parameters["TransactItems"] for kind, request in item.items()]
        return [(WRITES.get(self.operation), self.parameters)]

    @property
    def tables(self) -> set[str]:
        return {request["TableName"] for _, request in self.requests}

    def __str__(self) -> str:
        """The call in one line: what it touches, and each parameter that decides what it costs or may return."""
        if self.operation == "Query":
            return ", ".join([f"Query {self.parameters.get('IndexName', 'the table')}", *_others(self.parameters)])
        if self.transacted:
            # botocore adds the token, by which DynamoDB knows its retries.
            others = [name for name in self.parameters if name not in {"TransactItems", "ClientRequestToken"}]
            return f"{self.operation}: {'; '.join([_told(kind, item) for kind, item in self.requests] + others)}"
        return _told(self.operation, self.parameters)


class Recorder:
    """Notes the calls of a client; looks at the items through another one, whose calls are not noted."""

    def __init__(self, client: "DynamoDBClient", observer: "DynamoDBClient") -> None:
        self._client = client
        self._observer = observer
        self._calls: list[Call] | None = None
        self._before: list[Item | None] = []
        client.meta.events.register("provide-client-params.dynamodb.*", self._begin)
        client.meta.events.register("after-call.dynamodb.*", self._end)

    @contextmanager
    def recording(self) -> Iterator[list[Call]]:
        """Hand out the list to which every call is added until the end."""
        self._calls = []
        try:
            yield self._calls
        finally:
            self._calls = None

    @contextmanager
    def disconnected(self) -> Iterator[None]:
        """Let every call of the client fail as if nothing listened at DynamoDB's address."""
        self._client.meta.events.register_first("before-call.dynamodb", _fail)
        try:
            yield
        finally:
            self._client.meta.events.unregister("before-call.dynamodb", _fail)

    def _begin(self, params: Mapping[str, Any], model: "OperationModel", **_: object) -> None:
        if self._calls is not None:
            call = Call(model.name, params)
            self._calls.append(call)
            self._before = self._look(call)

    def _end(self, parsed: Mapping[str, Any], **_: object) -> None:
        if self._calls is None:
            return
        call = self._calls[-1]
        call.refused = "Error" in parsed
        call.scanned = parsed.get("ScannedCount")
        call.found = parsed.get("Items", [])
        images = zip(call.requests, self._before, self._look(call), strict=False)
        call.touched = [Touched(kind, old, new, request.get("Item")) for (kind, request), old, new in images]

    def _look(self, call: Call) -> list[Item | None]:
        if call.operation == "Query":
            return []
        return [
            self._observer.get_item(TableName=request["TableName"], Key=_key(request)).get("Item")
            for _, request in call.requests
        ]


def kind_of(item: Item) -> str:
    """Return what an item is: its sort key up to the first `#`."""
    kind: str = item["sk"]["S"]
    return kind.partition("#")[0]


def _fail(**_: object) -> None:
    raise EndpointConnectionError(endpoint_url="https://dynamodb.eu-central-1.amazonaws.com")


def _key(request: Mapping[str, Any]) -> dict[str, Any]:
    return {name: request.get("Key", request.get("Item", {}))[name] for name in ("pk", "sk")}


def _told(name: str | None, request: Mapping[str, Any]) -> str:
    # A check is nothing but its condition.
    condition = " if" if "ConditionExpression" in request and name != "ConditionCheck" else ""
    return ", ".join([f"{name} {kind_of(_key(request))}{condition}", *_others(request)])


def _others(request: Mapping[str, Any]) -> list[str]:
    shown = {name: value for name, value in request.items() if name not in TOLD_OTHERWISE}
    return [f"{name} {'' if isinstance(value, dict) else value}".rstrip() for name, value in sorted(shown.items())]
