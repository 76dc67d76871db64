"""What HTTP says besides the body, for the failures of who may do what and when."""

from collections.abc import Iterator
from http import HTTPStatus

import pytest
from fastapi import APIRouter, HTTPException
from starlette.testclient import TestClient

from common.application import create_app
from common.errors import (
    Failure,
    Forbidden,
    Invalid,
    Malformed,
    NotFound,
    PreconditionFailed,
    Throttled,
    Unauthenticated,
    Unavailable,
)
from common.problems import responses
from tests.support.problem import assert_problem

REALM = 'Bearer realm="bookshelf"'
FAILURES: dict[str, Failure] = {
    "nobody": Unauthenticated("Who?"),
    "refused": Unauthenticated("Who?", refused=True),
    "forbidden": Forbidden("No."),
    "scope": Forbidden("No.", scope="things:admin"),
    "throttled": Throttled("Later.", retry_after=60),
    "unavailable": Unavailable("Later."),
    "malformed": Malformed("What?"),
    "changed": PreconditionFailed("Look."),
    "missing": NotFound("Where?"),
}
router = APIRouter()


@router.get("/failures/{name}", responses=responses(Invalid, *map(type, FAILURES.values())))
async def fail(name: str) -> None:
    raise FAILURES[name]


@router.get("/gone")
async def gone() -> None:
    raise HTTPException(HTTPStatus.GONE)


@pytest.fixture
def api(function_environment: dict[str, str]) -> Iterator[TestClient]:
    assert function_environment
    with TestClient(create_app("things", description="Things.", routers=[router])) as client:
        yield client


@pytest.mark.parametrize(
    ("name", "status", "code", "challenge", "wait"),
    [
        ("nobody", 401, "unauthenticated", REALM, None),
        ("refused", 401, "unauthenticated", f'{REALM}, error="invalid_token"', None),
        ("forbidden", 403, "forbidden", None, None),
        ("scope", 403, "forbidden", f'{REALM}, error="insufficient_scope", scope="things:admin"', None),
        ("throttled", 429, "too-many-requests", None, "60"),
        ("unavailable", 503, "unavailable", None, "1"),
        ("malformed", 400, "malformed-request", None, None),
        ("changed", 412, "precondition-failed", None, None),
        ("missing", 404, "not-found", None, None),
    ],
)
def test_each_failure_has_its_status_and_says_how_to_go_on(
    api: TestClient, name: str, status: int, code: str, challenge: str | None, wait: str | None
) -> None:
    answer = api.get(f"/failures/{name}")
    assert assert_problem(answer, status, code)["detail"] == FAILURES[name].detail
    assert answer.headers.get("www-authenticate") == challenge
    assert answer.headers.get("retry-after") == wait


def test_a_refusal_of_the_framework_without_words_is_a_problem_without_detail(api: TestClient) -> None:
    assert "detail" not in assert_problem(api.get("/gone"), 410, None)


def test_the_statuses_are_in_the_document(api: TestClient) -> None:
    document = api.get("/api/v1/things/openapi.json").json()
    described = document["paths"]["/failures/{name}"]["get"]["responses"]
    assert set(described) == {"200", "400", "401", "403", "404", "412", "422", "429", "503"}
