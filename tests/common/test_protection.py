"""Headers that protect callers' data."""

import base64
import hashlib
import re
from collections.abc import Iterator

import pytest
from fastapi import Response
from starlette.testclient import TestClient

from common import runtime
from common.http import documentation
from common.http.application import Application, create_app
from common.http.protection import revalidated
from common.http.router import Router
from common.settings import FunctionSettings
from tests.common.conftest import no_adapters

router = Router()


@router.get("/personal")
async def personal() -> str:
    return "personal"


@router.get("/public")
async def public(response: Response) -> str:
    revalidated(response)
    return "public"


@router.get("/bug")
async def bug() -> None:
    raise ZeroDivisionError


@pytest.fixture
def app(function_environment: dict[str, str]) -> Application:
    assert function_environment
    app = create_app("things", description="Things.", routers=[router])
    documentation.serve(app, {"things": "/api/v1/things"})
    return app


@pytest.fixture
def api(app: Application) -> Iterator[TestClient]:
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


@pytest.mark.parametrize("path", ["/personal", "/public", "/bug", "/nowhere", "/docs", "/docs/swagger-ui.css"])
def test_every_response_has_the_headers(api: TestClient, path: str) -> None:
    headers = api.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert "strict-transport-security" not in headers
    assert "server" not in headers


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/personal", "no-store"),
        ("/nowhere", "no-store"),
        ("/public", "no-cache"),
        ("/docs/swagger-ui.css", "public, max-age=86400"),
    ],
)
def test_only_public_responses_may_be_cached(api: TestClient, path: str, expected: str) -> None:
    assert api.get(path).headers["cache-control"] == expected


def test_https_is_demanded_if_set(app: Application, api: TestClient, function_environment: dict[str, str]) -> None:
    environment = function_environment | {"HSTS_SECONDS": "31536000"}
    runtime.start(app, FunctionSettings.from_environment(environment), environment, no_adapters)
    expected = "max-age=31536000; includeSubDomains"
    assert api.get("/personal").headers["strict-transport-security"] == expected


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
def test_page_allows_its_own_script_only(api: TestClient, path: str) -> None:
    response = api.get(path)
    [script] = re.findall(r"<script>(.*?)</script>", response.text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = response.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert f"script-src 'self' 'sha256-{digest}';" in policy
