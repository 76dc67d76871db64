"""Conditional requests: the version in `ETag`, and the version that `If-Match` expects."""

from collections.abc import Iterator

import pytest
from fastapi import APIRouter, Response
from starlette.testclient import TestClient

from common.http.application import create_app
from common.http.openapi import responses
from common.http.preconditions import IfMatch, VersionMismatch, tag
from tests.support.problem import assert_problem

router = APIRouter()


@router.put("/thing", responses=responses(VersionMismatch))
async def change(expected: IfMatch, response: Response) -> str:
    """Change a thing that has version 3."""
    expected.check(3)
    tag(response, 4)
    return "changed"


@pytest.fixture
def api(function_environment: dict[str, str]) -> Iterator[TestClient]:
    assert function_environment
    with TestClient(create_app("things", description="Things.", routers=[router])) as client:
        yield client


@pytest.mark.parametrize(
    "given", [None, "*", " * ", '"3"', '"1", "3"', '"1","2","3"', '"1" , W/"2", "3" ', '"a,b", "3"']
)
def test_missing_or_matching_if_match_is_accepted(api: TestClient, given: str | None) -> None:
    response = api.put("/thing", headers={} if given is None else {"If-Match": given})
    assert response.json() == "changed"
    assert response.headers["etag"] == '"4"'


@pytest.mark.parametrize("given", ['"2"', '"33"', '""', 'W/"3"', '"1", "2"', '"03"', '"1,3"'])
def test_other_versions_and_weak_tags_are_rejected(api: TestClient, given: str) -> None:
    assert_problem(api.put("/thing", headers={"If-Match": given}), 412, "version-mismatch")


@pytest.mark.parametrize(
    "given", ["3", "", ",", '"3', '3"', '"3" "4"', '"3",', '*, "3"', "W/3", 'w/"3"', '"3"x', "'3'"]
)
def test_malformed_if_match_is_a_400(api: TestClient, given: str) -> None:
    assert_problem(api.put("/thing", headers={"If-Match": given}), 400, "invalid-if-match")


def test_long_if_match_is_parsed_in_linear_time(api: TestClient) -> None:
    assert_problem(api.put("/thing", headers={"If-Match": '"1", ' * 2000 + "x"}), 400, "invalid-if-match")


def test_if_match_is_in_openapi(api: TestClient) -> None:
    document = api.get("/api/v1/things/openapi.json").json()
    [parameter] = document["paths"]["/thing"]["put"]["parameters"]
    assert (parameter["name"], parameter["in"], parameter["required"]) == ("if-match", "header", False)
