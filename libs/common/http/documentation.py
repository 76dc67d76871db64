"""The root page and the API documentation of all services, served by the default service."""

import base64
import hashlib
import json
from http import HTTPStatus
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Final

from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel

from common.failures import NotFound
from common.http.lazy_route import LazyRoute
from common.http.router import Router
from common.product import PRODUCT

ASSETS: Final = {
    "swagger-ui-bundle.js": "text/javascript",
    "swagger-ui.css": "text/css",
    "redoc.standalone.js": "text/javascript",
}

CACHE_CONTROL: Final = "public, max-age=86400"

# Swagger UI and ReDoc set styles on elements. ReDoc searches in a worker that it makes from its own text.
CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; script-src 'self' '%(script)s'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self' data:; connect-src 'self'; worker-src blob:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)

PAGE: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>%(title)s API</title>
<link rel="icon" href="data:,">
<style>
body { margin: 0; font-family: system-ui, sans-serif }
nav { padding: .75rem 1.25rem; background: #1b1b1b; color: #fff }
select { font: inherit; margin-left: .5rem }
</style>
%(head)s
</head>
<body>
<nav><label>Service<select id="service"></select></label></nav>
<main id="documentation"></main>
<script>%(script)s</script>
</body>
</html>
"""

SCRIPT: Final = """
const services = %(services)s;
const selector = document.getElementById("service");
for (const name of Object.keys(services)) selector.add(new Option(name, name));
function show() {
  const place = document.getElementById("documentation");
  place.replaceChildren();
  const address = services[selector.value];
  %(show)s
}
selector.addEventListener("change", show);
show();
"""


class Root(BaseModel):
    """The response of the root page."""

    message: str
    services: dict[str, str]


class AssetNotFound(NotFound):
    """The documentation has no file of that name."""

    code = "asset-not-found"
    title = "File not found"


def base_path(service: str) -> str:
    """Return the path under which all of a service's operations are."""
    return f"/api/v1/{service}"


def serve(app: FastAPI, services: dict[str, str] | None) -> None:
    """Make an application serve the root page and the documentation; each call replaces the one before.

    Args:
        app: The application.
        services: The address of each service by its name; None: the application serves none of these pages.
    """
    if services is not None and not hasattr(app.state, "services"):
        router.add_to(app.router, {})
    app.state.services = services


async def services(request: Request) -> dict[str, str]:
    """Return the address of each service by its name.

    Raises:
        HTTPException: Another service is the default one.
    """
    found: dict[str, str] | None = request.app.state.services
    if found is None:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    return found


# Its pages accept any query.
router: Final = Router(route_class=LazyRoute, include_in_schema=False, dependencies=[Depends(services)])
Services = Annotated[dict[str, str], Depends(services)]


@router.get("/")
async def root(services: Services) -> Root:
    """Return the address of each service."""
    return Root(message="FastAPI is running on AWS Lambda!", services=services)


@router.get("/openapi.json")
async def index(services: Services) -> dict[str, str]:
    """Return the address of each service's OpenAPI document."""
    return {name: f"{path}/openapi.json" for name, path in services.items()}


@router.get("/docs", response_class=HTMLResponse)
async def swagger_ui(services: Services) -> HTMLResponse:
    """Show Swagger UI with a selector over the services."""
    return _page(
        services,
        head='<link rel="stylesheet" href="/docs/swagger-ui.css"><script src="/docs/swagger-ui-bundle.js"></script>',
        show='SwaggerUIBundle({ url: address, dom_id: "#documentation", deepLinking: true });',
    )


@router.get("/redoc", response_class=HTMLResponse)
async def redoc(services: Services) -> HTMLResponse:
    """Show ReDoc with a selector over the services."""
    return _page(
        services,
        head='<script src="/docs/redoc.standalone.js"></script>',
        show="Redoc.init(address, {}, place);",
    )


@router.get("/docs/{name}")
async def asset(name: str) -> Response:
    """Return a script or style sheet of the documentation; no file comes from another host."""
    if name not in ASSETS:
        raise AssetNotFound(f"There is no file /docs/{name}.")
    return Response(_asset_path(name).read_bytes(), media_type=ASSETS[name], headers={"Cache-Control": CACHE_CONTROL})


def _asset_path(name: str) -> Path:
    # Located without importing the package, because only its files are needed.
    package = find_spec("fastapi_offline")
    assert package is not None  # noqa: S101 - a pinned requirement
    return Path(*package.submodule_search_locations or (), "static", name)


def _page(services: dict[str, str], *, head: str, show: str) -> HTMLResponse:
    addresses = json.dumps({name: f"{path}/openapi.json" for name, path in services.items()})
    script = SCRIPT % {"services": addresses.replace("<", "\\u003c"), "show": show}
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return HTMLResponse(
        PAGE % {"title": PRODUCT.title, "head": head, "script": script},
        headers={"Content-Security-Policy": CONTENT_SECURITY_POLICY % {"script": f"sha256-{digest}"}},
    )
