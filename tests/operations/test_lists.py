"""A page of a list reads no more of the table when the table is a hundred times as large."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import pytest

from common.dynamodb.table import Table
from tests.books.shelves import BOOK
from tests.operations import books_cases, people, users_cases
from tests.operations.cases import page
from tests.operations.filling import items_in
from tests.operations.recorder import Call
from tests.operations.stage import Stage, theatre

# Items in the table. Each book comes with a guard of its ISBN and two tags, each user with a guard of its address.
SMALL, LARGE = 100, 10_000
ITEMS_EACH = {"books": 4, "users": 2}
LIMITS = (20, 100)
FOLLOWED = 20  # the limit that fits both tables, with which the second page is read as well
FILLED: dict[str, Callable[[int], Callable[[Table], None]]] = {"books": books_cases.many, "users": people.many}


@dataclass(frozen=True)
class List:
    service: str
    path: str
    index: str
    sent: dict[str, Any]


BY_ADMIN = {"headers": people.BY_ADMIN}
# Who asks is read before.
BEFORE = {"users": (people.USER,)}
LISTS = {
    "users": List("users", people.ALL, "listing", BY_ADMIN),
    "books": List("books", books_cases.ALL, "listing", {}),
    "books of an author": List("books", f"{books_cases.ALL}?author={BOOK.author}", "author", {}),
    "books with a tag": List("books", f"{books_cases.ALL}?tag={BOOK.tags[0]}", "listing", {}),
    "loans": List("books", books_cases.LOANS, "loans", books_cases.by(books_cases.BORROWER)),
}


class Pages(NamedTuple):
    """What was asked for the first page of a list, and for the one behind it if that is looked at."""

    first: list[Call]
    second: list[Call]


type Read = Mapping[tuple[str, int, int], Pages]


@pytest.fixture(scope="module")
def read() -> Read:
    """The pages of every list, by its name, the size of the table, and the limit."""
    pages: dict[tuple[str, int, int], Pages] = {}
    with theatre() as aws:
        for service, fill in FILLED.items():
            for size in (SMALL, LARGE):
                with aws.stage(service) as stage:
                    fill(size // ITEMS_EACH[service])(stage.table)
                    assert items_in(stage.table_name) == size
                    for name, each in LISTS.items():
                        if each.service == service:
                            pages |= {(name, size, limit): _pages(stage, each, limit) for limit in LIMITS}
    return pages


def _pages(stage: Stage, wanted: List, limit: int) -> Pages:
    joint = "&" if "?" in wanted.path else "?"
    answer, first = stage.ask("get", f"{wanted.path}{joint}limit={limit}", **wanted.sent)
    return Pages(first, stage.ask("get", answer.json()["next"], **wanted.sent).calls if limit == FOLLOWED else [])


def scanned(calls: list[Call]) -> int:
    [count] = [call.scanned for call in calls if call.scanned is not None]
    return count


def test_every_operation_that_queries_is_among_the_lists() -> None:
    cases = [*books_cases.CASES, *users_cases.CASES]
    querying = {case.operation[1] for case in cases if any(call.startswith("Query") for call in case.calls)}
    assert querying == {each.path.partition("?")[0] for each in LISTS.values()}


@pytest.mark.parametrize("limit", LIMITS)
@pytest.mark.parametrize("name", LISTS)
def test_a_page_is_one_query_of_an_index_that_reads_at_most_one_item_more(name: str, limit: int, read: Read) -> None:
    for size in (SMALL, LARGE):
        calls = read[name, size, limit].first
        assert tuple(map(str, calls)) == (*BEFORE.get(name, ()), page(LISTS[name].index, limit))
        assert 0 < scanned(calls) <= limit + 1


@pytest.mark.parametrize("name", LISTS)
def test_a_page_reads_as_much_of_a_hundred_items_as_of_ten_thousand(name: str, read: Read) -> None:
    small, large = (scanned(read[name, size, FOLLOWED].first) for size in (SMALL, LARGE))
    assert small == large == FOLLOWED + 1


@pytest.mark.parametrize("name", LISTS)
def test_the_second_page_is_one_query_behind_a_key(name: str, read: Read) -> None:
    for size in (SMALL, LARGE):
        calls = read[name, size, FOLLOWED].second
        told = page(LISTS[name].index, FOLLOWED, "ExclusiveStartKey")
        assert tuple(map(str, calls)) == (*BEFORE.get(name, ()), told)
        assert 0 < scanned(calls) <= FOLLOWED + 1
    assert scanned(read[name, LARGE, FOLLOWED].second) == FOLLOWED + 1
