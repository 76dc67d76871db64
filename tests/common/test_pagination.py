"""Pagination: a cursor is valid only for the list that returned it, and `next` is the URL of the next page."""

import base64
import json
import re
from collections.abc import Iterator
from typing import Annotated, Any

import pytest
from fastapi import Query, Request, Response
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from common.failures import Invalid
from common.http import pagination
from common.http.application import create_app
from common.http.openapi import responses
from common.http.pagination import CursorRejected, Page, PageOut, Paging, PagingQuery, link_next, position
from common.http.router import Router
from tests.support.problem import assert_problem

NUMBERS = [f"{number:03}" for number in range(1, 206)]
FORM = re.compile(r"\d{3}")
router = Router()


@router.get("/numbers", responses=responses(CursorRejected, Invalid))
async def numbers(
    request: Request, response: Response, paging: PagingQuery, end: Annotated[str, Query()] = ""
) -> PageOut[str]:
    """List the numbers, or those that end in a digit."""
    query = {"list": "numbers", "end": end or None}
    after = position(paging, query, FORM) or ""
    found = [number for number in NUMBERS if number > after and number.endswith(end)][: paging.limit + 1]
    items = found[: paging.limit]
    page = Page(items, items[-1] if len(found) > paging.limit else None)
    return PageOut(items=page.items, next=link_next(request, response, query, page))


@pytest.fixture
def api(function_environment: dict[str, str]) -> Iterator[TestClient]:
    assert function_environment
    with TestClient(create_app("things", description="Things.", routers=[router])) as client:
        yield client


def cursor_of(address: str) -> str:
    return address.rpartition("cursor=")[2]


@pytest.mark.parametrize("limit", [1, 7, 100])
def test_following_next_returns_every_item_once_in_order(api: TestClient, limit: int) -> None:
    read: list[str] = []
    address = f"/numbers?limit={limit}"
    while True:
        response = api.get(address)
        page = response.json()
        read += page["items"]
        if page["next"] is None:
            assert "link" not in response.headers
            break
        assert len(page["items"]) == limit
        assert response.headers["link"] == f'<{page["next"]}>; rel="next"'
        address = page["next"]
    assert read == NUMBERS


def test_default_limit_is_20_and_next_keeps_the_filters(api: TestClient) -> None:
    assert len(api.get("/numbers").json()["items"]) == 20
    following = api.get("/numbers?end=3&limit=2").json()["next"]
    assert following.startswith("/numbers?end=3&limit=2&cursor=")
    assert api.get(following).json()["items"] == ["023", "033"]
    assert api.get(following).json()["next"].count("cursor=") == 1


@pytest.mark.parametrize("limit", ["0", "101", "-1", "many", "1.5", ""])
def test_invalid_limit_is_a_422_that_names_the_parameter(api: TestClient, limit: str) -> None:
    problem = assert_problem(api.get("/numbers", params={"limit": limit}), 422, "invalid-request")
    assert problem["errors"][0]["parameter"] == "limit"


def test_cursor_of_another_query_is_rejected(api: TestClient) -> None:
    cursor = cursor_of(api.get("/numbers?end=3&limit=2").json()["next"])
    for params in ({}, {"end": "4"}, {"end": ""}):
        response = api.get("/numbers", params=params | {"cursor": cursor})
        assert "another list" in assert_problem(response, 400, "invalid-cursor")["detail"]
    assert api.get("/numbers", params={"end": "3", "limit": 50, "cursor": cursor}).status_code == 200


def encoded(text: bytes) -> str:
    return base64.urlsafe_b64encode(text).decode().rstrip("=")


def forged(*parts: object) -> str:
    return encoded(json.dumps(parts, separators=(",", ":")).encode())


OF_NUMBERS = pagination._hash({"list": "numbers", "end": None})


@pytest.mark.parametrize(
    "cursor",
    [
        "a",
        "A" * 512,
        encoded(b"[" * 300),
        encoded(b"\xff\xfe"),
        encoded(b"null"),
        encoded(b"123"),
        encoded(b'{"a":1,"b":2,"c":3}'),
        forged(),
        forged(1, OF_NUMBERS),
        forged(1, OF_NUMBERS, "020", "more"),
        forged(2, OF_NUMBERS, "020"),
        forged(True, OF_NUMBERS, "020"),
        forged(1.0, OF_NUMBERS, "020"),
        forged("1", OF_NUMBERS, "020"),
        forged(1, None, "020"),
        forged(1, OF_NUMBERS, 20),
        forged(1, OF_NUMBERS, None),
        forged(1, OF_NUMBERS, ["020"]),
        forged(1, OF_NUMBERS, "20"),
        forged(1, OF_NUMBERS, "020\n"),
        forged(1, OF_NUMBERS, "0200"),
        forged(1, OF_NUMBERS, "\ud800"),
        encoded(f'[1, "{OF_NUMBERS}", "020"]'.encode()),
    ],
)
def test_forged_cursor_is_rejected(api: TestClient, cursor: str) -> None:
    assert api.get("/numbers", params={"cursor": forged(1, OF_NUMBERS, "020")}).json()["items"][0] == "021"
    assert_problem(api.get("/numbers", params={"cursor": cursor}), 400, "invalid-cursor")


@pytest.mark.parametrize("cursor", ["", "=", "not base64", "ü", "A" * 513, forged(1, "a") + "=", forged(1, "a") + "\n"])
def test_text_that_is_no_cursor_is_a_422(api: TestClient, cursor: str) -> None:
    problem = assert_problem(api.get("/numbers", params={"cursor": cursor}), 422, "invalid-request")
    assert problem["errors"][0]["parameter"] == "cursor"


QUERIES = st.dictionaries(st.text(max_size=8), st.none() | st.text(max_size=8), max_size=3)
ANYTHING = re.compile(r".*", re.DOTALL)


@given(item=st.text(max_size=60), query=QUERIES)
def test_cursor_round_trip(item: str, query: dict[str, str | None]) -> None:
    cursor = pagination._encoded(item, query)
    assert re.fullmatch(r"[A-Za-z0-9_-]+", cursor)
    assert position(Paging(20, cursor), query, ANYTHING) == item


@given(data=st.data())
def test_damaged_cursor_is_rejected_or_gives_a_valid_position(
    data: st.DataObject,
) -> None:
    """Cursors are not signed: a change may give another position, but never an invalid one."""
    query = {"list": "numbers"}
    cursor = pagination._encoded("020", query)
    at = data.draw(st.integers(0, len(cursor) - 1))
    letter = data.draw(st.characters(max_codepoint=0x17F))
    damaged = data.draw(
        st.sampled_from([cursor[:at] + letter + cursor[at + 1 :], cursor[:at] + cursor[at + 1 :], cursor[:at] + letter])
    )
    try:
        found = position(Paging(20, damaged), query, FORM)
    except CursorRejected:
        return
    assert found is not None
    assert FORM.fullmatch(found)
    assert pagination._encoded(found, query) == damaged


def test_cursor_with_damaged_version_or_hash_is_rejected() -> None:
    query: dict[str, Any] = {"list": "numbers"}
    cursor = pagination._encoded("020", query)
    checked = len(base64.urlsafe_b64encode(f'[1,"{pagination._hash(query)}'.encode()).decode().rstrip("="))
    for at in range(checked):
        for letter in "Az5_":
            if cursor[at] != letter:
                damaged = cursor[:at] + letter + cursor[at + 1 :]
                with pytest.raises(CursorRejected):
                    position(Paging(20, damaged), query, FORM)


def test_pagination_is_in_openapi(api: TestClient) -> None:
    document = api.get("/api/v1/things/openapi.json").json()
    parameters = {parameter["name"]: parameter for parameter in document["paths"]["/numbers"]["get"]["parameters"]}
    limit = parameters["limit"]["schema"]
    assert (limit["minimum"], limit["maximum"], limit["default"]) == (1, 100, 20)
    assert parameters["cursor"]["required"] is False
    page = document["components"]["schemas"]["PageOut_str_"]
    assert set(page["required"]) == {"items", "next"}
    assert "eventually consistent" in page["properties"]["items"]["description"]
