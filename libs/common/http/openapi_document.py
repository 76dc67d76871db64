"""Completes an OpenAPI document; imported only when a document is requested."""

import inspect
import sys
from collections.abc import Iterator, Sequence
from http import HTTPStatus
from typing import Any, Final

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.routing import BaseRoute

from common.auth.keys import SecretUnavailable
from common.dynamodb.client import DatabaseUnavailable
from common.failures import Failure, Invalid
from common.http import body, problems
from common.http.body import BodyMalformed, BodyTooLarge, TooManyValues, UnsupportedEncoding, UnsupportedMediaType
from common.http.openapi import DECLARED, EXAMPLE_REQUEST_ID, PROBLEM, SETS, Declared, declare, declare_problem
from common.http.openapi_schemas import GATEWAY_MESSAGE, HEADERS, SCHEMAS, TAGS
from common.http.preconditions import VersionMismatch

type Documented = dict[str, Any]

NULL: Final = {"type": "null"}
# Statuses that API Gateway sends instead of the function, with a body of its own.
GATEWAY: Final = (
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    HTTPStatus.INTERNAL_SERVER_ERROR,
    HTTPStatus.SERVICE_UNAVAILABLE,
)
# Further ones for operations that require a caller, if API Gateway verifies the token of an issuer.
AUTHORIZER: Final = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
ISSUED_ELSEWHERE: Final = {"BearerToken": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}
# Headers of the problems of a status.
HEADERS_OF: Final = {
    HTTPStatus.UNAUTHORIZED: ("WWW-Authenticate",),
    HTTPStatus.FORBIDDEN: ("WWW-Authenticate",),
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: ("Accept",),
    HTTPStatus.TOO_MANY_REQUESTS: ("Retry-After",),
    HTTPStatus.SERVICE_UNAVAILABLE: ("Retry-After",),
}


# A version that the caller has already got (common.http.preconditions).
NOT_MODIFIED: Final = {"description": "The resource has a version that `If-None-Match` names"}
IF_NONE_MATCH: Final = {
    "name": "if-none-match",
    "in": "header",
    "required": False,
    "description": "Return the resource only if it has another version than this `ETag`.",
    "schema": {"type": "string"},  # a malformed one is ignored
}


def describe(document: Documented, routes: Sequence[BaseRoute], *, with_issuer: bool = False) -> None:
    """Complete the OpenAPI document of an application with these routes.

    Adds the declarations of each route's dependencies, the failures of reading a request, the errors of API Gateway,
    response headers, and descriptions of tags and scopes.

    Args:
        document: The document of FastAPI.
        routes: The routes of the application.
        with_issuer: Whether an OpenID Connect issuer issues the tokens, and API Gateway verifies them.
    """
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    schemas |= SCHEMAS
    for framework_schema in ("HTTPValidationError", "ValidationError"):
        schemas.pop(framework_schema, None)
    components["headers"] = HEADERS
    scopes: dict[str, list[str]] = {}
    tags: dict[str, str] = {}
    for method, path, route in _documented(routes):
        operation = document["paths"].get(path, {}).get(method.lower())
        if operation is None:
            continue
        _describe_request(operation)
        _describe_dependencies(operation, route, scopes, without=(SecretUnavailable,) if with_issuer else ())
        operation.setdefault("security", [])
        if with_issuer:
            operation["security"] = [
                dict(zip(ISSUED_ELSEWHERE, each.values(), strict=False)) for each in operation["security"]
            ]
        requires_caller = with_issuer and any(operation["security"])
        _describe_errors(operation["responses"], (*AUTHORIZER, *GATEWAY) if requires_caller else GATEWAY)
        headers = _headers_set_by(route)
        if method == "GET" and "ETag" in headers:
            operation["responses"][str(HTTPStatus.NOT_MODIFIED.value)] = dict(NOT_MODIFIED)
            operation.setdefault("parameters", []).append(IF_NONE_MATCH)
            declare(operation["responses"], VersionMismatch)
        _describe_headers(operation["responses"], headers)
        operation["responses"] = dict(sorted(operation["responses"].items()))
        for tag in operation.get("tags", ()):
            tags.setdefault(tag, TAGS.get(tag) or (sys.modules[route.endpoint.__module__].__doc__ or "").strip())
    document["servers"] = [{"url": "/"}]
    document["tags"] = [{"name": name, "description": tags[name]} for name in sorted(tags)]
    if with_issuer and "securitySchemes" in components:
        components["securitySchemes"] = ISSUED_ELSEWHERE
    for scheme in components.get("securitySchemes", {}).values():
        for flow in scheme.get("flows", {}).values():
            flow["scopes"] = {scope: f"Allows {', '.join(scopes[scope])}." for scope in sorted(scopes)}


def _documented(routes: Sequence[BaseRoute]) -> Iterator[tuple[str, str, APIRoute]]:
    for context in iter_route_contexts(routes):
        route, path = context.original_route, context.path_format
        if isinstance(route, APIRoute) and route.include_in_schema and path is not None:
            for method in context.methods or ():
                yield method, path, route


def _describe_dependencies(
    operation: Documented, route: APIRoute, scopes: dict[str, list[str]], *, without: Sequence[type[Failure]]
) -> None:
    for each in dict.fromkeys(_declarations(route.dependant)):
        declare(operation["responses"], *(failure for failure in each.failures if failure not in without))
        if each.access:
            operation["description"] = f"{operation.get('description', '')}\n\n{each.access}".lstrip()
        if each.header:
            name, description, pattern = each.header
            schema = {"type": "string", "title": name, "pattern": pattern}
            parameter = {"name": name.lower(), "in": "header", "required": False, "schema": schema}
            operation.setdefault("parameters", []).append(parameter | {"description": description})
        for scope in each.scopes:
            scopes.setdefault(scope, []).append(f"`{operation['operationId']}`")


def _declarations(dependant: Dependant) -> Iterator[Declared]:
    if hasattr(dependant.call, DECLARED):
        yield getattr(dependant.call, DECLARED)
    for dependency in dependant.dependencies:
        yield from _declarations(dependency)


def _describe_request(operation: Documented) -> None:
    described = operation["responses"]
    taken = operation.get("requestBody", {}).get("content", {})
    invalid = str(problems.status_of(Invalid).value)
    if body.JSON in described.get(invalid, {}).get("content", ()):
        del described[invalid]  # FastAPI's own description
    # Any request may have an unknown query parameter or a large body.
    declare(described, Invalid, BodyTooLarge)
    if taken:
        declare(described, UnsupportedMediaType, UnsupportedEncoding)
    if body.JSON in taken:
        declare(described, BodyMalformed, TooManyValues)
    # A route's own description of a status replaces that of its application, so the latter is added again.
    if str(HTTPStatus.SERVICE_UNAVAILABLE.value) in described:
        declare(described, DatabaseUnavailable)
    for parameter in operation.get("parameters", ()):
        _remove_null(parameter)


def _remove_null(parameter: Documented) -> None:
    """Remove null from the types of an optional parameter: a URL and a header cannot contain it."""
    schema = parameter["schema"]
    if NULL in schema.get("anyOf", ()):
        kinds = [kind for kind in schema.pop("anyOf") if kind != NULL]
        schema |= kinds[0] if len(kinds) == 1 else {"anyOf": kinds}


def _describe_errors(described: Documented, statuses: Sequence[HTTPStatus]) -> None:
    """Add the problem of a bug, and the errors of API Gateway with these statuses.

    The media type decides which of the two bodies a response has. Generated clients that ignore the media type read
    the first one, so its schema allows both bodies.
    """
    meaning = "A bug. The error has been recorded under the id of the request."
    example = problems.problem(HTTPStatus.INTERNAL_SERVER_ERROR, EXAMPLE_REQUEST_ID, problems.INTERNAL)
    declare_problem(described, problems.INTERNAL, meaning, example)
    for status in statuses:
        response = described.setdefault(str(status.value), {"description": f"{status.phrase}, by API Gateway"})
        own = response.get("content", {})
        schema = {"anyOf": [PROBLEM, GATEWAY_MESSAGE]} if own else GATEWAY_MESSAGE
        response["content"] = {body.JSON: {"schema": schema, "example": {"message": status.phrase}}} | own


def _headers_set_by(route: APIRoute) -> list[str]:
    """Return the headers that the functions set which the endpoint names, and those that its dependencies declare.

    A created resource has `Location` as well.
    """
    called = inspect.getclosurevars(inspect.unwrap(route.endpoint)).globals.values()
    location = ["Location"] if route.status_code == HTTPStatus.CREATED else []
    declared = (header for each in _declarations(route.dependant) for header in each.sets)
    return [*location, *(getattr(each, SETS) for each in called if hasattr(each, SETS)), *declared]


def _describe_headers(described: Documented, of_success: list[str]) -> None:
    for status, response in described.items():
        is_success = int(status) < HTTPStatus.BAD_REQUEST
        if is_success or problems.MEDIA_TYPE in response["content"]:
            names = of_success if is_success else HEADERS_OF.get(HTTPStatus(int(status)), ())
            response["headers"] = {
                name: {"$ref": f"#/components/headers/{name}"} for name in ("X-Request-Id", *dict.fromkeys(names))
            }
