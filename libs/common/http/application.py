"""Creates the web application of a service."""

from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal, override

from fastapi import FastAPI
from fastapi.routing import APIRoute
from fastapi.telemetry import TelemetryConfig
from pydantic import BaseModel, ConfigDict
from starlette.routing import BaseRoute

from common.dynamodb.client import DatabaseUnavailable
from common.http import documentation, idempotency, openapi, problems
from common.http.lazy_route import LazyRoute
from common.http.methods import MethodsMiddleware
from common.http.protection import ProtectionMiddleware
from common.http.request import RequestContextMiddleware
from common.http.router import Route, Router
from common.product import PRODUCT


class Health(BaseModel):
    """The response of the health route."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=True)

    status: Literal["ok"] = "ok"
    service: str
    version: str


class Application(FastAPI):
    """A FastAPI application whose OpenAPI document also describes problems and access.

    Its API may be another one if an OpenID Connect issuer issues the tokens instead of this product.
    """

    _described: dict[str, Any] | None = None
    _apis: Mapping[bool, Sequence[Router]]
    _api: Sequence[BaseRoute] = ()
    _with_issuer: bool | None = None

    def set_apis(self, own: Sequence[Router], with_issuer: Sequence[Router]) -> None:
        """Set the routers of both APIs, and serve the one with own tokens."""
        self._apis = {False: own, True: with_issuer}
        self.serve_api(with_issuer=False)

    def serve_api(self, *, with_issuer: bool) -> None:
        """Serve the routers for own tokens or for those of an issuer, instead of the ones served before."""
        if with_issuer == self._with_issuer:
            return
        self._with_issuer = with_issuer
        self.openapi_schema = None
        for route in self._api:
            self.router.routes.remove(route)
        others = len(self.router.routes)
        for router in self._apis[with_issuer]:
            router.add_to(self.router, openapi.responses(DatabaseUnavailable))
        self._api = self.router.routes[others:]

    def analyse_routes(self) -> None:
        """Analyse all routes now, instead of each with its first request."""
        for route in self.router.routes:
            if isinstance(route, LazyRoute):
                route.analyse()

    @override
    def openapi(self) -> dict[str, Any]:
        document = super().openapi()
        # FastAPI creates another document after a router was added.
        if document is not self._described:
            from common.http import openapi_document  # noqa: PLC0415 - imported only when a document is requested

            openapi_document.describe(document, self.routes, with_issuer=bool(self._with_issuer))
            self._described = document
        return document


def create_app(
    name: str,
    *,
    description: str,
    routers: Sequence[Router],
    issuer_routers: Sequence[Router] | None = None,
    telemetry: TelemetryConfig | None = None,
) -> Application:
    """Return the application of service `name`, whose package has the same name.

    It serves `routers`, and below `/api/v1/<name>` its health and its OpenAPI document. It reads no environment
    variable and creates no client, so that importing it has no side effects; `common.runtime.start` does both.

    Args:
        name: Name of the service.
        description: What the service does, for its OpenAPI document.
        routers: The routes.
        issuer_routers: The routes if an OpenID Connect issuer issues the tokens; None: the same ones.
        telemetry: Settings of FastAPI's own telemetry; None: it is off.
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
        generate_unique_id_function=operation_id,
        # FastAPI's own spans contain raw paths and queries, and cost time in every request.
        telemetry={"tracing": False, "metrics": False, "logs": False} if telemetry is None else telemetry,
    )
    app.router.route_class = Route
    # The last one that is added is the first to see a request.
    for middleware in (MethodsMiddleware, RequestContextMiddleware, ProtectionMiddleware):
        app.add_middleware(middleware)
    problems.install(app)
    idempotency.install(app)

    async def health() -> Health:
        return Health(service=name, version=version)

    health.__doc__ = "Report that the function runs, without calling any other system."
    app.add_api_route(
        f"{documentation.base_path(name)}/health", health, tags=["health"], operation_id=f"get_{name}_health"
    )
    app.set_apis(routers, routers if issuer_routers is None else issuer_routers)
    return app


def operation_id(route: APIRoute) -> str:
    """Return the name of a route's function, from which clients are generated with good names."""
    return route.name


def packaged_version(package: str) -> str:
    """Return the version that packaging wrote to `<package>/version.txt`, or `unpackaged` when run from source."""
    spec = find_spec(package)
    places = list(spec.submodule_search_locations or []) if spec else []
    found = (Path(place, "version.txt") for place in places)
    return next((path.read_text().strip() for path in found if path.is_file()), "unpackaged")
