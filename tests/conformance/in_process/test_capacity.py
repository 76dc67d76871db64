"""AWS's rules, by the examples on its pages."""

from typing import Any

import pytest

from tests.conformance.in_process.capacity import Index, Units, indexes_of, item_bytes, units_of, value_bytes
from tests.conformance.in_process.recorder import Call, Item, Touched

INDEX = Index("listing", ("list", "position"), frozenset({"title"}))
LISTED: Item = {"pk": {"S": "1"}, "sk": {"S": "B"}, "list": {"S": "L"}, "position": {"S": "1"}, "title": {"S": "t"}}


def sized(size: int, **more: Any) -> Item:
    """An item of that many bytes."""
    bare = {"pk": {"S": ""}, **more}
    return {**bare, "pk": {"S": "x" * (size - item_bytes(bare))}}


def written(before: Item | None, after: Item | None, *, wanted: Item | None = None, times: int = 1) -> Units:
    operation = "TransactWriteItems" if times > 1 else "PutItem"
    return units_of(Call(operation, {}, touched=[Touched("Put", before, after, wanted)] * max(1, times - 1)), [INDEX])


@pytest.mark.parametrize(
    ("value", "size"),
    [
        ({"S": "é"}, 2),
        ({"S": ""}, 0),
        ({"N": "0"}, 1),
        ({"N": "7"}, 2),
        ({"N": "1979"}, 3),
        ({"N": "19790"}, 3),
        ({"N": "9007199254740991"}, 9),
        ({"BOOL": False}, 1),
        ({"NULL": True}, 1),
        ({"SS": ["ab", "c"]}, 3),
        ({"L": []}, 3),
        ({"L": [{"S": "logic"}, {"S": "music"}]}, 15),
        ({"M": {}}, 3),
        ({"M": {"title": {"S": "Emma"}, "tags": {"L": []}}}, 21),
    ],
)
def test_a_value_has_the_size_that_aws_says(value: dict[str, Any], size: int) -> None:
    assert value_bytes(value) == size


def test_an_item_is_as_large_as_its_names_and_values() -> None:
    assert item_bytes({"pk": {"S": "A#1"}, "published_year": {"N": "1979"}}) == 2 + 3 + 14 + 3


def test_value_of_unknown_size_is_rejected() -> None:
    with pytest.raises(NotImplementedError):
        value_bytes({"B": b""})


@pytest.mark.parametrize(("size", "units"), [(0, 1), (1, 1), (4096, 1), (4097, 2), (10_240, 3)])
@pytest.mark.parametrize(("consistent", "factor"), [(True, 1), (False, 0.5)])
def test_reading_is_counted_in_steps_of_4_kb(size: int, units: int, factor: float, *, consistent: bool) -> None:
    item = sized(size) if size > 2 else None
    call = Call("GetItem", {"ConsistentRead": consistent}, touched=[Touched(None, item, item, None)])
    assert units_of(call, []) == Units(read=units * factor)


@pytest.mark.parametrize(("count", "units"), [(0, 0.5), (1, 0.5), (40, 0.5), (41, 1), (120, 1.5)])
def test_what_a_query_finds_is_rounded_up_together(count: int, units: float) -> None:
    assert units_of(Call("Query", {}, found=[sized(102)] * count), []) == Units(read=units)


@pytest.mark.parametrize(
    ("before", "after", "wanted", "units"),
    [
        (None, 500, 500, 1),
        (None, 1024, 1024, 1),
        (1025, None, None, 2),
        (3000, 500, 500, 3),
        (500, 3000, 3000, 3),
        (None, None, None, 1),
        (1500, 1500, 3000, 3),
    ],
    ids=["new", "1 KB", "removed", "smaller", "larger", "not there", "refused"],
)
def test_writing_is_counted_by_the_larger_item(
    before: int | None, after: int | None, wanted: int | None, units: int
) -> None:
    old, new, asked = (None if size is None else sized(size) for size in (before, after, wanted))
    assert written(old, new, wanted=asked) == Units(table=units)


def test_a_transaction_of_three_items_of_500_bytes_takes_six_units() -> None:
    assert written(None, sized(500), times=4) == Units(table=6)


def test_an_index_is_written_when_what_it_holds_changes() -> None:
    moved, shown, hidden = ({**LISTED, name: {"S": "new"}} for name in ("position", "title", "borrower"))
    unlisted = {name: value for name, value in LISTED.items() if name != "list"}
    changes = [(None, LISTED), (LISTED, None), (LISTED, unlisted), (LISTED, shown), (LISTED, moved), (LISTED, hidden)]
    assert [written(old, new).indexes for old, new in changes] == [1, 1, 1, 1, 2, 0]
    assert written(unlisted, {**unlisted, "title": {"S": "new"}}).indexes == 0


def test_an_entry_of_more_than_1_kb_takes_more_units_and_a_transaction_does_not_double_it() -> None:
    large = {**LISTED, "title": {"S": "x" * 1024}}
    assert written(LISTED, large).indexes == 2
    assert written(None, large, times=2) == Units(table=4, indexes=2)


def test_an_index_is_as_the_table_s_file_says() -> None:
    keys = [{"AttributeName": "list", "KeyType": "HASH"}, {"AttributeName": "position", "KeyType": "RANGE"}]
    some = {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["title"]}
    named = {"IndexName": "listing", "KeySchema": keys}
    assert indexes_of({"GlobalSecondaryIndexes": [{**named, "Projection": some}]}) == [INDEX]
    [whole] = indexes_of({"GlobalSecondaryIndexes": [{**named, "Projection": {"ProjectionType": "ALL"}}]})
    [bare] = indexes_of({"GlobalSecondaryIndexes": [{**named, "Projection": {"ProjectionType": "KEYS_ONLY"}}]})
    assert whole.entry(LISTED) == LISTED
    assert bare.entry(LISTED) == {name: value for name, value in LISTED.items() if name != "title"}


def test_call_that_no_rule_covers_is_rejected() -> None:
    scan = Call("Scan", {"TableName": "table"}, touched=[Touched(None, None, None, None)])
    with pytest.raises(NotImplementedError, match="Scan"):
        units_of(scan, [])
