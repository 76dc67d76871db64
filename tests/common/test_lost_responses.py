"""Conditional writes whose response is lost after DynamoDB has applied them."""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from common.dynamodb.client import DatabaseUnavailable, OutcomeUnknown, make_client
from common.dynamodb.conditions import Attr
from common.dynamodb.items import Plain, encode
from common.dynamodb.table import Table
from common.dynamodb.writes import EXISTS, IS_NEW, WRITE_ID, Check, ConditionsFailed, Delete, ItemKey, Put, Update
from tests.common.lines import Lines
from tests.support.lost_responses import LostResponses
from tests.support.mocked_aws import mocked_aws
from tests.support.tables import make_table_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

A, B = ItemKey("A", "1"), ItemKey("B", "1")
OLD: dict[str, Plain] = {**A._asdict(), "version": 1, "lent": True}
NEXT = Update(key=A, set={"version": 2}, condition=Attr("version").eq(1))
END = Update(key=A, remove=["lent"], condition=Attr("lent").exists())
ADD = Put(item={**B._asdict(), "n": 1}, condition=IS_NEW)
REPLACE = Put(item={**A._asdict(), "version": 2}, condition=Attr("version").eq(1))
REMOVE = Delete(key=A, condition=EXISTS)

SCHEMA = {
    "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
}
WRITES = {
    "update": (NEXT,),
    "removal of an attribute": (END,),
    "put of a new item": (ADD,),
    "put that replaces": (REPLACE,),
    "deletion": (REMOVE,),
    "transaction": (NEXT, ADD),
    "transaction with a check": (Check(key=A, condition=Attr("lent").exists()), ADD),
    "transaction that deletes": (REMOVE, ADD),
    "unconditional put": (Put(item={**A._asdict(), "version": 5}),),
    "unconditional deletion": (Delete(key=A),),
}
each_write = pytest.mark.parametrize("writes", WRITES.values(), ids=WRITES)


class Lossy:
    """A table whose responses can be lost, and the seconds between the attempts."""

    def __init__(self, client: "DynamoDBClient", responses: LostResponses) -> None:
        self.losing = responses.losing
        self.pauses: list[float] = []
        self.meanwhile: Callable[[], None] = lambda: None
        self._client = client
        self._name = make_table_of(client, SCHEMA)
        self.other = Table(client, self._name)
        self.table = Table(client, self._name, self._pause)
        self.other.write(Put(item=OLD))

    def _pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.meanwhile()

    def stored(self, key: ItemKey) -> dict[str, Any]:
        """Return an item as DynamoDB stores it."""
        item: dict[str, Any] = self._client.get_item(TableName=self._name, Key=encode(key._asdict()))["Item"]
        return item

    def both(self) -> list[dict[str, Any] | None]:
        return [self.table.get(A), self.table.get(B)]

    def forget_returned_items(self) -> None:
        """Let the engine not return the item of a failed condition."""
        self._client.meta.events.register("after-call.dynamodb", _forget)


def _forget(parsed: dict[str, Any], **_: object) -> None:
    if "Error" in parsed:
        del parsed["Item"]


@pytest.fixture
def fresh(function_environment: dict[str, str]) -> Iterator[Callable[[], Lossy]]:
    """Return a function that makes a table."""
    assert function_environment
    with mocked_aws(), closing(make_client()) as client:
        yield partial(Lossy, client, LostResponses(client))


@pytest.fixture
def lossy(fresh: Callable[[], Lossy]) -> Lossy:
    return fresh()


@each_write
@pytest.mark.parametrize("lost", [(1,), (1, 2)], ids=["first", "first and second"])
def test_write_succeeds_if_responses_are_lost(
    fresh: Callable[[], Lossy], writes: tuple[Any, ...], lost: tuple[int, ...]
) -> None:
    expected, lossy = fresh(), fresh()
    expected.table.write(*writes)
    with lossy.losing(*lost):
        lossy.table.write(*writes)
    assert lossy.both() == expected.both()
    assert len(lossy.pauses) == len(lost)


@each_write
def test_outcome_is_unknown_if_every_response_is_lost(lossy: Lossy, writes: tuple[Any, ...]) -> None:
    with lossy.losing(1, 2, 3), pytest.raises(DatabaseUnavailable):
        lossy.table.write(*writes)


def test_refusal_is_final_without_a_lost_attempt(lossy: Lossy) -> None:
    lossy.table.write(NEXT)
    with pytest.raises(ConditionsFailed) as raised:
        lossy.table.write(NEXT)
    assert raised.value.found == {0: {**OLD, "version": 2}}
    assert lossy.pauses == []


@pytest.mark.parametrize("write", [NEXT, END, ADD, REPLACE])
def test_outcome_is_unknown_if_another_write_followed_the_lost_one(lossy: Lossy, write: Put | Update) -> None:
    key = B if write is ADD else A
    lossy.meanwhile = lambda: lossy.other.write(Put(item={**key._asdict(), "version": 9}))
    with lossy.losing(1), pytest.raises(DatabaseUnavailable):
        lossy.table.write(write)


def test_missing_item_after_a_lost_attempt_is_an_unknown_outcome(lossy: Lossy) -> None:
    lossy.meanwhile = lambda: lossy.other.write(Delete(key=A))
    with lossy.losing(1), pytest.raises(DatabaseUnavailable):
        lossy.table.write(NEXT)


@pytest.mark.parametrize("lost", [(1,), (1, 2)], ids=["first", "first and second"])
def test_outcome_is_unknown_if_a_transaction_is_refused_after_a_lost_attempt(
    lossy: Lossy, lines: Lines, lost: tuple[int, ...]
) -> None:
    """The lost attempt may still be under way, and its conditions may hold when it arrives."""
    lossy.table.write(ADD)
    with lossy.losing(*lost), pytest.raises(OutcomeUnknown):
        lossy.table.write(NEXT, ADD)
    assert [(line["level"], line["aws_error"]) for line in lines()] == [("ERROR", "ReadTimeoutError")]


def test_condition_that_will_never_hold_is_a_refusal_after_a_lost_attempt(lossy: Lossy, lines: Lines) -> None:
    lossy.table.write(ADD)
    with lossy.losing(1), pytest.raises(ConditionsFailed) as raised:
        lossy.table.write(NEXT, replace(ADD, is_final=True))
    assert raised.value.found.keys() == {1}
    assert lines() == []


def test_engine_that_does_not_return_the_item_is_read(lossy: Lossy) -> None:
    """DynamoDB Local before 2023 does not return the item of a failed condition."""
    lossy.forget_returned_items()
    with lossy.losing(1):
        lossy.table.write(NEXT)
    assert lossy.table.get(A) == {**OLD, "version": 2}


def test_outcome_is_unknown_if_the_item_cannot_be_read(lossy: Lossy, lines: Lines) -> None:
    lossy.forget_returned_items()
    with lossy.losing(1, 3, 4, 5), pytest.raises(OutcomeUnknown):
        lossy.table.write(NEXT)
    assert [line["aws_operation"] for line in lines()] == ["GetItem"]


def test_read_is_repeated_if_its_response_is_lost(lossy: Lossy) -> None:
    with lossy.losing(1, 2):
        assert lossy.table.get(A) == OLD


def test_only_the_table_sees_the_id_of_a_write(lossy: Lossy) -> None:
    lossy.table.write(NEXT)
    first = lossy.stored(A)[WRITE_ID]
    assert len(first["S"]) == 16
    assert lossy.table.get(A) == {**OLD, "version": 2}
    lossy.table.write(Update(key=A, set={"version": 3}, condition=EXISTS))
    assert lossy.stored(A)[WRITE_ID] != first


def test_transactions_and_unconditional_writes_store_no_id(lossy: Lossy) -> None:
    lossy.table.write(NEXT, ADD)
    lossy.table.write(Update(key=A, set={"version": 7}))
    assert WRITE_ID not in lossy.stored(A)
    assert WRITE_ID not in lossy.stored(B)


def test_unknown_outcome_is_one_line_that_says_which_call(lossy: Lossy, lines: Lines) -> None:
    lossy.meanwhile = lambda: lossy.other.write(Delete(key=A))
    with lossy.losing(1), pytest.raises(DatabaseUnavailable):
        lossy.table.write(NEXT)
    [line] = lines()
    assert line["level"] == "ERROR"
    assert {name: line[name] for name in line if name.startswith("aws_")} == {
        "aws_service": "DynamoDB",
        "aws_operation": "UpdateItem",
        "aws_error": "ReadTimeoutError",
        "aws_attempts": 2,
    }
