"""Keys of the lists when their number has grown: books stay where they are, and no index entry moves."""

from collections import Counter
from functools import partial

import pytest

from books.repository import DynamoBookRepository
from common.dynamodb.shards import Shards
from common.dynamodb.table import Table
from tests.books.examples import MORNING, book
from tests.books.repositories import all_of
from tests.support.eventually import eventually
from tests.support.tables import ENGINES, table_on

BEFORE = [book(number, tags=("old", "kept")) for number in range(8)]


def keys(table: Table) -> Counter[str]:
    items = table._client.scan(TableName=table._name, ConsistentRead=True)["Items"]
    return Counter(item["list"]["S"] for item in items if "list" in item)


@pytest.mark.parametrize("engine", ENGINES)
def test_changed_book_keeps_its_keys_when_their_number_has_grown(engine: str) -> None:
    with table_on(engine, "books") as table:
        for each in BEFORE:
            DynamoBookRepository(table).add(each)
        books = DynamoBookRepository(Table(table._client, table._name, shards=Shards(written=8, read=8)))
        changed = [each.changed(now=MORNING, title="Changed", tags=["kept", "new"]) for each in BEFORE]
        for before, after in zip(BEFORE, changed, strict=True):
            assert books.replace(before, after)
        found = keys(table)
        assert (found["BOOKS"], found["TAG#kept"], found["TAG#old"]) == (8, 8, 0)
        spread = set(found) - {"BOOKS", "TAG#kept"}
        assert all(key.endswith("TAG#new") for key in spread)
        assert len(spread) > 1
        newest_first = changed[::-1]
        eventually(partial(all_of, books.page, limit=3), newest_first)
        for tag in ("kept", "new"):
            eventually(partial(all_of, books.by_tag, tag, limit=3), newest_first)
