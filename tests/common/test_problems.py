"""The status code, headers and OpenAPI examples of each kind of failure, and the size of problems."""

import json
from collections.abc import Iterator
from http import HTTPStatus
from typing import Annotated

import pytest
from fastapi import Body, HTTPException
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
from common.http.router import Router
from common.product import PRODUCT
from tests.support.problem import assert_problem
from tests.support.tokens import accepting_tokens, bearer

# Statuses of API Gateway itself, which every operation declares.
GATEWAY = {"413", "429", "431", "500", "503"}
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
    "long": NotFound("x" * 9_000),
    "field": Invalid("Too late.", field="year"),
}
router = Router()


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


def test_invalid_field_has_a_pointer(api: TestClient) -> None:
    problem = assert_problem(api.get("/failures/field"), 422, "invalid-request")
    assert problem["detail"] == "Too late."
    assert problem["errors"] == [{"detail": "Too late.", "pointer": "#/year"}]


def test_http_exception_without_detail_is_a_problem_without_detail(api: TestClient) -> None:
    assert "detail" not in assert_problem(api.get("/gone"), 410, None)


def test_declared_status_codes_are_in_openapi(api: TestClient) -> None:
    document = api.get("/api/v1/things/openapi.json").json()
    described = document["paths"]["/failures/{name}"]["get"]["responses"]
    assert set(described) == {"200", "400", "401", "403", "404", "412", "422", "429", "503", *GATEWAY}


def test_openapi_has_an_example_of_every_problem(api: TestClient) -> None:
    document = api.get("/api/v1/things/openapi.json").json()
    described = document["paths"]["/things"]["post"]["responses"]
    kinds = {
        status: {
            name: (example["summary"], example["value"]["type"])
            for name, example in response["content"]["application/problem+json"]["examples"].items()
        }
        for status, response in described.items()
        if "application/problem+json" in response.get("content", {})
    }
    of = f"tag:{PRODUCT.problem_authority}:"
    assert kinds == {
        "400": {"malformed-body": ("The body cannot be read", f"{of}malformed-body")},
        # Declared for every operation that requires a token, whether its route declares it or not.
        "401": {
            "unauthenticated": ("Authentication is required", f"{of}unauthenticated"),
            "invalid-token": ("The token is not valid", f"{of}invalid-token"),
        },
        "413": {"body-too-large": ("The body is too large", f"{of}body-too-large")},
        "415": {
            "unsupported-media-type": ("The media type is not supported", f"{of}unsupported-media-type"),
            "unsupported-content-encoding": (
                "The content encoding is not supported",
                f"{of}unsupported-content-encoding",
            ),
        },
        "422": {
            "invalid-request": ("The request is not valid", f"{of}invalid-request"),
            "too-many-values": ("The body contains too many values", f"{of}too-many-values"),
        },
        "500": {"internal-error": ("Internal Server Error", f"{of}internal-error")},
        # The failures that a route declares are added to the general ones of the same status code.
        "503": {
            "thing-busy": ("The thing is busy", f"{of}thing-busy"),
            "database-unavailable": ("The database did not respond in time", f"{of}database-unavailable"),
            "secret-unavailable": ("A secret could not be read in time", f"{of}secret-unavailable"),
        },
    }
    for status, response in described.items():
        for example in response["content"].get("application/problem+json", {}).get("examples", {}).values():
            problem = example["value"]
            assert set(document["components"]["schemas"]["Problem"]["required"]) <= set(problem)
            assert problem["status"] == int(status)


def test_problem_shows_20_errors_and_how_many_more(app: Application, api: TestClient) -> None:
    with accepting_tokens(app):
        response = api.post("/things", json={f"{number:02}": number for number in range(25)}, headers=bearer(1))
    problem = assert_problem(response, 422, "invalid-request")
    assert [error["pointer"] for error in problem["errors"]] == [f"#/{number:02}" for number in range(20)]
    assert problem["errors"][0]["detail"] == "Send a string."
    assert problem["detail"].startswith("#/00: Send a string. #/01: ")
    assert problem["detail"].endswith(" There are 5 more errors.")


# Its escape is longer than any other character's.
WIDEST = "\U0010ffff"


@pytest.mark.parametrize("name", ["x" * 9_000, WIDEST * 1_000, "\ud800" * 1_000, "~/" * 1_000])
def test_problem_is_small_whatever_was_sent(app: Application, api: TestClient, name: str) -> None:
    with accepting_tokens(app):
        body = json.dumps({f"{number}{name}": number for number in range(25)})
        headers = bearer(1) | {"content-type": "application/json"}
        response = api.post("/things", content=body, headers=headers)
    pointer = assert_problem(response, 422, "invalid-request")["errors"][0]["pointer"]
    assert pointer.endswith("…")
    assert len(response.content) <= 16_384


def test_detail_of_a_failure_is_cut(api: TestClient) -> None:
    assert len(assert_problem(api.get("/failures/long"), 404, "not-found")["detail"]) == 2_000


def test_path_in_a_problem_is_cut(api: TestClient) -> None:
    detail = assert_problem(api.get(f"/{'x' * 4_000}"), 404, None)["detail"]
    assert detail == f"There is nothing at /{'x' * 62}…."
