"""Composition of a service's web application, the same for every service."""

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal, override

from fastapi import APIRouter, FastAPI
from pydantic import BaseModel

from common.auth import principal as auth
from common.failures import Unavailable
from common.http import declared_problems, documentation, problems
from common.http.request import RequestContextMiddleware
from common.product import PRODUCT


class Health(BaseModel):
    """What the health route answers."""

    status: Literal["ok"] = "ok"
    service: str
    version: str


class Application(FastAPI):
    """A FastAPI application whose OpenAPI document also holds what every service says about problems."""

    @override
    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            declared_problems.describe(super().openapi(), secured=auth.REFUSALS)
        return super().openapi()


def create_app(name: str, *, description: str, routers: Sequence[APIRouter]) -> Application:
    """Return the application of service `name`, whose package has the same name.

    It answers under `/api/v1/<name>` what `routers` say, its health and its OpenAPI document; and, for the service
    that gets what no route names, the root and the documentation of all services. It reads no environment and makes
    no client, so importing it is free of side effects.
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

    health.__doc__ = "Answer without touching any other system: this function runs."
    app.add_api_route(f"{documentation.base_path(name)}/health", health, tags=["health"])
    for router in routers:
        app.include_router(router, responses=declared_problems.responses(Unavailable))
    app.include_router(documentation.router)
    return app


def packaged_version(package: str) -> str:
    """Return what packaging wrote into `<package>/version.txt`, or `unpackaged` when run from source."""
    spec = find_spec(package)
    places = list(spec.submodule_search_locations or []) if spec else []
    found = (Path(place, "version.txt") for place in places)
    return next((path.read_text().strip() for path in found if path.is_file()), "unpackaged")
