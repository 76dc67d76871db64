"""A DynamoDB table of plain items: reads, conditional writes, and pages of an index."""

import base64
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from common.dynamodb.client import AGAIN, CONDITION_FAILED, DatabaseUnavailable, DynamoCall, OutcomeUnknown
from common.dynamodb.conditions import Attr
from common.dynamodb.items import decode, encode
from common.dynamodb.shards import ONE, Merge, Shards
from common.dynamodb.writes import (
    WRITE_ID,
    WRITE_ID_BYTES,
    ConditionsFailed,
    Delete,
    ItemKey,
    Put,
    Update,
    Write,
    key_of,
    request_of,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True, slots=True)
class Index:
    """A global secondary index: its name, and the attributes that are its hash and range key."""

    name: str
    hash_key: str
    range_key: str


class Found(NamedTuple):
    """Items of an index, and whether more follow."""

    items: list[dict[str, Any]]
    more: bool


class Table:
    """A table with keys `pk` and `sk`, read and written as plain items.

    Args:
        client: A client of DynamoDB.
        name: The table's name.
        pause: Waits the given number of seconds between two attempts.
        shards: Over how many keys of an index each list is spread.
    """

    def __init__(
        self, client: "DynamoDBClient", name: str, pause: Callable[[float], None] = time.sleep, shards: Shards = ONE
    ) -> None:
        self._client = client
        self._name = name
        self._pause = pause
        self.shards = shards

    def get(self, key: ItemKey) -> dict[str, Any] | None:
        """Return the item with this key, or None, by a strongly consistent read.

        Raises:
            DatabaseUnavailable: DynamoDB timed out or throttled the call.
        """
        item = self._stored(encode(key._asdict()))
        return _found(item)

    def _stored(self, key: dict[str, Any]) -> dict[str, Any] | None:
        request = {"TableName": self._name, "Key": key, "ConsistentRead": True}
        item: dict[str, Any] | None = self._call("get_item").make(request).get("Item")
        return item

    def query(self, index: Index, value: str, *, limit: int, after: Mapping[str, str] | None = None) -> Found:
        """Return at most `limit` items whose hash key is `value`, the largest range key first.

        One more item is read, to know whether more follow. An index is eventually consistent: a recent write may be
        missing.

        Args:
            index: The index to read.
            value: Value of the index's hash key.
            limit: The largest number of items to return.
            after: Range key and primary key (by attribute) of the item after which to begin. The item may have been
                deleted.

        Raises:
            DatabaseUnavailable: DynamoDB timed out or throttled the call.
        """
        return self._merged(index, [value], limit=limit, after=after)

    def listed(self, index: Index, name: str, *, limit: int, after: Mapping[str, str] | None = None) -> Found:
        """Return at most `limit` items of a list, the largest range key first, by one query for each of its keys.

        The items were stored under `shards.key(name, position)`. Otherwise as `query`, but with several keys, an item
        that is stored while the page is read may be missing although a newer one is on it. Then the next page lacks it
        too.

        Raises:
            DatabaseUnavailable: DynamoDB timed out or throttled a call.
        """
        return self._merged(index, self.shards.keys(name), limit=limit, after=after)

    def _merged(self, index: Index, values: Sequence[str], *, limit: int, after: Mapping[str, str] | None) -> Found:
        merge = Merge(index.range_key, limit=limit)
        for value in values:
            condition = Attr(index.hash_key).eq(value)
            if merge.last is not None:
                condition &= Attr(index.range_key).gt(merge.last)
            request: dict[str, Any] = {
                "TableName": self._name,
                "IndexName": index.name,
                "Limit": limit + 1,
                "ScanIndexForward": False,
                **condition.expressed("KeyConditionExpression"),
            }
            if after:
                request["ExclusiveStartKey"] = encode({index.hash_key: value, **after})
            while True:
                answer = self._call("query").make(request)
                read, end = answer["Items"], answer.get("LastEvaluatedKey")
                if read or not end:
                    break
                # DynamoDB stopped before it found an item, and a page without one would have no cursor.
                request["ExclusiveStartKey"] = end
            merge.add(read, whole=len(read) > limit or not end)
        items, more = merge.page()
        return Found([_plain(item) for item in items], more)

    def write(self, *writes: Write) -> None:
        """Do all of the writes or none of them.

        Attempts that are repeated know the earlier ones: a transaction by its token, which DynamoDB keeps for ten
        minutes, and a single conditional write by an id that it stores with the item. So a condition that fails because
        an earlier attempt was applied is a success. If a condition fails otherwise after a lost attempt, the outcome is
        unknown: that attempt may have been overwritten since, or may still arrive and find that the conditions hold.

        A transaction that collides with a concurrent one on the same key is repeated, so that its conditions are
        checked against the result of the other one.

        An attempt may also arrive after the request has failed, and after others have written. So a condition must fail
        for ever once this write or a later one is stored: it compares a version that every write of the item increases,
        or says that an item with a random id is new. A test of every service checks it.

        Args:
            writes: The writes.

        Raises:
            ConditionsFailed: A condition does not hold; nothing was written.
            OutcomeUnknown: DynamoDB did not respond; it is unknown whether anything was written.
            DatabaseUnavailable: DynamoDB rejected the call, such as by throttling; nothing was written.
        """
        write_id = base64.urlsafe_b64encode(os.urandom(WRITE_ID_BYTES)).decode()
        match writes:
            case [Put() | Update() as write]:
                self._write_one(write, write_id)
            case [Delete(condition=None) as write]:
                self._call("delete_item").make(request_of(write, self._name)[1])
            case _:
                self._transact(writes, write_id)

    def _write_one(self, write: Put | Update, write_id: str) -> None:
        kind, request = request_of(write, self._name, None if write.condition is None else write_id)
        call = self._call("put_item" if kind == "Put" else "update_item")
        try:
            call.make(request)
        except self._client.exceptions.ConditionalCheckFailedException as error:
            response: Mapping[str, Any] = error.response
            item = response.get("Item")
            if not call.lost:
                raise ConditionsFailed({0: _found(item)}) from error
            try:
                # Engines older than June 2023 do not return the item.
                stored = item or self._stored(key_of(write)) or {}
            except DatabaseUnavailable as unread:
                raise OutcomeUnknown(AGAIN) from unread
            if stored.get(WRITE_ID) != {"S": write_id}:
                raise call.unavailable() from error

    def _transact(self, writes: Sequence[Write], token: str) -> None:
        items = [dict([request_of(write, self._name)]) for write in writes]
        call = self._call("transact_write_items")
        try:
            call.make({"TransactItems": items, "ClientRequestToken": token})
        except self._client.exceptions.TransactionCanceledException as error:
            reasons = enumerate(error.response["CancellationReasons"])
            failed = {at: reason.get("Item") for at, reason in reasons if reason["Code"] == CONDITION_FAILED}
            if not failed:
                raise  # A bug, such as an item that is too large.
            # DynamoDB keeps no token of a refusal.
            if call.lost and not any(isinstance(put := writes[at], Put) and put.is_final for at in failed):
                raise call.unavailable() from error
            raise ConditionsFailed({at: _found(item) for at, item in failed.items()}) from error

    def _call(self, method: str) -> DynamoCall:
        return DynamoCall(self._client, method, self._pause)


def _found(item: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return _plain(item) if item else None


def _plain(item: Mapping[str, Any]) -> dict[str, Any]:
    plain = decode(item)
    plain.pop(WRITE_ID, None)
    return plain
