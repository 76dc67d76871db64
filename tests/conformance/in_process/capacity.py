"""Read and write units of calls by the rules that AWS publishes; nothing here is measured.

Sources, all below https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/:
CapacityUnitCalculations.html (sizes of items), read-write-operations.html (units, failed conditions),
GSI.html#GSI.ThroughputConsiderations (indexes), transaction-apis.html (transactions).
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.conformance.in_process.recorder import Call, Item, Touched

READ_BYTES = 4096
WRITE_BYTES = 1024


@dataclass(frozen=True)
class Units:
    """Read units, write units of the table, and write units of its indexes."""

    read: float = 0
    table: int = 0
    indexes: int = 0

    def __add__(self, other: "Units") -> "Units":
        return Units(self.read + other.read, self.table + other.table, self.indexes + other.indexes)


@dataclass(frozen=True)
class Index:
    """A global secondary index: its keys, and which attributes it holds beside all primary keys (None: all)."""

    name: str
    keys: tuple[str, ...]
    projected: frozenset[str] | None

    def entry(self, item: Item | None) -> Item | None:
        """What the index holds of an item; None when the item lacks one of its keys."""
        if item is None or not all(key in item for key in self.keys):
            return None
        if self.projected is None:
            return item
        held = {"pk", "sk", *self.keys, *self.projected}
        return {name: value for name, value in item.items() if name in held}


def indexes_of(schema: Mapping[str, Any]) -> list[Index]:
    """The indexes that a `table.json` describes."""
    indexes = []
    for described in schema.get("GlobalSecondaryIndexes", []):
        projection = described["Projection"]
        attributes = None if projection["ProjectionType"] == "ALL" else projection.get("NonKeyAttributes", [])
        keys = tuple(key["AttributeName"] for key in described["KeySchema"])
        indexes.append(Index(described["IndexName"], keys, None if attributes is None else frozenset(attributes)))
    return indexes


def item_bytes(item: Item) -> int:
    """The size of an item: the names of its attributes and their values."""
    return sum(len(name.encode()) + value_bytes(value) for name, value in item.items())


def value_bytes(value: Mapping[str, Any]) -> int:
    """The size of an attribute's value; of a set, for which AWS names no overhead, that of its elements."""
    [(kind, content)] = value.items()
    match kind:
        case "S":
            return len(content.encode())
        case "N":
            digits = content.replace(".", "").lstrip("-0").rstrip("0")
            return math.ceil(len(digits) / 2) + 1
        case "BOOL" | "NULL":
            return 1
        case "SS":
            return sum(len(element.encode()) for element in content)
        case "L":
            return 3 + sum(1 + value_bytes(element) for element in content)
        case "M":
            return 3 + sum(1 + len(name.encode()) + value_bytes(element) for name, element in content.items())
    raise NotImplementedError(f"the size of a value of type {kind}")


def units_of(call: Call, indexes: Iterable[Index]) -> Units:
    """What a call consumes; for a refused transaction, whose share AWS does not spell out, as if it had been stored."""
    if call.operation == "Query":
        # An index is read eventually consistently, which takes half a unit; all that was found is rounded up together.
        return Units(read=_times(sum(map(item_bytes, call.found)), READ_BYTES) / 2)
    if call.operation == "GetItem":
        [item] = call.touched
        whole = _times(item_bytes(item.before or {}), READ_BYTES)
        return Units(read=whole if call.parameters.get("ConsistentRead") else whole / 2)
    if call.transacted or call.touched[0].write:
        return sum((_written(item, indexes, 2 if call.transacted else 1) for item in call.touched), Units())
    raise NotImplementedError(f"the units of {call.operation}")


def _written(item: Touched, indexes: Iterable[Index], factor: int) -> Units:
    largest = max(item_bytes(image or {}) for image in (item.before, item.after, item.wanted))
    propagated = sum(_propagated(index.entry(item.before), index.entry(item.after), index.keys) for index in indexes)
    return Units(table=factor * _times(largest, WRITE_BYTES), indexes=propagated)


def _propagated(before: Item | None, after: Item | None, keys: Iterable[str]) -> int:
    if before == after:
        return 0
    if before and after and all(before[key] == after[key] for key in keys):
        return _times(max(item_bytes(before), item_bytes(after)), WRITE_BYTES)
    return sum(_times(item_bytes(entry), WRITE_BYTES) for entry in (before, after) if entry)


def _times(size: int, unit: int) -> int:
    return max(1, math.ceil(size / unit))
