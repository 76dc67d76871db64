"""Every DynamoDB call of a client: what it asks for, how many items it reads, and what it costs by AWS's rules."""

import copy
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.dynamo_type import DynamoType

from tests.operations import capacity
from tests.operations.capacity import Item, Units

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ROOT = Path(__file__).parents[2]
ACCOUNT, REGION = "123456789012", "eu-central-1"
KEYS = ("pk", "sk")
FILTERS = ("FilterExpression", "QueryFilter", "ScanFilter")
WRITES = {"PutItem": "Put", "UpdateItem": "Update", "DeleteItem": "Delete"}


@dataclass(frozen=True)
class Call:
    """One call.

    Attributes:
        said: Operation, table or index, kinds of items; limit and filter if there are any.
        limit: Of a query.
        scanned: How many items a query has looked at.
        units: What it costs.
    """

    said: str
    limit: int | None
    scanned: int | None
    units: Units


@dataclass
class Recorder:
    """Notes the calls of one client on one service's table, in their order."""

    client: "DynamoDBClient"
    service: str
    table: str
    calls: list[Call] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._schema = json.loads((ROOT / "services" / self.service / "table.json").read_text())
        self._before: list[Item | None] = []
        self._asked: dict[str, Any] = {}
        events = self.client.meta.events
        events.register("provide-client-params.dynamodb", self._asks)
        events.register("after-call.dynamodb", self._answered)

    def _asks(self, params: dict[str, Any], **_: object) -> None:
        self._asked = copy.deepcopy(params)
        self._before = [copy.deepcopy(self._stored(part)) for _, part in _parts("", params)]

    def _answered(self, parsed: dict[str, Any], model: Any, **_: object) -> None:
        operation, asked = str(model.name), self._asked
        units = Units()
        match operation:
            case "GetItem":
                items = [parsed["Item"]] if "Item" in parsed else []
                units = capacity.read(items, consistent=asked.get("ConsistentRead", False))
            case "Query":
                units = capacity.read(parsed["Items"], consistent=False)
            case _:
                units = capacity.total(self._written(operation, asked))
        self.calls.append(Call(self._said(operation, asked), asked.get("Limit"), parsed.get("ScannedCount"), units))

    def _written(self, operation: str, asked: Mapping[str, Any]) -> Iterator[Units]:
        for before, (kind, part) in zip(self._before, _parts(operation, asked), strict=True):
            if kind == "ConditionCheck":
                yield capacity.check(before)
                continue
            indexes = self._schema["GlobalSecondaryIndexes"]
            together = operation == "TransactWriteItems"
            yield capacity.write(before, self._stored(part), indexes, KEYS, together=together)

    def _said(self, operation: str, asked: Mapping[str, Any]) -> str:
        table = asked.get("TableName") or next(iter(_parts(operation, asked)))[1]["TableName"]
        assert table == self.table
        place = self.service + (f"/{asked['IndexName']}" if "IndexName" in asked else "")
        if operation == "Query":
            said = f"Query {place} limit {asked.get('Limit')}"
        elif operation == "TransactWriteItems":
            said = f"{operation} {place} " + ", ".join(f"{kind} {_kind(part)}" for kind, part in _parts("", asked))
        else:
            said = f"{operation} {place} {_kind(asked)}"
        return said + "".join(f" {name}" for name in FILTERS if name in asked)

    def _stored(self, part: Mapping[str, Any]) -> Item | None:
        """The item that a call is about as it is now, read behind the client's back."""
        key = part.get("Item") or part.get("Key")
        if key is None:
            return None
        table = dynamodb_backends[ACCOUNT][REGION].get_table(self.table)
        item = table.get_item(DynamoType(key["pk"]), DynamoType(key["sk"]))
        return item.to_json()["Attributes"] if item else None


def _parts(operation: str, asked: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    """The items that a call is about, each with what happens to it."""
    if "TransactItems" in asked:
        return [pair for element in asked["TransactItems"] for pair in element.items()]
    return [(WRITES.get(operation, operation), asked)]


def _kind(part: Mapping[str, Any]) -> str:
    """What sort of item it is: the first part of its range key."""
    key = part.get("Item") or part["Key"]
    kind: str = key["sk"]["S"].partition("#")[0]
    return kind
