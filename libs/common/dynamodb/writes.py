"""Writes of a table's items, and their requests of DynamoDB's API."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from common.dynamodb.conditions import Attr, Condition
from common.dynamodb.items import Plain, encode

# The attribute by which a conditional write knows its own earlier attempt. `Table` hides it.
WRITE_ID: Final = "write_id"
WRITE_ID_BYTES: Final = 12

EXISTS: Final = Attr("pk").exists()
IS_NEW: Final = Attr("pk").not_exists()


class ItemKey(NamedTuple):
    """The primary key of an item."""

    pk: str
    sk: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Put:
    """Store an item, replacing the one with the same key if there is one.

    Attributes:
        item: The item.
        condition: On the stored item.
        is_final: Whether a condition that fails will never hold, so that a refusal is one even after a lost attempt.
    """

    item: Mapping[str, Plain]
    condition: Condition | None = None
    is_final: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """Change some attributes of an item; without a condition, a missing item is created."""

    key: ItemKey
    set: Mapping[str, Plain] = field(default_factory=dict)
    remove: Sequence[str] = ()
    condition: Condition | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Delete:
    """Remove an item."""

    key: ItemKey
    condition: Condition | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """Write nothing, but make the other writes depend on this condition."""

    key: ItemKey
    condition: Condition


type Write = Put | Update | Delete | Check


class ConditionsFailed(Exception):  # noqa: N818 - an outcome of `write` that callers translate
    """At least one condition does not hold; nothing was written.

    Attributes:
        found: The stored item (None if it does not exist) for each write whose condition failed, by its position.
    """

    def __init__(self, found: Mapping[int, dict[str, Any] | None]) -> None:
        super().__init__(f"the conditions of the writes {sorted(found)} do not hold")
        self.found = found


def request_of(write: Write, table_name: str, write_id: str | None = None) -> tuple[str, dict[str, Any]]:
    """Return the name of the operation and its request, alike for a single write and for a transaction."""
    request: dict[str, Any] = {"TableName": table_name}
    if write.condition is not None:
        request |= write.condition.expressed("ConditionExpression")
        request["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
    added = {} if write_id is None else {WRITE_ID: write_id}
    match write:
        case Put(item=item):
            return "Put", request | {"Item": encode({**item, **added})}
        case Update():
            request["Key"] = key_of(write)
            return "Update", _with_update(request, {**write.set, **added}, write.remove)
        case Delete():
            return "Delete", request | {"Key": key_of(write)}
    return "ConditionCheck", request | {"Key": key_of(write)}


def key_of(write: Write) -> dict[str, Any]:
    """Return the key of the item as attribute values."""
    if isinstance(write, Put):
        return encode({name: write.item[name] for name in ItemKey._fields})
    return encode(write.key._asdict())


def _with_update(request: dict[str, Any], changed: Mapping[str, Plain], removed: Sequence[str]) -> dict[str, Any]:
    names = request.setdefault("ExpressionAttributeNames", {})
    values = request.setdefault("ExpressionAttributeValues", {})
    assignments, removals = [], []
    for at, (name, value) in enumerate(changed.items()):
        names[f"#s{at}"] = name
        values |= encode({f":s{at}": value})
        assignments.append(f"#s{at} = :s{at}")
    for at, name in enumerate(removed):
        names[f"#r{at}"] = name
        removals.append(f"#r{at}")
    clauses = [("SET", assignments), ("REMOVE", removals)]
    request["UpdateExpression"] = " ".join(f"{word} {', '.join(parts)}" for word, parts in clauses if parts)
    return {name: value for name, value in request.items() if value}
