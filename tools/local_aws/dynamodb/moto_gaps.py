"""DynamoDB: makes calls atomic, and transactions fast and idempotent; restored tables have their source's settings.

moto 5.2.5 has no lock, so concurrent calls can both pass one condition, or undo each other's writes. For each
transaction it copies all of its tables completely, to be able to undo it. It ignores tokens of transactions.
"""

import copy
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from moto.core.common_types import TYPE_RESPONSE
from moto.core.responses import ActionResult
from moto.dynamodb import urls
from moto.dynamodb.exceptions import ResourceNotFoundException
from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.dynamo_type import DynamoType, Item
from moto.dynamodb.models.table import Table
from moto.dynamodb.responses import DynamoHandler

from local_aws.dynamodb.tokens import Tokens

_one_call_at_a_time = threading.Lock()
_tokens = Tokens()


def apply() -> None:
    """Fill the gap for every server that this process starts afterwards."""
    for path in urls.url_paths:
        urls.url_paths[path] = AtomicHandler.dispatch


def key_attributes() -> frozenset[str]:
    """Return the names of the attributes that are keys of any table or index."""
    regions = [region for account in dynamodb_backends.values() for region in account.values()]
    tables = [table for region in regions for table in list(region.tables.values())]
    return frozenset(attribute["AttributeName"] for table in tables for attribute in table.attr)


class AtomicHandler(DynamoHandler):
    """Every call is atomic, as DynamoDB promises for single items and for transactions."""

    def call_action(self) -> TYPE_RESPONSE:
        """Serve one call at a time."""
        with _one_call_at_a_time:
            answer: TYPE_RESPONSE = super().call_action()
            return answer

    def transact_write_items(self) -> ActionResult:
        """Write all of the items or none, and those of a token once."""
        request = dict(self.body)
        token = request.pop("ClientRequestToken", None)
        if token is None:
            return self._transact_write_items()
        with _tokens.used((self.current_account, self.region, token), request) as is_new:
            return self._transact_write_items() if is_new else ActionResult({})

    def _transact_write_items(self) -> ActionResult:
        """Copy only the written items, so that the time does not grow with the table."""
        undo = list(self._undo())
        try:
            with _tables_stand_for_their_copies():
                return super().transact_write_items()
        except Exception:
            for restore in undo:
                restore()
            raise

    def restore_table_to_point_in_time(self) -> ActionResult:
        """Keep the source's billing mode and encryption, which moto forgets.

        https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_RestoreTableToPointInTime.html.
        """
        result = super().restore_table_to_point_in_time()
        source = self.dynamodb_backend.get_table(self.body["SourceTableName"])
        restored = self.dynamodb_backend.get_table(self.body["TargetTableName"])
        restored.billing_mode = source.billing_mode
        restored.sse_specification = source.sse_specification
        return result

    def _undo(self) -> Iterator[Callable[[], None]]:
        for element in self.body["TransactItems"]:
            for operation in element.values():
                try:
                    table = self.dynamodb_backend.get_table(operation["TableName"])
                    attributes = operation.get("Item") or operation["Key"]
                    hash_key = DynamoType(attributes[table.hash_key_attr])
                    range_key = DynamoType(attributes[table.range_key_attr]) if table.has_range_key else None
                except (KeyError, ResourceNotFoundException):
                    continue  # moto rejects it
                yield partial(_restore, table, hash_key, range_key, copy.deepcopy(table.get_item(hash_key, range_key)))
                if table.stream_shard is not None:
                    yield partial(_shorten, table.stream_shard.items, len(table.stream_shard.items))


@contextmanager
def _tables_stand_for_their_copies() -> Iterator[None]:
    """Make moto's copies of tables the tables themselves, so that copying and restoring do nothing."""
    Table.__deepcopy__ = _itself  # type: ignore[attr-defined]
    try:
        yield
    finally:
        del Table.__deepcopy__  # type: ignore[attr-defined]


def _itself(table: Table, _memo: dict[int, Any]) -> Table:
    return table


def _restore(table: Table, hash_key: DynamoType, range_key: DynamoType | None, item: Item | None) -> None:
    items: Any = table.items if range_key is None else table.items[hash_key]
    key = hash_key if range_key is None else range_key
    if item is None:
        items.pop(key, None)
    else:
        items[key] = item


def _shorten(records: list[Any], length: int) -> None:
    del records[length:]
