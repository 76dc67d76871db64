"""The status code, headers and OpenAPI examples of each kind of failure."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Annotated

import pytest
from fastapi import APIRouter, Body, HTTPException
from starlette.testclient import TestClient

from common.auth.authentication import CurrentUser
from common.failures import (
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
from common.http.application import Application, create_app
from common.http.openapi import responses
from common.product import PRODUCT
from tests.support.problem import assert_problem
from tests.support.tokens import accepting_tokens, bearer

REALM = f'Bearer realm="{PRODUCT.name}"'
FAILURES: dict[str, Failure] = {
    "anonymous": Unauthenticated("Log in."),
    "rejected": Unauthenticated("Log in again.", refused=True),
    "forbidden": Forbidden("Not allowed."),
    "scope": Forbidden("Not allowed.", scope="things:admin"),
    "throttled": Throttled("Later.", retry_after=60),
    "unavailable": Unavailable("Later."),
    "malformed": Malformed("Cannot be read."),
    "changed": PreconditionFailed("It has changed."),
    "missing": NotFound("It does not exist."),
}
router = APIRouter()


@router.get("/failures/{name}", responses=responses(Invalid, *map(type, FAILURES.values())))
async def fail(name: str) -> None:
    raise FAILURES[name]


class Busy(Unavailable):
    code = "thing-busy"
    title = "The thing is busy"


@router.post("/things", responses=responses(Invalid, Busy))
async def make(user: CurrentUser, body: Annotated[dict[str, str], Body()]) -> list[str]:
    return [user.subject, *body]


@router.get("/gone")
async def gone() -> None:
    raise HTTPException(HTTPStatus.GONE)


@pytest.fixture
def app(function_environment: dict[str, str]) -> Application:
    assert function_environment
    return create_app("things", description="Things.", routers=[router])


@pytest.fixture
def api(app: Application) -> Iterator[TestClient]:
    with TestClient(app) as client:
        yield client


@pytest.mark.parametrize(
    ("name", "status", "code", "challenge", "wait"),
    [
        ("anonymous", 401, "unauthenticated", REALM, None),
        ("rejected", 401, "unauthenticated", f'{REALM}, error="invalid_token"', None),
        ("forbidden", 403, "forbidden", None, None),
        ("scope", 403, "forbidden", f'{REALM}, error="insufficient_scope", scope="things:admin"', None),
        ("throttled", 429, "too-many-requests", None, "60"),
        ("unavailable", 503, "unavailable", None, "1"),
        ("malformed", 400, "malformed-request", None, None),
        ("changed", 412, "precondition-failed", None, None),
        ("missing", 404, "not-found", None, None),
    ],
)
def test_each_failure_has_its_status_code_and_headers(
    api: TestClient, name: str, status: int, code: str, challenge: str | None, wait: str | None
) -> None:
    response = api.get(f"/failures/{name}")
    assert assert_problem(response, status, code)["detail"] == FAILURES[name].detail
    assert response.headers.get("www-authenticate") == challenge
    assert response.headers.get("retry-after") == wait


def test_http_exception_without_detail_is_a_problem_without_detail(api: TestClient) -> None:
    assert "detail" not in assert_problem(api.get("/gone"), 410, None)


def test_declared_status_codes_are_in_openapi(api: TestClient) -> None:
    document = api.get("/api/v1/things/openapi.json").json()
    described = document["paths"]["/failures/{name}"]["get"]["responses"]
    assert set(described) == {"200", "400", "401", "403", "404", "412", "422", "429", "503"}


def test_openapi_has_an_example_of_every_problem(api: TestClient) -> None:
    document = api.get("/api/v1/things/openapi.json").json()
    described = document["paths"]["/things"]["post"]["responses"]
    kinds = {
        status: {
            name: (example["summary"], example["value"]["type"])
            for name, example in response["content"]["application/problem+json"]["examples"].items()
        }
        for status, response in described.items()
        if status >= "400"
    }
    of = f"tag:{PRODUCT.problem_authority}:"
    assert kinds == {
        "400": {"bad-request": ("The body cannot be read", "about:blank")},
        # Declared for every operation that requires a token, whether its route declares it or not.
        "401": {
            "unauthenticated": ("Authentication is required", f"{of}unauthenticated"),
            "invalid-token": ("The token is not valid", f"{of}invalid-token"),
        },
        "415": {"unsupported-media-type": ("The body is not application/json", f"{of}unsupported-media-type")},
        "422": {"invalid-request": ("The request is not valid", f"{of}invalid-request")},
        # The failures that a route declares are added to the general ones of the same status code.
        "503": {
            "thing-busy": ("The thing is busy", f"{of}thing-busy"),
            "unavailable": ("Temporarily unavailable", f"{of}unavailable"),
            "secret-unavailable": ("A secret could not be read in time", f"{of}secret-unavailable"),
        },
    }
    for status, response in described.items():
        for example in response["content"].get("application/problem+json", {}).get("examples", {}).values():
            problem = example["value"]
            assert set(document["components"]["schemas"]["Problem"]["required"]) <= set(problem)
            assert problem["status"] == int(status)


@pytest.mark.parametrize(
    ("content", "content_type", "name"),
    [("{}", "text/plain", "unsupported-media-type"), (b"\xff", "application/json", "bad-request")],
)
def test_unreadable_body_is_rejected_as_documented(
    app: Application, api: TestClient, content: str | bytes, content_type: str, name: str
) -> None:
    document = api.get("/api/v1/things/openapi.json").json()
    with accepting_tokens(app):
        response = api.post("/things", content=content, headers=bearer(1) | {"content-type": content_type})
    declared = document["paths"]["/things"]["post"]["responses"][str(response.status_code)]
    example = declared["content"]["application/problem+json"]["examples"][name]["value"]
    assert response.json()["type"] == example["type"]
