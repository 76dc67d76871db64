"""Writes that happen once, however often their request is sent: see `common.idempotency`."""

from collections.abc import Mapping
from typing import Any, Final, NoReturn

from common.dynamodb.client import OutcomeUnknown
from common.dynamodb.conditions import Attr
from common.dynamodb.items import Plain
from common.dynamodb.table import Table
from common.dynamodb.writes import ConditionsFailed, ItemKey, Put, Write
from common.idempotency import MOST_MISMATCHES, Record

MISMATCHES: Final = "mismatches"
UNKNOWN: Final = (
    "It is unknown whether the request was stored: look before you send it again. With an Idempotency-Key, a request "
    "can be sent again without looking."
)
UNKNOWN_WITH_KEY: Final = (
    "It is unknown whether the request was stored: send it again with the same Idempotency-Key, and it is stored once."
)


class CreationUnknown(OutcomeUnknown):
    """A request without a key may have been stored, and would be stored twice if it were repeated."""

    may_be_repeated = False


def record_key(record_id: str) -> ItemKey:
    """Return the key of a record's item."""
    return ItemKey(f"ONCE#{record_id}", "ONCE")


def write_once(table: Table, *writes: Write, record: Record | None) -> None:
    """Do all of the writes and store the record, or do nothing.

    The record costs no further call. If its condition does not hold, it is read for a request that is sent again, and
    counts a request with another body.

    Args:
        table: The table, whose TTL attribute is `expires_at`.
        writes: The writes.
        record: The request's record; None: the request has no key.

    Raises:
        Replayed: The same request was served before; nothing was written.
        IdempotencyKeyReused: Another request with this key was served before; nothing was written.
        ConditionsFailed: See `Table.write`; nothing was written.
        OutcomeUnknown: The detail, and `may_be_repeated`, say whether the request can be sent again.
        DatabaseUnavailable: Nothing was written.
    """
    try:
        table.write(*writes, *([] if record is None else [_put(record)]))
    except OutcomeUnknown as error:
        raise (CreationUnknown(UNKNOWN) if record is None else OutcomeUnknown(UNKNOWN_WITH_KEY)) from error
    except ConditionsFailed as error:
        if record is None:
            raise
        # A request that is sent again also collides with what it has stored itself. DynamoDB does not promise to name
        # every condition that does not hold.
        found = error.found.get(len(writes)) or table.get(record_key(record.id))
        if found is not None and found["expires_at"] > record.made_at:
            _raise_for(table, record, found)
        raise


def _raise_for(table: Table, record: Record, found: Mapping[str, Any]) -> NoReturn:
    """End a request whose key has left this item: see `Record.raise_for`."""
    key, earlier = record_key(record.id), _from_item(record.id, found)
    if record.matches(earlier):
        # After the comparison, as mismatches are counted after theirs. Otherwise many at once would all be compared.
        latest = table.get(key)
        record.raise_for(earlier, 0 if latest is None else _mismatches(latest))
    for before in range(_mismatches(found), MOST_MISMATCHES):
        count = Attr(MISMATCHES)
        known = Attr("made_at").eq(earlier.made_at) & (count.eq(before) if before else count.not_exists())
        try:
            # Not an `Update`: a service that only creates may not make any.
            table.write(Put(item={**found, MISMATCHES: before + 1}, condition=known))
        except ConditionsFailed:
            # Another one was counted as this number, or the record was erased.
            continue
        record.raise_for(earlier, before)
    record.raise_for(earlier, MOST_MISMATCHES)


def _mismatches(item: Mapping[str, Any]) -> int:
    found: int = item.get(MISMATCHES, 0)
    return found


def emptied(record_id: str, made_at: int) -> Put:
    """Return the write that removes the response from a record, whose key is refused until the record expires.

    Without the record, an attempt of its request that arrives late would create again what was erased.
    """
    empty = Record(record_id, fingerprint="", status=0, body="", location="", etag=None, made_at=made_at)
    return Put(item={**_to_item(empty), MISMATCHES: MOST_MISMATCHES}, condition=Attr("made_at").eq(made_at))


def _put(record: Record) -> Put:
    # DynamoDB removes expired items within days.
    condition = Attr("expires_at").not_exists_or_lte(record.made_at)
    return Put(item=_to_item(record), condition=condition, is_final=True)


def _to_item(record: Record) -> dict[str, Plain]:
    item = {**record_key(record.id)._asdict(), **record._asdict(), "expires_at": record.expires_at}
    del item["id"]
    return item


def _from_item(record_id: str, item: Mapping[str, Any]) -> Record:
    return Record(record_id, *(item[name] for name in Record._fields[1:]))
