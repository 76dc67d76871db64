"""AWS's rules of capacity units, by examples."""

from decimal import Decimal
from typing import Any

import pytest

from tests.operations.capacity import Item, Units, check, read, size, total, write

KEYS = ["pk", "sk"]
KEY: dict[str, Any] = {"pk": {"S": "a"}, "sk": {"S": "b"}}
INDEX = {
    "IndexName": "by_kind",
    "KeySchema": [{"AttributeName": "kind", "KeyType": "HASH"}],
    "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["title"]},
}
ALL = INDEX | {"Projection": {"ProjectionType": "ALL"}}


def text(length: int) -> dict[str, dict[str, str]]:
    """An item of so many bytes in all."""
    return {"a": {"S": "x" * (length - 1)}}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"S": "é"}, 2),
        ({"S": ""}, 0),
        ({"N": "0"}, 2),
        ({"N": "7"}, 2),
        ({"N": "1969"}, 3),
        ({"N": "1000"}, 2),
        ({"N": "-12"}, 3),
        ({"BOOL": True}, 1),
        ({"NULL": True}, 1),
        ({"SS": ["ab", "c"]}, 3),
        ({"L": []}, 3),
        ({"L": [{"S": "ab"}, {"S": "c"}]}, 8),
        ({"M": {"k": {"S": "v"}}}, 6),
    ],
)
def test_an_item_is_as_large_as_its_names_and_values(value: dict[str, Any], expected: int) -> None:
    assert size({"name": value}) == 4 + expected


@pytest.mark.parametrize(
    ("items", "consistent", "units"),
    [
        ([], True, "1"),
        ([], False, "0.5"),
        ([text(4096)], True, "1"),
        ([text(4097)], True, "2"),
        ([text(4096), text(4097)], False, "1.5"),
        ([text(100)] * 21, False, "0.5"),
    ],
)
def test_reads_are_counted_together_in_steps_of_four_kilobytes(
    items: list[Item], units: str, *, consistent: bool
) -> None:
    assert read(items, consistent=consistent) == Units(read=Decimal(units))


@pytest.mark.parametrize(
    ("before", "after", "units"),
    [
        (None, text(1024), 1),
        (None, text(1025), 2),
        (text(2049), text(10), 3),
        (text(2049), None, 3),
        (None, None, 1),
    ],
)
def test_a_write_counts_the_larger_of_what_was_and_what_is_there(before: Item, after: Item, units: int) -> None:
    assert write(before, after, [], KEYS, together=False) == Units(write=Decimal(units))
    assert write(before, after, [], KEYS, together=True) == Units(write=Decimal(2 * units))


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (None, {"kind": "x", "title": "t"}, 1),
        ({"kind": "x", "title": "t"}, None, 1),
        (None, {"title": "t"}, 0),
        ({"kind": "x", "title": "t"}, {"kind": "x", "title": "u"}, 1),
        ({"kind": "x", "title": "t"}, {"kind": "y", "title": "t"}, 2),
        ({"kind": "x", "title": "t"}, {"title": "t"}, 1),
        ({"kind": "x", "other": "1"}, {"kind": "x", "other": "2"}, 0),
        (None, {"kind": "x", "title": "t" * 1024}, 2),
    ],
)
def test_an_index_is_written_when_what_it_shows_changes(
    before: dict[str, Any] | None, after: dict[str, Any] | None, expected: int
) -> None:
    old, new = (item and KEY | {name: {"S": value} for name, value in item.items()} for item in (before, after))
    assert write(old, new, [INDEX], KEYS, together=True).replicated == expected


def test_an_index_of_everything_shows_everything() -> None:
    before, after = (KEY | {"kind": {"S": "x"}, "other": {"S": other}} for other in ("1", "2"))
    assert write(before, after, [INDEX, ALL], KEYS, together=False).replicated == 1


def test_a_condition_in_a_transaction_counts_as_a_transactional_write() -> None:
    assert check(text(1025)) == Units(write=Decimal(4))
    assert check(None) == Units(write=Decimal(2))


def test_units_add_up() -> None:
    some = Units(Decimal(1), Decimal(2), Decimal(3))
    assert total([some, some]) == Units(Decimal(2), Decimal(4), Decimal(6))
    assert total([]) == Units()
