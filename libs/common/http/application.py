"""Creates the web application of a service."""

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal, override

from fastapi import APIRouter, FastAPI
from pydantic import BaseModel

from common.failures import Unavailable
from common.http import documentation, openapi, problems
from common.http.request import RequestContextMiddleware
from common.product import PRODUCT


class Health(BaseModel):
    """The response of the health route."""

    status: Literal["ok"] = "ok"
    service: str
    version: str


class Application(FastAPI):
    """A FastAPI application whose OpenAPI document also describes problems and access."""

    _described: dict[str, Any] | None = None

    @override
    def openapi(self) -> dict[str, Any]:
        document = super().openapi()
        # FastAPI creates another document after a router was added.
        if document is not self._described:
            openapi.describe(document, self.routes)
            self._described = document
        return document


def create_app(name: str, *, description: str, routers: Sequence[APIRouter]) -> Application:
    """Return the application of service `name`, whose package has the same name.

    It serves `routers`, and below `/api/v1/<name>` its health and its OpenAPI document. It reads no environment
    variable and creates no client, so that importing it has no side effects; `common.runtime.start` does both.
    """
    version = packaged_version(name)
    app = Application(
        title=f"{PRODUCT.title} {name}",
        description=description,
        version=version,
        openapi_url=f"{documentation.base_path(name)}/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.add_middleware(RequestContextMiddleware)
    problems.install(app)

    async def health() -> Health:
        return Health(service=name, version=version)

    health.__doc__ = "Report that the function runs, without calling any other system."
    app.add_api_route(f"{documentation.base_path(name)}/health", health, tags=["health"])
    for router in routers:
        app.include_router(router, responses=openapi.responses(Unavailable))
    return app


def packaged_version(package: str) -> str:
    """Return the version that packaging wrote to `<package>/version.txt`, or `unpackaged` when run from source."""
    spec = find_spec(package)
    places = list(spec.submodule_search_locations or []) if spec else []
    found = (Path(place, "version.txt") for place in places)
    return next((path.read_text().strip() for path in found if path.is_file()), "unpackaged")
