"""Tables: conditional writes, transactions, and pages of an index."""

from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from common.dynamodb.client import CONFIG, CONFLICT_ATTEMPTS, TransactionCollided
from common.dynamodb.conditions import Attr
from common.dynamodb.items import Plain
from common.dynamodb.table import Index, Table
from common.dynamodb.writes import EXISTS, IS_NEW, Check, ConditionsFailed, Delete, ItemKey, Put, Update, Write
from tests.support.racing import race
from tests.support.tables import ENDPOINT, ENGINES, table_with

A, B, C = ItemKey("A", "1"), ItemKey("B", "1"), ItemKey("C", "1")
BY_KIND = Index("by_kind", "kind", "position")


SCHEMA = {
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
    "AttributeDefinitions": [
        {"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk", "kind", "position")
    ],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "by_kind",
            "KeySchema": [
                {"AttributeName": "kind", "KeyType": "HASH"},
                {"AttributeName": "position", "KeyType": "RANGE"},
            ],
            "Projection": {"ProjectionType": "ALL"},
        }
    ],
}

type StoredItem = Callable[[ConditionsFailed], dict[str, Any] | None]


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def table(engine: str) -> Iterator[Table]:
    with table_with(engine, SCHEMA) as table:
        yield table


@pytest.fixture
def stored_item(engine: str, table: Table) -> StoredItem:
    """Return a function that gives the stored item A after a write of A failed its condition.

    DynamoDB Local before 2023 does not return the item, so it is read from the table instead.
    """

    def found(failure: ConditionsFailed) -> dict[str, Any] | None:
        [item] = failure.found.values()
        return table.get(A) if item is None and engine == ENDPOINT else item

    return found


def item(key: ItemKey, **attributes: Plain) -> dict[str, Plain]:
    return {**key._asdict(), **attributes}


def test_put_replaces_an_item_unless_it_must_be_new(table: Table, stored_item: StoredItem) -> None:
    table.write(Put(item=item(A, n=1, gone=True)))
    table.write(Put(item=item(A, n=2)))
    assert table.get(A) == item(A, n=2)
    with pytest.raises(ConditionsFailed) as raised:
        table.write(Put(item=item(A, n=3), condition=IS_NEW))
    assert stored_item(raised.value) == item(A, n=2)
    assert table.get(A) == item(A, n=2)


def test_update_changes_only_the_given_attributes(table: Table) -> None:
    table.write(Put(item=item(A, name="old", size=1, status="x")))
    # `name`, `size` and `status` are reserved words of DynamoDB.
    table.write(Update(key=A, set={"name": "new", "tags": ["a"]}, remove=["size", "absent"]))
    assert table.get(A) == item(A, name="new", status="x", tags=["a"])


def test_update_with_only_set_or_only_remove(table: Table) -> None:
    table.write(Update(key=A, set={"n": 1}))
    table.write(Update(key=A, remove=["n"]))
    assert table.get(A) == item(A)


def test_failed_condition_of_an_update_returns_the_stored_item(table: Table, stored_item: StoredItem) -> None:
    with pytest.raises(ConditionsFailed) as raised:
        table.write(Update(key=A, set={"n": 1}, condition=EXISTS))
    assert stored_item(raised.value) is None
    assert table.get(A) is None
    table.write(Put(item=item(A, version=2)))
    with pytest.raises(ConditionsFailed) as raised:
        table.write(Update(key=A, set={"version": 4}, condition=Attr("version").eq(3)))
    assert stored_item(raised.value) == item(A, version=2)
    table.write(Update(key=A, set={"version": 3}, condition=Attr("version").eq(2) & Attr("lent").not_exists()))
    assert table.get(A) == item(A, version=3)


def test_delete_with_and_without_condition(table: Table, stored_item: StoredItem) -> None:
    table.write(Delete(key=A))
    table.write(Put(item=item(A, n=1)))
    with pytest.raises(ConditionsFailed) as raised:
        table.write(Delete(key=A, condition=Attr("n").eq(2)))
    assert stored_item(raised.value) == item(A, n=1)
    table.write(Delete(key=A, condition=EXISTS))
    assert table.get(A) is None


def test_transaction_is_atomic(table: Table) -> None:
    table.write(Put(item=item(A)), Put(item=item(B, n=1)))
    writes: list[Write] = [
        Put(item=item(C)),
        Delete(key=A),
        Update(key=B, set={"n": 2}),
        Check(key=ItemKey("D", "1"), condition=EXISTS),
    ]
    with pytest.raises(ConditionsFailed) as raised:
        table.write(*writes)
    assert raised.value.found == {3: None}
    assert [table.get(key) for key in (A, B, C)] == [item(A), item(B, n=1), None]
    table.write(*writes[:3], Check(key=ItemKey("D", "1"), condition=IS_NEW))
    assert [table.get(key) for key in (A, B, C)] == [None, item(B, n=2), item(C)]


def test_failed_conditions_are_reported_with_the_stored_items(table: Table) -> None:
    table.write(Put(item=item(A, n=1)))
    with pytest.raises(ConditionsFailed) as raised:
        table.write(
            Put(item=item(A), condition=IS_NEW),
            Put(item=item(B), condition=IS_NEW),
            Delete(key=C, condition=EXISTS),
        )
    assert raised.value.found == {0: item(A, n=1), 2: None}
    assert str(raised.value) == "the conditions of the writes [0, 2] do not hold"


def test_single_condition_check(table: Table) -> None:
    table.write(Check(key=A, condition=IS_NEW))
    with pytest.raises(ConditionsFailed):
        table.write(Check(key=A, condition=EXISTS))


def test_one_of_many_concurrent_updates_of_a_version_succeeds(table: Table) -> None:
    table.write(Put(item=item(A, version=1)))
    results = race(
        *[lambda: table.write(Update(key=A, set={"version": 2}, condition=Attr("version").eq(1))) for _ in range(8)]
    )
    assert sum(result is None for result in results) == 1
    assert all(result is None or isinstance(result, ConditionsFailed) for result in results)


def fill(table: Table, count: int) -> None:
    for number in range(count):
        key = ItemKey(f"N#{number}", "1")
        table.write(Put(item=item(key, kind="even" if number % 2 == 0 else "odd", position=f"{number:03}")))


def numbers(table: Table, **options: Any) -> tuple[list[str], bool]:
    found = table.query(BY_KIND, "even", **options)
    return [entry["position"] for entry in found.items], found.more


def test_query_returns_a_page_and_whether_there_is_more(table: Table) -> None:
    fill(table, 10)
    assert numbers(table, limit=3) == (["008", "006", "004"], True)
    assert numbers(table, limit=4) == (["008", "006", "004", "002"], True)
    assert numbers(table, limit=5) == (["008", "006", "004", "002", "000"], False)
    assert numbers(table, limit=6) == (["008", "006", "004", "002", "000"], False)
    assert table.query(BY_KIND, "nothing", limit=3) == ([], False)


def test_page_starts_after_an_item_even_if_it_was_deleted(table: Table) -> None:
    fill(table, 10)
    after = {"position": "006", **ItemKey("N#6", "1")._asdict()}
    assert numbers(table, limit=2, after=after) == (["004", "002"], True)
    table.write(Delete(key=ItemKey("N#6", "1")))
    assert numbers(table, limit=2, after=after) == (["004", "002"], True)


def test_query_reads_one_item_more_than_it_returns_without_a_filter() -> None:
    client = boto3.client("dynamodb", config=CONFIG)
    expected = {
        "TableName": "table",
        "IndexName": "by_kind",
        "Limit": 3,
        "ScanIndexForward": False,
        "KeyConditionExpression": "#n0 = :v0",
        "ExpressionAttributeNames": {"#n0": "kind"},
        "ExpressionAttributeValues": {":v0": {"S": "even"}},
    }
    # DynamoDB has read 1 MB before it reached the limit.
    early = {"Items": [{"position": {"S": "1"}}], "LastEvaluatedKey": {"kind": {"S": "even"}}}
    with Stubber(client) as stub:
        stub.add_response("query", early, expected)
        assert Table(client, "table").query(BY_KIND, "even", limit=2) == ([{"position": "1"}], True)
        stub.assert_no_pending_responses()


def test_conflict_of_a_single_write_is_retried() -> None:
    pauses: list[float] = []
    client = boto3.client("dynamodb", config=CONFIG)
    with Stubber(client) as stub:
        for _ in range(CONFLICT_ATTEMPTS):
            stub.add_client_error("update_item", "TransactionConflictException", http_status_code=400)
        with pytest.raises(TransactionCollided):
            Table(client, "table", pauses.append).write(Update(key=A, set={"n": 1}))
    assert len(pauses) == CONFLICT_ATTEMPTS - 1


def test_transaction_cancelled_for_another_reason_is_a_client_error() -> None:
    client = boto3.client("dynamodb", config=CONFIG)
    with Stubber(client) as stub:
        stub.add_client_error(
            "transact_write_items",
            "TransactionCanceledException",
            http_status_code=400,
            modeled_fields={"CancellationReasons": [{"Code": "None"}, {"Code": "ItemCollectionSizeLimitExceeded"}]},
        )
        with pytest.raises(ClientError, match="TransactionCanceledException"):
            Table(client, "table").write(Put(item=item(A)), Put(item=item(B)))
