"""A page of a list makes the same calls, and reads as many items, when the table is a hundred times as large."""

import json
from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

import pytest

from cost.services import units_of_page
from tests.conformance.found import CASES, CaseOfService, profile
from tests.conformance.in_process.capacity import units_of
from tests.conformance.in_process.recorder import Call
from tests.conformance.in_process.service_under_test import ServiceUnderTest, serving
from tests.support.dynamodb_calls import page
from tests.support.filling import items_in

SMALL, LARGE = 100, 10_000  # items in the table
LIMITS = (20, 100)
FOLLOWED = 20  # the limit that fits both tables, with which the second page is read as well
SHARDS = 8  # keys over which lists can be spread
# Of each further key only what comes before is read: on average 1 + 1 + 1/2 + ... + 1/7 = 3.6 times a page.
NEEDED = 6
LISTS = [case for case in CASES if case.case.page]


class Pages(NamedTuple):
    """The bodies of a list's first and second page and the calls for them; the second only if it is read."""

    first: list[Call]
    second: list[Call]
    bodies: list[str]


class Key(NamedTuple):
    """Which pages: of a list, with a number of items in the table, a limit, and a number of keys of the index."""

    listed: str
    size: int
    limit: int
    shards: int


class Read(Protocol):
    """Returns the pages of a list."""

    def __call__(self, listed: CaseOfService, size: int, limit: int, shards: int = 1) -> Pages: ...


@pytest.fixture(scope="session")
def remembered_pages() -> dict[Key, Pages]:
    return {}


@pytest.fixture
def read(function_environment: Mapping[str, str], remembered_pages: dict[Key, Pages]) -> Read:
    def of(listed: CaseOfService, size: int, limit: int, shards: int = 1) -> Pages:
        key = Key(str(listed), size, limit, shards)
        if key not in remembered_pages:
            limits = LIMITS if shards == 1 else (FOLLOWED,)
            remembered_pages.update(_read(listed.service, function_environment, limits, shards))
        return remembered_pages[key]

    return of


def _read(
    service: str, function_environment: Mapping[str, str], limits: Sequence[int], shards: int
) -> dict[Key, Pages]:
    """Return the pages of all lists of a service."""
    found: dict[Key, Pages] = {}
    own = [listed for listed in LISTS if listed.service == service]
    variables = {} if shards == 1 else {"LIST_SHARDS": json.dumps({"written": shards, "read": shards})}
    with serving(service, function_environment, variables) as under_test:
        for size in (SMALL, LARGE):
            under_test.store(profile(service).fill(size // profile(service).items_each))
            assert items_in(under_test.table._name) == size
            for listed in own:
                for limit in limits:
                    found[Key(str(listed), size, limit, shards)] = _pages(under_test, listed, limit)
    return found


def _pages(under_test: ServiceUnderTest, listed: CaseOfService, limit: int) -> Pages:
    _, operation, case = listed
    headers = under_test.headers(operation.sender(case))
    sent = {"params": {**(case.sent or {}).get("params", {}), "limit": limit}}
    exchange = under_test.send(operation.method, operation.path, sent, headers)
    if limit != FOLLOWED:
        return Pages(exchange.calls, [], [exchange.response.body])
    second = under_test.send("GET", exchange.response.json()["next"], {}, headers)
    return Pages(exchange.calls, second.calls, [exchange.response.body, second.response.body])


def scanned(calls: list[Call]) -> int:
    """Return how many items the only query has read."""
    [count] = all_scanned(calls)
    return count


def all_scanned(calls: list[Call]) -> list[int]:
    """Return how many items each query has read."""
    return [call.scanned for call in calls if call.scanned is not None]


def expected(listed: CaseOfService, limit: int, *others: str) -> tuple[str, ...]:
    """Return the calls of a page with that limit, and with these parameters beside it."""
    return tuple(
        page(call.removeprefix("Query ").partition(",")[0], limit, *others) if call.startswith("Query") else call
        for call in listed.case.calls
    )


@pytest.mark.parametrize("limit", LIMITS)
@pytest.mark.parametrize("listed", LISTS, ids=str)
def test_page_is_one_query_of_an_index_that_reads_at_most_one_item_more(
    listed: CaseOfService, limit: int, read: Read
) -> None:
    for size in (SMALL, LARGE):
        calls = read(listed, size, limit).first
        assert tuple(map(str, calls)) == expected(listed, limit)
        assert 0 < scanned(calls) <= limit + 1


@pytest.mark.parametrize("listed", LISTS, ids=str)
def test_page_of_ten_thousand_items_reads_as_much_as_of_a_hundred(listed: CaseOfService, read: Read) -> None:
    small, large = (scanned(read(listed, size, FOLLOWED).first) for size in (SMALL, LARGE))
    assert small == large == FOLLOWED + 1


@pytest.mark.parametrize("listed", LISTS, ids=str)
def test_second_page_is_one_query_from_a_key_on(listed: CaseOfService, read: Read) -> None:
    for size in (SMALL, LARGE):
        calls = read(listed, size, FOLLOWED).second
        assert tuple(map(str, calls)) == expected(listed, FOLLOWED, "ExclusiveStartKey")
        assert 0 < scanned(calls) <= FOLLOWED + 1
    assert scanned(read(listed, LARGE, FOLLOWED).second) == FOLLOWED + 1


@pytest.mark.parametrize("listed", LISTS, ids=str)
def test_lists_on_several_keys_have_the_same_pages_for_one_query_each(listed: CaseOfService, read: Read) -> None:
    small, large = (read(listed, size, FOLLOWED, SHARDS) for size in (SMALL, LARGE))
    for pages in (small, large):
        for calls, others in ((pages.first, ()), (pages.second, ("ExclusiveStartKey",))):
            assert set(map(str, calls)) == set(expected(listed, FOLLOWED, *others))
            counts = all_scanned(calls)
            # Not every list is spread: some have a key for each of many values.
            assert len(counts) in {1, SHARDS}
            assert max(counts) <= FOLLOWED + 1
            assert sum(counts) <= NEEDED * (FOLLOWED + 1)
    assert len(small.first) == len(large.first) == len(large.second)
    if len(large.first) == SHARDS:
        [one] = [units_of(call, ()).read for call in read(listed, LARGE, FOLLOWED).first if call.scanned]
        eight = sum(units_of(call, ()).read for call in large.first if call.scanned is not None)
        assert eight == pytest.approx(units_of_page(one, SHARDS), abs=1)
    assert large.bodies == read(listed, LARGE, FOLLOWED).bodies
