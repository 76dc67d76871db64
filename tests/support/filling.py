"""Stores many items directly in moto, because its API would take minutes."""

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from moto.core import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.dynamo_type import DynamoType, Item

from common.dynamodb.items import Plain, encode
from common.dynamodb.table import Table
from common.dynamodb.writes import ItemKey, Put, Update, Write

REGION = "eu-central-1"

type StoredItems = dict[str, dict[str, Item]]
"""The items of a table by their keys, as moto stores them."""


class _Collecting(Table):
    """A table that collects the writes of repositories in memory and ignores their conditions."""

    def __init__(self, table: Table) -> None:
        super().__init__(table._client, table._name, shards=table.shards)
        self.items: dict[ItemKey, dict[str, Plain]] = {}

    def get(self, key: ItemKey) -> dict[str, Any] | None:
        return self.items.get(key) or super().get(key)

    def write(self, *writes: Write) -> None:
        for write in writes:
            match write:
                case Put(item=item):
                    self.items[ItemKey(str(item["pk"]), str(item["sk"]))] = dict(item)
                case Update(key=key, set=changed):
                    self.items[key] |= changed
                case _:
                    raise NotImplementedError(f"filling a table by {write}")


@contextmanager
def filling(table: Table) -> Iterator[Table]:
    """Yield a table that collects writes, and store its items at the end."""
    collecting = _Collecting(table)
    yield collecting
    stored = _moto_table(table._name).items
    for key, item in collecting.items.items():
        hash_key, range_key = (DynamoType({"S": part}) for part in key)
        stored[hash_key][range_key] = Item(hash_key, range_key, encode(item))


def emptied(table_name: str) -> None:
    """Delete all items of the table."""
    _moto_table(table_name).items.clear()


def items_of(table_name: str) -> StoredItems:
    """Return a copy of all items of the table."""
    return copy.deepcopy(dict(_moto_table(table_name).items))


def replace_items(table_name: str, items: StoredItems) -> None:
    """Replace all items of the table by copies of these."""
    stored = _moto_table(table_name).items
    stored.clear()
    stored.update(copy.deepcopy(items))


def items_in(table_name: str) -> int:
    """Return the number of items in the table."""
    return sum(map(len, _moto_table(table_name).items.values()))


def _moto_table(table_name: str) -> Any:
    return dynamodb_backends[DEFAULT_ACCOUNT_ID][REGION].tables[table_name]
