"""Every service if an OpenID Connect issuer issues the tokens: no header authenticates, API Gateway's claims do."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from common.lambda_handler import Handler
from monorepo.services import ROOT
from tests.conformance.found import DESCRIBED, profile, service_file
from tests.support.handlers import packaged_like
from tests.support.http_events import http_event
from tests.support.lambda_context import FakeLambdaContext
from tests.support.tokens import bearer

URL = "https://issuer.example.com"
ISSUER = {"url": URL, "scopes_claim": "scope", "scopes": {}}
CLAIMS = {"iss": URL, "sub": "anna"}
UNAUTHENTICATED = {"unauthenticated", "invalid-token"}


@pytest.fixture
def handler(service: str, function_environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Handler]:
    assert function_environment
    closed = {name: variable.default for name, variable in service_file(service).environment.items()}
    with ExitStack() as stack:
        yield stack.enter_context(packaged_like(service, monkeypatch, closed | {"ISSUER": json.dumps(ISSUER)}))


def operations(service: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield method, path with parameters, and description of each operation of the committed document."""
    document = json.loads((ROOT / "docs" / "openapi" / "issuer" / f"{service}.json").read_text())
    parameters = {name: str(value) for name, value in profile(service).parameters.items()}
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield method.upper(), path.format(**parameters), operation


def requires_caller(service: str, operation: dict[str, Any]) -> bool:
    """Return whether Terraform gives the operation an authorizer, with the defaults of the service's variables."""
    variable = operation.get("x-public-if")
    opened = variable is None or service_file(service).environment[variable].default == "true"
    return bool(operation["security"]) and not ({} in operation["security"] and opened)


def problem_of(response: dict[str, Any]) -> str | None:
    content = json.loads(response["body"] or "null")
    return content["type"].rpartition(":")[2] if response["statusCode"] >= 400 else None


@pytest.mark.parametrize("service", DESCRIBED)
def test_only_claims_authenticate_where_the_route_has_an_authorizer(service: str, handler: Handler) -> None:
    for method, path, operation in operations(service):
        sent = http_event(method, path, headers=bearer(profile(service).roles["owner"].subject))
        response = handler(sent, FakeLambdaContext())
        authorized = handler(http_event(method, path, claims=CLAIMS), FakeLambdaContext())
        place = f"{method} {path}"
        assert problem_of(authorized) not in UNAUTHENTICATED, place
        if requires_caller(service, operation):
            assert (response["statusCode"], problem_of(response)) == (401, "unauthenticated"), place
        else:
            assert response["statusCode"] != 401, place
