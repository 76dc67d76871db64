"""DynamoDB's gaps: two calls at once pass one condition, and every transaction copies whole tables."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto.dynamodb import urls
from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models import table as moto_table
from moto.dynamodb.models.dynamo_type import Item

from local_aws.dynamodb import moto_gaps as gap
from tests.support.moto_servers import aws_client, moto_in_this_process
from tests.support.racing import race

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3] / "tools")}


@pytest.fixture
def _meeting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let two calls meet between reading an item and checking the condition. A single call continues after a second."""
    meeting = threading.Barrier(2)
    judge = moto_table.get_filter_expression

    def meet_and_judge(*arguments: Any) -> Any:
        with suppress(threading.BrokenBarrierError):
            meeting.wait(timeout=1)
        return judge(*arguments)

    monkeypatch.setattr(moto_table, "get_filter_expression", meet_and_judge)


@pytest.mark.usefixtures("_meeting")
def test_plain_moto_lets_two_concurrent_calls_pass_one_condition() -> None:
    assert _winners_of_two() == 2  # When this fails, moto holds a lock: delete dynamodb/moto_gaps.py.


@pytest.mark.usefixtures("_meeting")
def test_filled_gap_lets_one_concurrent_call_win(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(urls, "url_paths", dict(urls.url_paths))
    gap.apply()
    assert _winners_of_two() == 1


def test_control_plane_fills_the_gap() -> None:
    script = (
        "from local_aws.control_plane import moto_gaps; from moto.dynamodb import urls; moto_gaps.apply(); "
        "print(*{handler.__self__.__name__ for handler in urls.url_paths.values()})"
    )
    finished = subprocess.run(
        [sys.executable, "-c", script], env=ENVIRONMENT, capture_output=True, text=True, check=True
    )
    assert finished.stdout == "AtomicHandler\n"


def _key(pk: str) -> dict[str, Any]:
    return {"pk": {"S": pk}, "sk": {"S": "a"}}


@pytest.fixture
def filled(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Yield a client of moto with the gap filled and a table `items` with the items `kept` and `changed`."""
    monkeypatch.setattr(urls, "url_paths", dict(urls.url_paths))
    gap.apply()
    with _table_with_items() as dynamodb:
        yield dynamodb


FAILING = {"ConditionCheck": {"TableName": "items", "Key": _key("none"), "ConditionExpression": "attribute_exists(pk)"}}
UPDATE = {
    "Update": {
        "TableName": "items",
        "Key": _key("changed"),
        "UpdateExpression": "SET #list[0] = :one",
        "ExpressionAttributeNames": {"#list": "list"},
        "ExpressionAttributeValues": {":one": {"N": "1"}},
    }
}
PUT = {"Put": {"TableName": "items", "Item": _key("changed")}}
PUT_NEW = {"Put": {"TableName": "items", "Item": _key("new")}}
DELETE = {"Delete": {"TableName": "items", "Key": _key("changed")}}


@pytest.mark.parametrize("write", [PUT, PUT_NEW, UPDATE, DELETE], ids=str)
def test_failed_transaction_changes_no_item(filled: Any, write: dict[str, Any]) -> None:
    before = _contents(filled)
    for items in ([write, FAILING], [FAILING, write], [write, write]):
        with pytest.raises(ClientError, match="Transaction"):
            filled.transact_write_items(TransactItems=items)
        assert _contents(filled) == before
    filled.transact_write_items(TransactItems=[write])
    assert _contents(filled) != before


def test_failed_transaction_writes_no_stream_record(filled: Any) -> None:
    filled.update_table(
        TableName="items", StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
    )
    shard = dynamodb_backends["123456789012"]["eu-central-1"].tables["items"].stream_shard
    filled.transact_write_items(TransactItems=[PUT_NEW])
    with pytest.raises(ClientError, match="Transaction"):
        filled.transact_write_items(TransactItems=[PUT, FAILING])
    assert shard
    assert [record.record["eventName"] for record in shard.items] == ["INSERT"]


def test_backup_is_still_a_copy(filled: Any) -> None:
    filled.transact_write_items(TransactItems=[PUT_NEW])
    arn = filled.create_backup(TableName="items", BackupName="before")["BackupDetails"]["BackupArn"]
    filled.transact_write_items(TransactItems=[DELETE])
    restored = filled.restore_table_from_backup(TargetTableName="restored", BackupArn=arn)["TableDescription"]
    filled.delete_table(TableName="restored")
    assert restored["ItemCount"] == 3


def test_restored_table_is_on_demand_and_has_the_items(filled: Any) -> None:
    filled.restore_table_to_point_in_time(
        SourceTableName="items", TargetTableName="restored", UseLatestRestorableTime=True
    )
    try:
        table = filled.describe_table(TableName="restored")["Table"]
        assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
        assert filled.scan(TableName="restored")["Items"] == _contents(filled)
    finally:
        filled.delete_table(TableName="restored")


def test_plain_moto_copies_the_whole_table_for_each_transaction(monkeypatch: pytest.MonkeyPatch) -> None:
    with _table_with_items() as dynamodb:
        # If this fails, moto copies only what it must: delete the part of the gap for transactions.
        assert _copied(monkeypatch, dynamodb) == {"kept", "changed"}


def test_filled_gap_copies_only_the_written_items(filled: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _copied(monkeypatch, filled) == {"changed"}


@contextmanager
def _table_with_items() -> Iterator[Any]:
    with moto_in_this_process() as environment, aws_client("dynamodb", environment) as dynamodb:
        keys = [("pk", "HASH"), ("sk", "RANGE")]
        dynamodb.create_table(
            TableName="items",
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in keys],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name, _ in keys],
        )
        for pk in ("kept", "changed"):
            dynamodb.put_item(TableName="items", Item={**_key(pk), "list": {"L": [{"N": "0"}]}})
        yield dynamodb
        dynamodb.delete_table(TableName="items")


def _contents(dynamodb: Any) -> list[Any]:
    return sorted(dynamodb.scan(TableName="items")["Items"], key=str)


def _copied(monkeypatch: pytest.MonkeyPatch, dynamodb: Any) -> set[str]:
    """Return the items that a transaction copies when it writes `changed`."""
    copied: set[str] = set()
    copy = Item.__deepcopy__

    def count(item: Item, memo: dict[int, Any]) -> Any:
        copied.add(item.hash_key.value)
        return copy(item, memo)

    monkeypatch.setattr(Item, "__deepcopy__", count)
    dynamodb.transact_write_items(TransactItems=[PUT])
    return copied


def _winners_of_two() -> int:
    with moto_in_this_process() as environment, aws_client("dynamodb", environment) as dynamodb:
        key = {"AttributeName": "pk", "KeyType": "HASH"}
        attribute = {"AttributeName": "pk", "AttributeType": "S"}
        dynamodb.create_table(
            TableName="racing", BillingMode="PAY_PER_REQUEST", KeySchema=[key], AttributeDefinitions=[attribute]
        )
        claim = {"pk": {"S": "claim"}}
        put = partial(dynamodb.put_item, TableName="racing", Item=claim, ConditionExpression="attribute_not_exists(pk)")
        results = race(put, put)
        dynamodb.delete_table(TableName="racing")
    return sum(not isinstance(result, Exception) for result in results)


ADD = {
    "Update": {
        "TableName": "items",
        "Key": _key("changed"),
        "UpdateExpression": "SET #count = if_not_exists(#count, :none) + :one",
        "ExpressionAttributeNames": {"#count": "count"},
        "ExpressionAttributeValues": {":none": {"N": "0"}, ":one": {"N": "1"}},
    }
}


def _count(dynamodb: Any) -> str:
    count: str = dynamodb.get_item(TableName="items", Key=_key("changed"))["Item"]["count"]["N"]
    return count


def test_plain_moto_applies_a_repeated_transaction_twice() -> None:
    with _table_with_items() as dynamodb:
        for _ in range(2):
            dynamodb.transact_write_items(TransactItems=[ADD], ClientRequestToken="one")
        assert _count(dynamodb) == "2"  # When this fails, moto keeps tokens: delete dynamodb/tokens.py.


def test_repeated_transaction_succeeds_without_writing(filled: Any) -> None:
    for token in ("first", "first", "second", "first"):
        dynamodb_response = filled.transact_write_items(TransactItems=[ADD], ClientRequestToken=token)
        assert dynamodb_response["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert _count(filled) == "2"


def test_botocore_sends_a_new_token_with_each_call(filled: Any) -> None:
    for _ in range(2):
        filled.transact_write_items(TransactItems=[ADD])
    assert _count(filled) == "2"


def test_botocore_repeats_the_token_when_it_sends_a_call_again(filled: Any) -> None:
    sent = []

    def note_token(request: Any, **_: Any) -> None:
        sent.append(json.loads(request.body)["ClientRequestToken"])

    def send_again(attempts: int, **_: Any) -> int | None:
        return 0 if attempts == 1 else None

    filled.meta.events.register("before-send.dynamodb.TransactWriteItems", note_token)
    filled.meta.events.register_first("needs-retry.dynamodb.TransactWriteItems", send_again)
    filled.transact_write_items(TransactItems=[ADD])
    assert len(sent) == 2
    assert len(set(sent)) == 1
    assert _count(filled) == "1"


def test_token_of_another_content_is_rejected(filled: Any) -> None:
    filled.transact_write_items(TransactItems=[ADD], ClientRequestToken="mine")
    with pytest.raises(filled.exceptions.IdempotentParameterMismatchException):
        filled.transact_write_items(TransactItems=[DELETE], ClientRequestToken="mine")
    assert _count(filled) == "1"


def test_cancelled_transaction_is_tried_again(filled: Any) -> None:
    check = {
        "ConditionCheck": {"TableName": "items", "Key": _key("new"), "ConditionExpression": "attribute_exists(pk)"}
    }
    with pytest.raises(filled.exceptions.TransactionCanceledException):
        filled.transact_write_items(TransactItems=[ADD, check], ClientRequestToken="again")
    filled.transact_write_items(TransactItems=[PUT_NEW])
    filled.transact_write_items(TransactItems=[ADD, check], ClientRequestToken="again")
    assert _count(filled) == "1"
