"""Many items at once, put where moto keeps them: its API would take minutes."""

from typing import Any

from moto.core import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends

from common.items import Plain, encode
from common.table import ItemKey, Put, Table, Update, Write

REGION = "eu-central-1"


class FillingTable(Table):
    """A table into which repositories put items and change them, whatever their conditions say."""

    def __init__(self, table: Table) -> None:
        super().__init__(table._client, table._name)
        self._items: dict[ItemKey, dict[str, Plain]] = {}

    def write(self, *writes: Write) -> None:
        for write in writes:
            match write:
                case Put(item=item):
                    self._keep({**item})
                case Update(key=key, set=changed):
                    self._keep({**self._items[key], **changed})
                case _:
                    raise NotImplementedError(f"filling a table by {write}")

    def _keep(self, item: dict[str, Plain]) -> None:
        self._items[ItemKey(str(item["pk"]), str(item["sk"]))] = item
        _kept(self._name).put_item(encode(item))


def emptied(table_name: str) -> None:
    """Let the table hold nothing."""
    _kept(table_name).items.clear()


def items_in(table_name: str) -> int:
    """How many items the table holds."""
    return sum(map(len, _kept(table_name).items.values()))


def _kept(table_name: str) -> Any:
    return dynamodb_backends[DEFAULT_ACCOUNT_ID][REGION].tables[table_name]
