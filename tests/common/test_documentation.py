"""The root page and the documentation of all services, which the default service alone serves."""

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from common.http import documentation
from common.http.application import create_app
from tests.conftest import SERVICES

PATHS = ["/", "/openapi.json", "/docs", "/redoc", "/docs/swagger-ui.css"]


@pytest.fixture
def api(function_environment: dict[str, str]) -> Iterator[TestClient]:
    assert function_environment
    app = create_app("things", description="Things.", routers=[])
    documentation.serve(app, {"old": "/api/v1/old"})
    documentation.serve(app, SERVICES)
    with TestClient(app) as client:
        yield client


@pytest.mark.parametrize("path", PATHS)
def test_other_services_do_not_serve_it(function_environment: dict[str, str], path: str) -> None:
    assert function_environment
    with TestClient(create_app("things", description="Things.", routers=[])) as client:
        assert client.get(path).status_code == 404


@pytest.mark.parametrize("path", PATHS)
def test_application_that_starts_again_without_services_does_not_serve_it(api: TestClient, path: str) -> None:
    app = api.app
    assert isinstance(app, FastAPI)
    documentation.serve(app, None)
    assert api.get(path).status_code == 404


@pytest.mark.parametrize("path", PATHS)
def test_default_service_serves_it_without_describing_it(api: TestClient, path: str) -> None:
    assert api.get(path).status_code == 200
    assert list(api.get("/api/v1/things/openapi.json").json()["paths"]) == ["/api/v1/things/health"]


def test_openapi_is_complete_before_and_after(function_environment: dict[str, str]) -> None:
    assert function_environment
    app = create_app("things", description="Things.", routers=[])
    before = app.openapi()
    documentation.serve(app, SERVICES)
    assert app.openapi() == before
    assert "Problem" in before["components"]["schemas"]


def test_root_lists_the_services(api: TestClient) -> None:
    assert api.get("/").json() == {"message": "FastAPI is running on AWS Lambda!", "services": SERVICES}


def test_index_lists_the_openapi_documents(api: TestClient) -> None:
    assert api.get("/openapi.json").json() == {name: f"{path}/openapi.json" for name, path in SERVICES.items()}


@pytest.mark.parametrize("page", ["/docs", "/redoc"])
def test_page_offers_every_service_and_loads_nothing_from_another_host(api: TestClient, page: str) -> None:
    response = api.get(page)
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert all(f"{path}/openapi.json" in response.text for path in SERVICES.values())
    assert "//" not in response.text.replace("<!doctype", "")


@pytest.mark.parametrize(
    ("name", "media_type"),
    [("swagger-ui.css", "text/css"), ("swagger-ui-bundle.js", "text/javascript"), ("redoc.standalone.js", "text/")],
)
def test_files_of_the_pages_are_served(api: TestClient, name: str, media_type: str) -> None:
    response = api.get(f"/docs/{name}")
    assert response.headers["content-type"].startswith(media_type)
    assert len(response.content) > 100_000


@pytest.mark.parametrize("name", ["index.html", "..%2Fcommon"])
def test_other_files_are_not_served(api: TestClient, name: str) -> None:
    assert api.get(f"/docs/{name}").status_code == 404
