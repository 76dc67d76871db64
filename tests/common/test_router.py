"""Rules about requests that hold for every operation."""

from collections.abc import Iterator
from threading import Thread
from typing import Annotated, Any, Never

import pytest
from fastapi import Depends, Query, Request
from fastapi.exceptions import FastAPIError
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient

from common.http.application import create_app
from common.http.router import Route, Router
from tests.support.problem import assert_problem

router = Router(prefix="/things")


async def paging(limit: int = 20) -> int:
    return limit


@router.get("")
async def list_things(
    limit: Annotated[int, Depends(paging)],
    one: Annotated[str | None, Query(alias="first")] = None,
    many: Annotated[list[str] | None, Query()] = None,
    few: Annotated[tuple[str, ...], Query()] = (),
) -> list[str | int | None]:
    return [limit, one, *(many or ()), *few]


@router.get("/all")
async def list_all() -> str:
    return "all"


@router.get("/{number:digits}")
async def get_by_number(number: int) -> int:
    return number


@router.get("/{key:uuid}")
async def get_by_key(key: str) -> str:
    return key


@pytest.fixture
def api(function_environment: dict[str, str]) -> Iterator[TestClient]:
    assert function_environment
    with TestClient(create_app("things", description="Things.", routers=[router])) as client:
        yield client


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", [20, None]),
        ("limit=2&first=a", [2, "a"]),
        ("many=a&many=b", [20, None, "a", "b"]),
        ("few=a&few=b", [20, None, "a", "b"]),
    ],
)
def test_known_parameters_are_accepted(api: TestClient, query: str, found: list[object]) -> None:
    assert api.get(f"/things?{query}").json() == found


@pytest.mark.parametrize(
    ("query", "errors"),
    [
        ("fisrt=a", [("fisrt", "There is no such parameter. Known: few, first, limit, many.")]),
        ("one=a", [("one", "There is no such parameter. Known: few, first, limit, many.")]),
        ("first=a&first=b", [("first", "Send this parameter once.")]),
        ("limit=1&limit=1", [("limit", "Send this parameter once.")]),
        ("=", [("", "There is no such parameter. Known: few, first, limit, many.")]),
    ],
)
def test_unknown_or_repeated_parameter_is_a_422(api: TestClient, query: str, errors: list[tuple[str, str]]) -> None:
    problem = assert_problem(api.get(f"/things?{query}"), 422, "invalid-request")
    assert [(error["parameter"], error["detail"]) for error in problem["errors"]] == errors


def test_operation_without_parameters_accepts_none(api: TestClient) -> None:
    problem = assert_problem(api.get("/things/all?a=1&b=2"), 422, "invalid-request")
    assert problem["detail"] == "a: There is no such parameter. b: There is no such parameter."


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/things/all", "all"),
        ("/things/01", 1),
        ("/things/019B76DA-a800-7000-8000-000000000001", "019B76DA-a800-7000-8000-000000000001"),
    ],
)
def test_path_parameter_is_matched_by_its_form(api: TestClient, path: str, found: object) -> None:
    assert api.get(path).json() == found


@pytest.mark.parametrize(
    "name", ["+1", "-1", "1_0", " 1", "1.0", "٣", "one", "019b76daa80070008000000000000001", "{1}", "1%0A"]
)
def test_other_form_of_a_path_parameter_is_a_404(api: TestClient, name: str) -> None:
    assert_problem(api.get(f"/things/{name}"), 404, None)


def test_405_names_only_methods_of_the_path(api: TestClient) -> None:
    assert api.post("/things/all").headers["allow"] == "GET, HEAD, OPTIONS"


def test_operation_ids_are_names_of_functions(api: TestClient) -> None:
    paths = api.get("/api/v1/things/openapi.json").json()["paths"]
    assert {path: item["get"]["operationId"] for path, item in paths.items()} == {
        "/things": "list_things",
        "/things/all": "list_all",
        "/things/{number}": "get_by_number",
        "/things/{key}": "get_by_key",
        "/api/v1/things/health": "get_things_health",
    }


def test_route_without_an_operation_is_served_as_it_is() -> None:
    async def plain(_: Request) -> PlainTextResponse:
        return PlainTextResponse("plain")

    plain_router = Router(prefix="/things")
    plain_router.add_route("/things/plain", plain)
    app = create_app("things", description="Things.", routers=[plain_router])
    with TestClient(app) as client:
        assert client.get("/things/plain").text == "plain"


def test_route_is_analysed_when_an_attribute_is_read() -> None:
    route = Route("/things", get_things)
    assert "dependant" not in vars(route)
    assert not hasattr(route, "nothing")
    assert "dependant" in vars(route)
    assert not hasattr(route, "nothing")


async def get_things() -> str:
    return "things"


def test_methods_are_upper_cased() -> None:
    lower = Router(prefix="/things")
    lower.add_api_route("/lower", get_things, methods=["get"])
    with TestClient(create_app("things", description="Things.", routers=[lower])) as client:
        assert client.get("/things/lower").json() == "things"


def test_thread_waits_until_another_one_has_analysed_the_route() -> None:
    found: list[object] = []

    class Dependencies(list[Any]):
        """Lets another thread read the route while FastAPI reads the dependencies."""

        def __iter__(self) -> Iterator[Any]:
            reader.start()
            reader.join(0.1)  # It ends now only if it does not wait.
            return super().__iter__()

    route = Route("/things", get_things, dependencies=Dependencies([Depends(paging)]))
    reader = Thread(target=lambda: found.append(getattr(route, "app", "no app yet")))
    route.analyse()
    reader.join(10)
    assert found == [route.app]


def test_route_that_cannot_be_analysed_is_analysed_again() -> None:
    async def wrong(value: Never) -> None: ...

    route = Route("/things", wrong)
    for _ in range(2):
        with pytest.raises(FastAPIError):
            _ = route.name
