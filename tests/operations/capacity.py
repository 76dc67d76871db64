"""What calls cost in capacity units, by AWS's published rules and from the items that they touch.

Rules: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html, transactions:
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html, indexes:
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html, sizes of items:
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html.
"""

import math
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

type Item = Mapping[str, Mapping[str, Any]]  # attribute values as DynamoDB sends them

READ_BYTES = 4096
WRITE_BYTES = 1024
TRANSACTION = 2  # a transactional call costs twice the plain one


class Units(NamedTuple):
    """Read units, write units of the table, and write units of its indexes."""

    read: Decimal = Decimal(0)
    write: Decimal = Decimal(0)
    replicated: Decimal = Decimal(0)

    def plus(self, other: "Units") -> "Units":
        return Units(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))


def total(units: Iterable[Units]) -> Units:
    """The sum."""
    found = Units()
    for each in units:
        found = found.plus(each)
    return found


def read(items: Iterable[Item], *, consistent: bool) -> Units:
    """A GetItem or Query: its items together, in steps of 4 KB, half of it where it may be stale; at least one step."""
    steps = max(1, math.ceil(sum(map(size, items)) / READ_BYTES))
    return Units(read=steps * (Decimal(1) if consistent else Decimal("0.5")))


def write(
    before: Item | None,
    after: Item | None,
    indexes: Iterable[Mapping[str, Any]],
    keys: Iterable[str],
    *,
    together: bool,
) -> Units:
    """A write of one item, which may be one of a transaction's; also one that a condition refused.

    An index is written when what it projects has changed: once, or twice when the entry moves to another key.
    """
    largest = max(size(before or {}), size(after or {}))
    units = blocks(largest) * (TRANSACTION if together else 1)
    return Units(write=units, replicated=sum((_index(before, after, index, [*keys]) for index in indexes), Decimal(0)))


def check(item: Item | None) -> Units:
    """A transaction's condition on an item that it does not write."""
    return Units(write=blocks(size(item or {})) * TRANSACTION)


def blocks(number: int) -> Decimal:
    """Write units of an item of so many bytes."""
    return Decimal(max(1, math.ceil(number / WRITE_BYTES)))


def size(item: Item) -> int:
    """An item's bytes: names and values of its attributes."""
    return sum(len(name.encode()) + _value(value) for name, value in item.items())


def _value(value: Mapping[str, Any]) -> int:
    [(kind, content)] = value.items()
    match kind:
        case "S":
            return len(content.encode())
        case "N":
            return _number(content)
        case "BOOL" | "NULL":
            return 1
        case "SS":
            return sum(len(text.encode()) for text in content)
        case "L":
            return 3 + sum(1 + _value(element) for element in content)
        case "M":
            return 3 + sum(1 + len(name.encode()) + _value(element) for name, element in content.items())
    raise NotImplementedError(kind)


def _number(text: str) -> int:
    """About a byte for each two significant digits, and one more; another for a negative number."""
    digits = text.lstrip("-").strip("0") or "0"
    return math.ceil(len(digits) / 2) + 1 + text.startswith("-")


def _index(before: Item | None, after: Item | None, index: Mapping[str, Any], keys: list[str]) -> Decimal:
    old, new = (_entry(item, index, keys) for item in (before, after))
    own = [key["AttributeName"] for key in index["KeySchema"]]
    if old == new:
        return Decimal(0)
    if old is not None and new is not None and all(old[name] == new[name] for name in own):
        return blocks(max(size(old), size(new)))
    return sum((blocks(size(entry)) for entry in (old, new) if entry is not None), Decimal(0))


def _entry(item: Item | None, index: Mapping[str, Any], keys: list[str]) -> Item | None:
    """What the index holds of an item; None when it lacks one of the index's keys."""
    own = [key["AttributeName"] for key in index["KeySchema"]]
    if item is None or not all(name in item for name in own):
        return None
    projection = index["Projection"]
    if projection["ProjectionType"] == "ALL":
        return item
    shown = {*keys, *own, *projection.get("NonKeyAttributes", [])}
    return {name: value for name, value in item.items() if name in shown}
