"""A record is stored with the writes of its request: what `write_once` adds to `Table.write`."""

from collections.abc import Iterator
from typing import Any

import pytest

from common.dynamodb.client import DatabaseUnavailable, OutcomeUnknown, TransactionCollided
from common.dynamodb.idempotency import record_key, write_once
from common.dynamodb.table import Table
from common.dynamodb.writes import IS_NEW, ConditionsFailed, ItemKey, Put, Write
from common.idempotency import MOST_MISMATCHES, IdempotencyKeyReused, Record, Replayed
from tests.support.records import record
from tests.support.tables import ENGINES, table_with

SCHEMA = {
    "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
}
THING = ItemKey("THING", "1")
ADD = Put(item=THING._asdict(), condition=IS_NEW)


@pytest.fixture(params=ENGINES)
def table(request: pytest.FixtureRequest) -> Iterator[Table]:
    with table_with(request.param, SCHEMA) as table:
        yield table


class Failing(Table):
    """A table whose writes fail; it counts reads."""

    def __init__(self, table: Table, failure: Exception) -> None:
        super().__init__(table._client, table._name)
        self._failure = failure
        self.reads = 0

    def write(self, *writes: Write) -> None:
        assert writes
        raise self._failure

    def get(self, key: ItemKey) -> dict[str, Any] | None:
        self.reads += 1
        return super().get(key)


def test_item_of_a_record_has_its_response_and_an_end(table: Table) -> None:
    write_once(table, ADD, record=record("first"))
    assert table.get(record_key("first")) == {
        "pk": "ONCE#first",
        "sk": "ONCE",
        "fingerprint": "body of first",
        "status": 201,
        "body": '{"name": "Zoë"}',
        "location": "/first",
        "etag": '"1"',
        "made_at": 1_795_249_815,
        "expires_at": 1_795_249_815 + 86_400,
    }
    assert table.get(THING)


def test_failed_condition_leaves_no_record(table: Table) -> None:
    table.write(ADD)
    for given in (record("first"), None):
        with pytest.raises(ConditionsFailed) as failed:
            write_once(table, ADD, record=given)
        assert list(failed.value.found) == [0]
    assert table.get(record_key("first")) is None


@pytest.mark.parametrize("found", [{0: {}}, {0: {}, 1: None}, {1: None}])
def test_record_is_read_if_the_response_does_not_have_it(table: Table, found: dict[int, dict[str, Any] | None]) -> None:
    write_once(table, ADD, record=record("first"))
    failing = Failing(table, ConditionsFailed(found))
    with pytest.raises(Replayed) as replayed:
        write_once(failing, ADD, record=record("first"))
    # Once more, for the number of requests with another body.
    assert (replayed.value.record, failing.reads) == (record("first"), 2)


def test_record_in_the_response_is_read_after_the_comparison_only(table: Table) -> None:
    item: dict[str, Any] = {**record("first")._asdict(), "expires_at": record("first").expires_at}
    failing = Failing(table, ConditionsFailed({0: {}, 1: item}))
    with pytest.raises(Replayed):
        write_once(failing, ADD, record=record("first"))
    assert failing.reads == 1


def test_another_body_is_counted_and_the_record_is_not_read(table: Table) -> None:
    class Counting(Failing):
        def write(self, *writes: Write) -> None:
            Table.write(self, *writes)

    write_once(table, ADD, record=record("first"))
    counting = Counting(table, AssertionError())
    other = record("first", fingerprint="another body")
    for _ in range(MOST_MISMATCHES + 1):
        with pytest.raises(IdempotencyKeyReused):
            write_once(counting, ADD, record=other)
    item = table.get(record_key("first"))
    assert item is not None
    assert (item["mismatches"], counting.reads) == (MOST_MISMATCHES, 0)


def test_right_body_is_refused_if_others_were_counted_after_the_comparison(table: Table) -> None:
    """The response to the transaction has the record as it was before them."""
    write_once(table, ADD, record=record("first"))
    before = table.get(record_key("first"))
    for _ in range(MOST_MISMATCHES):
        with pytest.raises(IdempotencyKeyReused):
            write_once(table, ADD, record=record("first", fingerprint="another body"))
    with pytest.raises(IdempotencyKeyReused, match="not accepted any more"):
        write_once(Failing(table, ConditionsFailed({1: before})), ADD, record=record("first"))


def test_another_body_is_no_guess_if_it_cannot_be_counted(table: Table) -> None:
    write_once(table, ADD, record=record("first"))

    class Uncounted(Table):
        def write(self, *writes: Write) -> None:
            if len(writes) == 1:
                raise DatabaseUnavailable("Please try again.")
            super().write(*writes)

    with pytest.raises(DatabaseUnavailable):
        write_once(Uncounted(table._client, table._name), ADD, record=record("first", fingerprint="another body"))


def test_record_that_is_over_does_not_hide_another_condition(table: Table) -> None:
    first = record("first")
    write_once(table, ADD, record=first)
    with pytest.raises(ConditionsFailed):
        write_once(table, ADD, record=first._replace(made_at=first.expires_at))


@pytest.mark.parametrize(
    ("given", "told"),
    [(None, "look before you send it again"), (record("first"), "send it again with the same Idempotency-Key")],
)
def test_lost_response_says_what_to_do(table: Table, given: Record | None, told: str) -> None:
    failing = Failing(table, OutcomeUnknown("Please try again."))
    with pytest.raises(OutcomeUnknown, match="It is unknown whether the request was stored") as failed:
        write_once(failing, ADD, record=given)
    assert told in failed.value.detail
    assert failed.value.code == "database-unavailable"


@pytest.mark.parametrize("kind", [TransactionCollided, DatabaseUnavailable])
@pytest.mark.parametrize("given", [None, record("first")])
def test_rejected_call_has_stored_nothing_and_can_be_repeated(
    table: Table, given: Record | None, kind: type[DatabaseUnavailable]
) -> None:
    with pytest.raises(kind, match=r"^Please try again\.$"):
        write_once(Failing(table, kind("Please try again.")), ADD, record=given)
