"""HEAD, OPTIONS, and a slash at the end of a path."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import Response
from starlette.testclient import TestClient
from starlette.types import Message

from common.http.application import create_app
from common.http.router import Router
from tests.common.lines import Lines
from tests.support.problem import assert_problem

router = Router()


@router.get("/things/{number:digits}")
async def get_thing(number: int, response: Response) -> dict[str, int]:
    response.headers["X-Number"] = str(number)
    return {"number": number}


@router.get("/things")
async def list_things() -> list[int]:
    return []


@router.put("/things/{number:digits}")
async def put_thing(number: int) -> int:
    return number


@pytest.fixture
def api(function_environment: dict[str, str]) -> Iterator[TestClient]:
    assert function_environment
    with TestClient(create_app("things", description="Things.", routers=[router])) as client:
        yield client


@pytest.mark.parametrize("path", ["/things/1", "/api/v1/things/health", "/api/v1/things/openapi.json", "/nowhere"])
def test_head_is_get_without_a_body(api: TestClient, path: str) -> None:
    got, head = api.get(path), api.head(path)
    assert head.content == b""
    assert head.status_code == got.status_code
    assert head.headers["content-length"] == str(len(got.content))
    differing = {"x-request-id"}
    assert {name: value for name, value in head.headers.items() if name not in differing} == {
        name: value for name, value in got.headers.items() if name not in differing
    }


def test_server_sees_head_when_it_gets_the_response(function_environment: dict[str, str]) -> None:
    """Servers look at the method of the scope then, and leave the body out."""
    assert function_environment
    scope: dict[str, Any] = {"type": "http", "method": "HEAD", "path": "/things/1", "query_string": b"", "headers": []}
    seen: list[tuple[str, str]] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        seen.append((message["type"], scope["method"]))

    asyncio.run(create_app("things", description="Things.", routers=[router])(scope, receive, send))
    assert seen == [("http.response.start", "HEAD"), ("http.response.body", "HEAD")]


def test_access_line_names_the_method_that_was_sent(api: TestClient, lines: Lines) -> None:
    api.head("/things/1")
    [line] = [line for line in lines() if line["message"] == "request"]
    assert (line["method"], line["route"], line["status"]) == ("HEAD", "/things/{number}", 200)


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/things/1", "GET, HEAD, OPTIONS, PUT"),
        ("/things/1/", "GET, HEAD, OPTIONS, PUT"),
        ("/api/v1/things/health", "GET, HEAD, OPTIONS"),
        ("/nowhere", "OPTIONS"),
    ],
)
def test_options_lists_the_methods_of_every_path(api: TestClient, path: str, allowed: str) -> None:
    response = api.options(path)
    assert (response.status_code, response.content, response.headers["allow"]) == (204, b"", allowed)
    assert "content-type" not in response.headers


@pytest.mark.parametrize(("path", "status"), [("/things/1", 200), ("/api/v1/things/health", 200), ("/nowhere", 404)])
def test_slash_at_the_end_makes_no_difference(api: TestClient, path: str, status: int) -> None:
    assert api.get(path).status_code == api.get(f"{path}/").status_code == status


@pytest.mark.parametrize("path", ["/things/1", "/things", "/api/v1/things/health", "/api/v1/things/openapi.json"])
def test_line_feed_at_the_end_is_not_ignored(api: TestClient, lines: Lines, path: str) -> None:
    assert_problem(api.get(f"{path}%0A"), 404, None)
    [line] = [line for line in lines() if line["message"] == "request"]
    assert line["route"] == "unmatched"


def test_only_one_slash_is_ignored(api: TestClient) -> None:
    assert_problem(api.get("/things/1//"), 404, None)


@pytest.mark.parametrize("method", ["POST", "TRACE", "PROPFIND", "X" * 100])
def test_other_method_is_a_405(api: TestClient, method: str) -> None:
    response = api.request(method, "/things/1")
    assert_problem(response, 405, None)
    assert response.headers["allow"] == "GET, HEAD, OPTIONS, PUT"
