"""Lists on several keys of an index: pages, a growing number of keys, and the end of a query at 1 MB."""

from collections import Counter
from collections.abc import Iterator
from functools import partial
from typing import Any, Final

import boto3
import pytest
from botocore.stub import Stubber
from hypothesis import given, settings
from hypothesis import strategies as st

from common.dynamodb.client import CONFIG
from common.dynamodb.shards import ONE, Merge, Shards
from common.dynamodb.table import Index, Table
from common.dynamodb.writes import Delete, ItemKey, Put
from common.settings import ListSettings, SettingsError
from tests.common.test_table import BY_KIND, SCHEMA
from tests.support.eventually import eventually
from tests.support.racing import race
from tests.support.tables import ENGINES, table_with

EIGHT: Final = Shards(written=8, read=8)
NAME: Final = "even"


@pytest.fixture(params=ENGINES)
def table(request: pytest.FixtureRequest) -> Iterator[Table]:
    with table_with(request.param, SCHEMA) as table:
        yield table


def with_shards(table: Table, shards: Shards) -> Table:
    """Return the same table for processes with another number of keys."""
    return Table(table._client, table._name, shards=shards)


def add(table: Table, *numbers: int) -> None:
    for number in numbers:
        position = f"{number:03}"
        listed = {"kind": table.shards.key(NAME, position), "position": position}
        table.write(Put(item={**ItemKey(f"N#{number}", "1")._asdict(), **listed}))


def page(table: Table, limit: int, after: int | None = None) -> tuple[list[int], bool]:
    start = None if after is None else {"position": f"{after:03}", **ItemKey(f"N#{after}", "1")._asdict()}
    found = table.listed(BY_KIND, NAME, limit=limit, after=start)
    return [int(item["position"]) for item in found.items], found.more


def keys(table: Table) -> set[str]:
    return {item["kind"]["S"] for item in table._client.scan(TableName=table._name)["Items"]}


def test_one_key_is_the_name_of_the_list() -> None:
    assert ONE.keys("BOOKS") == ["BOOKS"] == [ONE.key("BOOKS", "any")]
    assert Shards(written=1, read=3).keys("BOOKS") == ["BOOKS", "1#BOOKS", "2#BOOKS"]


def test_key_of_an_item_is_the_same_in_every_process_and_release() -> None:
    found = [EIGHT.key("L", f"{number:016}") for number in range(5)]
    assert found == ["3#L", "1#L", "6#L", "5#L", "2#L"]


def test_consecutive_items_are_spread_evenly() -> None:
    for form in ("{:016}", "019b76da-a800-7000-8000-{:012}"):
        found = Counter(EIGHT.key("L", form.format(number)) for number in range(8_000))
        assert set(found) == set(EIGHT.keys("L"))
        assert min(found.values()) > 900
        assert max(found.values()) < 1_100


def test_name_that_begins_with_a_digit_could_be_another_lists_key() -> None:
    with pytest.raises(ValueError, match="begins with a digit"):
        EIGHT.key("1#BOOKS", "any")


@pytest.mark.parametrize(("written", "read"), [(0, 1), (2, 1), (-1, -1)])
def test_fewer_keys_read_than_written_are_rejected(written: int, read: int) -> None:
    with pytest.raises(ValueError, match="must be"):
        Shards(written=written, read=read)
    with pytest.raises(SettingsError, match="LIST_SHARDS"):
        ListSettings.from_environment({"LIST_SHARDS": f'{{"written": {written}, "read": {read}}}'})


def test_number_of_keys_is_read_from_the_environment() -> None:
    assert ListSettings.from_environment({}).shards == ONE
    text = '{"written": 4, "read": 8}'
    assert ListSettings.from_environment({"LIST_SHARDS": text}).shards == Shards(written=4, read=8)


def test_pages_of_several_keys_are_ordered_and_complete(table: Table) -> None:
    spread = with_shards(table, EIGHT)
    add(spread, *range(30))
    assert len(keys(table)) > 4
    eventually(lambda: page(spread, 4), ([29, 28, 27, 26], True))
    assert page(spread, 4, after=26) == ([25, 24, 23, 22], True)
    assert page(spread, 4, after=4) == ([3, 2, 1, 0], False)
    assert page(spread, 30) == (list(range(29, -1, -1)), False)
    table.write(Delete(key=ItemKey("N#26", "1")))
    eventually(lambda: page(spread, 4), ([29, 28, 27, 25], True))
    assert page(spread, 4, after=26) == ([25, 24, 23, 22], True)


def test_number_of_keys_can_grow_and_shrink_while_a_list_is_read(table: Table) -> None:
    add(table, *range(0, 20, 2))
    eventually(lambda: page(table, 3), ([18, 16, 14], True))
    assert keys(table) == {NAME}
    # First all processes read eight keys, then they write them.
    reading, both = (with_shards(table, Shards(written=written, read=8)) for written in (1, 8))
    assert page(reading, 3, after=14) == ([12, 10, 8], True)
    add(reading, 20)
    assert keys(table) == {NAME}
    add(both, *range(1, 20, 2))
    assert len(keys(table)) > 4
    for processes in (reading, both):
        eventually(partial(page, processes, 4), ([20, 19, 18, 17], True))
        # The cursor of a page from before.
        assert page(processes, 4, after=14) == ([13, 12, 11, 10], True)
    # Fewer keys are written again, and the items stay in the list.
    add(reading, 21)
    eventually(lambda: page(reading, 100), (list(range(21, -1, -1)), False))


def test_pages_hold_every_steady_item_once_while_others_are_written(table: Table) -> None:
    spread = with_shards(table, EIGHT)
    steady = list(range(0, 24, 2))
    add(spread, *steady)
    eventually(partial(page, spread, 100), (steady[::-1], False))

    def read() -> list[int]:
        found, more = page(spread, 4)
        while more:
            items, more = page(spread, 4, after=found[-1])
            found += items
        return found

    def remove() -> None:
        for number in range(23, 0, -2):
            table.write(Delete(key=ItemKey(f"N#{number}", "1")))

    # Others appear from the end that is read last, and disappear from the other one.
    found, *written = race(read, partial(add, spread, *range(1, 24, 2)), remove)
    assert written == [None, None]
    assert isinstance(found, list)
    assert found == sorted(set(found), reverse=True)
    assert set(steady) <= set(found)


def test_list_makes_one_query_for_each_key_and_reads_no_more_than_is_needed() -> None:
    def condition(number: int, bound: str | None) -> dict[str, Any]:
        names = {"#n0": "kind"} | ({} if bound is None else {"#n1": "position"})
        values = {":v0": {"S": f"{number}#L" if number else "L"}} | ({} if bound is None else {":v1": {"S": bound}})
        return {
            "TableName": "table",
            "IndexName": "by_kind",
            "Limit": 3,
            "ScanIndexForward": False,
            "KeyConditionExpression": "#n0 = :v0" if bound is None else "#n0 = :v0 AND #n1 > :v1",
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": values,
        }

    answers = [("9", "8"), ("7", "5", "4"), ("6",)]
    bounds = [None, None, "7"]
    client = boto3.client("dynamodb", config=CONFIG)
    with Stubber(client) as stub:
        for number, (positions, bound) in enumerate(zip(answers, bounds, strict=True)):
            stub.add_response(
                "query", {"Items": [{"position": {"S": at}} for at in positions]}, condition(number, bound)
            )
        table = Table(client, "table", shards=Shards(written=3, read=3))
        found = table.listed(Index("by_kind", "kind", "position"), "L", limit=2)
        assert found == ([{"position": "9"}, {"position": "8"}], True)
        stub.assert_no_pending_responses()


def test_query_that_stopped_before_its_first_item_goes_on() -> None:
    query = {
        "TableName": "table",
        "IndexName": "by_kind",
        "Limit": 3,
        "ScanIndexForward": False,
        "KeyConditionExpression": "#n0 = :v0",
        "ExpressionAttributeNames": {"#n0": "kind"},
        "ExpressionAttributeValues": {":v0": {"S": "L"}},
    }
    end = {name: {"S": name} for name in ("pk", "sk", "kind", "position")}
    index = Index("by_kind", "kind", "position")
    client = boto3.client("dynamodb", config=CONFIG)
    table = Table(client, "table")
    with Stubber(client) as stub:
        for items in ([{"position": {"S": "9"}}], []):
            stub.add_response("query", {"Items": [], "LastEvaluatedKey": end}, query)
            stub.add_response("query", {"Items": [], "LastEvaluatedKey": end}, {**query, "ExclusiveStartKey": end})
            stub.add_response("query", {"Items": items}, {**query, "ExclusiveStartKey": end})
            assert table.listed(index, "L", limit=2) == ([{"position": "9"}] if items else [], False)
        stub.assert_no_pending_responses()


POSITIONS: Final = st.sets(st.integers(100, 999), max_size=40)


@settings(max_examples=200)
@given(
    shards=st.lists(POSITIONS, min_size=1, max_size=5),
    limit=st.integers(1, 12),
    whole=st.data(),
)
def test_merged_page_is_the_beginning_of_the_list(
    shards: list[set[int]],
    limit: int,
    whole: st.DataObject,
) -> None:
    merge = Merge("at", limit=limit)
    every = sorted(set().union(*shards), reverse=True)
    stopped = False
    for number, shard in enumerate(shards):
        rest = sorted(shard.difference(*shards[:number]), reverse=True)
        if merge.last is not None:
            rest = [at for at in rest if at > int(merge.last)]
        asked = rest[: limit + 1]
        read = asked[: whole.draw(st.integers(1, limit + 1))]
        stopped |= read != asked
        merge.add([{"at": {"S": str(at)}} for at in read], whole=read == asked)
    items, more = merge.page()
    found = [int(item["at"]["S"]) for item in items]
    assert found == every[: len(found)]
    assert more == (stopped or len(every) > limit)
    if stopped:
        assert found
    else:
        assert len(found) == min(limit, len(every))
