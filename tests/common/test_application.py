import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel
from starlette.testclient import TestClient

from common.failures import Conflict, Failure, Invalid, NotFound, Unavailable
from common.http.application import create_app, packaged_version
from common.http.openapi import responses
from common.http.router import Router
from tests.common import protected_routes
from tests.support.problem import assert_problem


class Taken(Conflict):
    code = "thing-taken"
    title = "The thing is taken"


class Thing(BaseModel):
    size: int


router = Router()


@router.post("/things", responses=responses(Taken))
async def create_thing(thing: Thing) -> Thing:
    return thing


@router.get("/things")
async def list_things() -> list[Thing]:
    return []


@router.get("/failures/{kind}")
async def fail(kind: str) -> None:
    kinds: dict[str, type[Failure]] = {
        "not-found": NotFound,
        "thing-taken": Taken,
        "invalid-request": Invalid,
        "unavailable": Unavailable,
    }
    raise kinds[kind]("what happened")


@router.get("/bug")
async def bug() -> None:
    raise ZeroDivisionError("a secret")


@pytest.fixture
def api(function_environment: dict[str, str]) -> Iterator[TestClient]:
    assert function_environment
    with TestClient(create_app("things", description="Things.", routers=[router])) as client:
        yield client


@pytest.mark.parametrize(
    ("code", "status"), [("not-found", 404), ("thing-taken", 409), ("invalid-request", 422), ("unavailable", 503)]
)
def test_failure_has_the_status_of_its_kind(api: TestClient, code: str, status: int) -> None:
    response = api.get(f"/failures/{code}")
    assert assert_problem(response, status, code)["detail"] == "what happened"
    assert ("retry-after" in response.headers) == (status == 503)


def test_bug_is_a_500_that_discloses_nothing(api: TestClient) -> None:
    response = api.get("/bug")
    assert_problem(response, 500, "internal-error")
    assert "secret" not in response.text


def test_unknown_path_is_a_404(api: TestClient) -> None:
    assert_problem(api.get("/nowhere"), 404, None)


def test_405_lists_allowed_methods(api: TestClient) -> None:
    response = api.delete("/things")
    assert_problem(response, 405, None)
    assert response.headers["allow"] == "GET, HEAD, OPTIONS, POST"
    assert response.json()["detail"] == "DELETE is not allowed on this path. Allowed: GET, HEAD, OPTIONS, POST."


@pytest.mark.parametrize("body", [b"", b"[]", b'"text"', b"null"])
def test_body_that_is_not_an_object_is_a_422(api: TestClient, body: bytes) -> None:
    response = api.post("/things", content=body, headers={"content-type": "application/json"})
    assert assert_problem(response, 422, "invalid-request")["errors"][0]["pointer"] == "#"


def test_rejected_value_is_not_echoed(api: TestClient) -> None:
    assert "hunter2" not in api.post("/things", json={"size": "hunter2"}).text


def test_health_names_service_and_version(api: TestClient) -> None:
    assert api.get("/api/v1/things/health").json() == {"status": "ok", "service": "things", "version": "unpackaged"}


def test_openapi_describes_problems(api: TestClient) -> None:
    document = api.get("/api/v1/things/openapi.json").json()
    described = document["paths"]["/things"]["post"]["responses"]
    assert set(described) == {"200", "400", "409", "413", "415", "422", "429", "431", "500", "503"}
    reference = described["409"]["content"]["application/problem+json"]["schema"]["$ref"]
    assert reference == "#/components/schemas/Problem"
    assert document["components"]["schemas"]["Problem"]["required"] == ["type", "title", "status", "request_id"]
    assert "HTTPValidationError" not in document["components"]["schemas"]


def test_failures_of_one_status_share_a_response() -> None:
    assert responses(Conflict, Taken)["409"]["description"] == "Conflict, or: The thing is taken"


def test_version_is_read_from_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "shipped_service"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "version.txt").write_text("0.1.0+abc\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    assert packaged_version("shipped_service") == "0.1.0+abc"


def test_api_with_an_issuer_replaces_the_own_one_in_routing_and_openapi() -> None:
    own, other, shared = Router(prefix="/own"), Router(prefix="/other"), Router(prefix="/shared")
    for each in (own, other, shared):

        @each.get("", operation_id=f"get_{each.prefix}")
        async def get_thing() -> str:
            return "thing"

    app = create_app("things", description="Things.", routers=[own, shared], issuer_routers=[shared, other])
    health = "/api/v1/things/health"
    with TestClient(app) as client:
        for with_issuer, served, gone in (
            (False, "/own", "/other"),
            (True, "/other", "/own"),
            (False, "/own", "/other"),
        ):
            app.serve_api(with_issuer=with_issuer)
            assert set(app.openapi()["paths"]) == {health, "/shared", served}
            assert [client.get(path).status_code for path in (health, "/shared", served, gone)] == [200, 200, 200, 404]


def test_openapi_with_an_issuer_has_a_bearer_token_and_the_errors_of_the_authorizer() -> None:
    app = create_app("things", description="Things.", routers=[protected_routes.router])
    app.serve_api(with_issuer=True)
    document = app.openapi()
    assert document["components"]["securitySchemes"] == {
        "BearerToken": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
    }
    assert document["paths"]["/admin"]["get"]["security"] == [{"BearerToken": ["things:admin"]}]
    assert document["paths"]["/api/v1/things/health"]["get"]["security"] == []
    responses = document["paths"]["/me"]["get"]["responses"]
    assert {status for status in responses if "application/json" in responses[status]["content"]} >= {"401", "403"}
    assert "secret-unavailable" not in json.dumps(document)
    assert "401" not in document["paths"]["/api/v1/things/health"]["get"]["responses"]
