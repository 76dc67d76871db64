"""A page of a list makes the same calls, and reads as many items, when the table is a hundred times as large."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import pytest

from tests.conformance.found import CASES, CaseOfService, profile
from tests.conformance.in_process.recorder import Call
from tests.conformance.in_process.service_under_test import ServiceUnderTest, serving
from tests.support.dynamodb_calls import page
from tests.support.filling import items_in

SMALL, LARGE = 100, 10_000  # items in the table
LIMITS = (20, 100)
FOLLOWED = 20  # the limit that fits both tables, with which the second page is read as well
LISTS = [case for case in CASES if case.case.page]


class Pages(NamedTuple):
    """The calls for the first page of a list, and for the second one if it is read."""

    first: list[Call]
    second: list[Call]


type Read = Callable[[CaseOfService, int, int], Pages]
"""Returns the pages of a list, by the size of the table and the limit."""


@pytest.fixture(scope="session")
def remembered_pages() -> dict[tuple[str, int, int], Pages]:
    return {}


@pytest.fixture
def read(function_environment: Mapping[str, str], remembered_pages: dict[tuple[str, int, int], Pages]) -> Read:
    def of(listed: CaseOfService, size: int, limit: int) -> Pages:
        if (str(listed), size, limit) not in remembered_pages:
            remembered_pages.update(_read(listed.service, function_environment))
        return remembered_pages[str(listed), size, limit]

    return of


def _read(service: str, function_environment: Mapping[str, str]) -> dict[tuple[str, int, int], Pages]:
    """Return the pages of all lists of a service, by list, size and limit."""
    found: dict[tuple[str, int, int], Pages] = {}
    own = [listed for listed in LISTS if listed.service == service]
    with serving(service, function_environment, {}) as under_test:
        for size in (SMALL, LARGE):
            under_test.store(profile(service).fill(size // profile(service).items_each))
            assert items_in(under_test.table._name) == size
            for listed in own:
                found |= {(str(listed), size, limit): _pages(under_test, listed, limit) for limit in LIMITS}
    return found


def _pages(under_test: ServiceUnderTest, listed: CaseOfService, limit: int) -> Pages:
    _, operation, case = listed
    headers = under_test.headers(operation.sender(case))
    sent = {"params": {**(case.sent or {}).get("params", {}), "limit": limit}}
    exchange = under_test.send(operation.method, operation.path, sent, headers)
    if limit != FOLLOWED:
        return Pages(exchange.calls, [])
    return Pages(exchange.calls, under_test.send("GET", exchange.response.json()["next"], {}, headers).calls)


def scanned(calls: list[Call]) -> int:
    """Return how many items the only query has read."""
    [count] = [call.scanned for call in calls if call.scanned is not None]
    return count


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
