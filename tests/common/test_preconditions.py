"""Conditional requests: the version that an answer shows, and the one that a change expects."""

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
    """Change what has version 3."""
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
def test_without_a_condition_or_with_the_stored_version_the_change_is_made(api: TestClient, given: str | None) -> None:
    answer = api.put("/thing", headers={} if given is None else {"If-Match": given})
    assert answer.json() == "changed"
    assert answer.headers["etag"] == '"4"'


@pytest.mark.parametrize("given", ['"2"', '"33"', '""', 'W/"3"', '"1", "2"', '"03"', '"1,3"'])
def test_any_other_version_and_a_weak_tag_are_refused(api: TestClient, given: str) -> None:
    assert_problem(api.put("/thing", headers={"If-Match": given}), 412, "version-mismatch")


@pytest.mark.parametrize(
    "given", ["3", "", ",", '"3', '3"', '"3" "4"', '"3",', '*, "3"', "W/3", 'w/"3"', '"3"x', "'3'"]
)
def test_what_is_no_entity_tag_is_refused(api: TestClient, given: str) -> None:
    assert_problem(api.put("/thing", headers={"If-Match": given}), 400, "invalid-if-match")


def test_a_long_header_is_read_in_time_that_grows_with_it(api: TestClient) -> None:
    assert_problem(api.put("/thing", headers={"If-Match": '"1", ' * 2000 + "x"}), 400, "invalid-if-match")


def test_the_document_names_the_header(api: TestClient) -> None:
    document = api.get("/api/v1/things/openapi.json").json()
    [parameter] = document["paths"]["/thing"]["put"]["parameters"]
    assert (parameter["name"], parameter["in"], parameter["required"]) == ("if-match", "header", False)
