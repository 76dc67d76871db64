"""Conditional requests: the version in `ETag`, and the versions that a caller names."""

from collections.abc import Iterator

import pytest
from fastapi import Response
from starlette.testclient import TestClient

from common.http.application import create_app
from common.http.openapi import responses
from common.http.preconditions import PreconditionHeaders, VersionMismatch, tag
from common.http.protection import revalidated
from common.http.router import Router
from tests.support.problem import assert_problem

router = Router()


@router.put("/thing", responses=responses(VersionMismatch))
async def change(expected: PreconditionHeaders, response: Response) -> str:
    """Change a thing that has version 3."""
    expected.check(3)
    tag(response, 4)
    return "changed"


@router.get("/thing")
async def read(response: Response) -> str:
    """Return a thing that has version 3."""
    tag(response, 3)
    revalidated(response)
    return "thing"


@router.get("/untagged")
async def read_untagged() -> str:
    """Return a thing without a version."""
    return "thing"


@pytest.fixture
def api(function_environment: dict[str, str]) -> Iterator[TestClient]:
    assert function_environment
    with TestClient(create_app("things", description="Things.", routers=[router])) as client:
        yield client


LISTS = ['"3"', '"1", "3"', '"1","2","3"', '"1" , W/"2", "3" ', '"a,b", "3"', '"3",', ',"3",,', ' , "1",, "3" ,']
MALFORMED = ["3", '"3', '3"', '"3" "4"', '*, "3"', "W/3", 'w/"3"', '"3"x', "'3'"]


@pytest.mark.parametrize("given", [None, "*", " * ", *LISTS])
def test_missing_or_matching_if_match_is_accepted(api: TestClient, given: str | None) -> None:
    response = api.put("/thing", headers={} if given is None else {"If-Match": given})
    assert response.json() == "changed"
    assert response.headers["etag"] == '"4"'


@pytest.mark.parametrize("given", ["", ",", ", " * 4000, '"2"', '"33"', '""', 'W/"3"', '"1", "2"', '"03"', '"1,3"'])
def test_other_versions_and_weak_tags_are_rejected(api: TestClient, given: str) -> None:
    assert_problem(api.put("/thing", headers={"If-Match": given}), 412, "version-mismatch")


@pytest.mark.parametrize("given", ["*", 'W/"3"', '"1", W/"3"', *LISTS])
def test_matching_if_none_match_is_rejected(api: TestClient, given: str) -> None:
    assert_problem(api.put("/thing", headers={"If-None-Match": given}), 412, "version-mismatch")


@pytest.mark.parametrize("given", ["", ", ,", '"2"', 'W/"2"', '"33"'])
def test_other_if_none_match_is_accepted(api: TestClient, given: str) -> None:
    assert api.put("/thing", headers={"If-None-Match": given}).json() == "changed"


@pytest.mark.parametrize("name", ["If-Match", "If-None-Match"])
@pytest.mark.parametrize("given", [*MALFORMED, '"1", ' * 2000 + "x"])
def test_malformed_precondition_is_a_400(api: TestClient, name: str, given: str) -> None:
    problem = assert_problem(api.put("/thing", headers={name: given}), 400, "invalid-precondition")
    assert problem["detail"].startswith(f"{name} is not a list of ETags")


@pytest.mark.parametrize("given", ["*", 'W/"3"', '"1", W/"3"', *LISTS])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_get_of_a_known_version_is_a_304(api: TestClient, method: str, given: str) -> None:
    response = api.request(method, "/thing", headers={"If-None-Match": given})
    assert response.status_code == 304
    assert response.content == b""
    assert response.headers["etag"] == '"3"'
    assert response.headers["cache-control"] == "no-cache"
    assert "content-type" not in response.headers
    assert "content-length" not in response.headers


@pytest.mark.parametrize("given", ['"2"', 'W/"33"', *MALFORMED])
def test_get_of_another_version_is_a_200(api: TestClient, given: str) -> None:
    response = api.get("/thing", headers={"If-None-Match": given})
    assert (response.status_code, response.json()) == (200, "thing")


@pytest.mark.parametrize(("given", "status"), [('"3"', 200), ("*", 200), ('"2"', 412), ('W/"3"', 412), ("3", 200)])
def test_get_of_the_version_in_if_match_is_served(api: TestClient, given: str, status: int) -> None:
    response = api.get("/thing", headers={"If-Match": given})
    assert response.status_code == status
    if status == 412:
        assert_problem(response, 412, "version-mismatch")


@pytest.mark.parametrize("path", ["/untagged", "/nowhere"])
def test_response_without_a_tag_is_whole(api: TestClient, path: str) -> None:
    response = api.get(path, headers={"If-None-Match": "*"})
    assert (response.status_code, response.content) == (api.get(path).status_code, response.content)
    assert response.content


def test_preconditions_are_in_openapi(api: TestClient) -> None:
    parameters = api.get("/api/v1/things/openapi.json").json()["paths"]["/thing"]["put"]["parameters"]
    found = [(parameter["name"], parameter["in"], parameter["required"]) for parameter in parameters]
    assert found == [("if-match", "header", False), ("if-none-match", "header", False)]
