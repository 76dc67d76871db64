"""Adds problems and access to the OpenAPI documents.

Dependencies declare the failures that they raise; routes declare only those of their operation.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final, NamedTuple

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.routing import BaseRoute

from common.failures import Failure, Invalid, Unavailable
from common.http import problems

SCHEMA_NAME: Final = "Problem"
EXAMPLE_REQUEST_ID: Final = "e3f18729-bffe-4941-8071-5a79438b2a17"

SCHEMA: Final[dict[str, Any]] = {
    "title": SCHEMA_NAME,
    "description": "Problem details as RFC 9457 defines them.",
    "type": "object",
    "required": ["type", "title", "status", "request_id"],
    "properties": {
        "type": {"type": "string", "format": "uri", "description": "Identifies the kind of problem and never changes."},
        "title": {"type": "string", "description": "The kind of problem in words."},
        "status": {"type": "integer", "description": "The HTTP status of this response."},
        "detail": {"type": "string", "description": "What went wrong this time."},
        "request_id": {
            "type": "string",
            "description": "The id of this request in the logs; quote it when reporting a problem.",
        },
        "errors": {
            "type": "array",
            "description": "Each part of the request that is wrong.",
            "items": {
                "type": "object",
                "required": ["detail"],
                "properties": {
                    "detail": {"type": "string"},
                    "pointer": {"type": "string", "description": "JSON pointer (RFC 6901) into the body."},
                    "parameter": {"type": "string", "description": "Name of a path, query or header parameter."},
                },
            },
        },
    },
}


class Declared(NamedTuple):
    """The OpenAPI facts that a dependency adds to every route that depends on it.

    Attributes:
        failures: The failures that the dependency, or the value it returns, raises.
        access: The callers that may use the route, as a sentence.
        scopes: The scopes in that sentence.
    """

    failures: tuple[type[Failure], ...] = ()
    access: str = ""
    scopes: tuple[str, ...] = ()


DECLARED: Final = "__declared__"


def declares[Dependency: Callable[..., Any]](
    *failures: type[Failure], access: str = "", scopes: tuple[str, ...] = ()
) -> Callable[[Dependency], Dependency]:
    """Return the decorator for a dependency that adds these facts to each route that depends on it.

    The arguments are the fields of `Declared`.
    """

    def declaring(dependency: Dependency) -> Dependency:
        setattr(dependency, DECLARED, Declared(failures, access, scopes))
        return dependency

    return declaring


def responses(*kinds: type[Failure]) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI responses for the failures of a route's operation."""
    described: dict[int | str, dict[str, Any]] = {}
    _declare(described, *kinds)
    return described


def describe(document: dict[str, Any], routes: Sequence[BaseRoute]) -> None:
    """Complete the OpenAPI document of an application with these routes.

    Adds the schema of problems, the declarations of each route's dependencies, and the failures of reading a request:
    an unreadable body and values that are not valid.
    """
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    schemas[SCHEMA_NAME] = SCHEMA
    for framework_schema in ("HTTPValidationError", "ValidationError"):
        schemas.pop(framework_schema, None)
    declared = dict(_declared_by(routes))
    for path, item in document["paths"].items():
        for method, operation in item.items():
            _describe_request(operation)
            for each in declared[method.upper(), path]:
                _declare(operation["responses"], *each.failures)
                if each.access:
                    operation["description"] = f"{operation.get('description', '')}\n\n{each.access}".lstrip()
    scopes = {scope for found in declared.values() for each in found for scope in each.scopes}
    for scheme in components.get("securitySchemes", {}).values():
        for flow in scheme.get("flows", {}).values():
            flow["scopes"] = dict.fromkeys(sorted(scopes), "")


def _declared_by(routes: Sequence[BaseRoute]) -> Iterator[tuple[tuple[str, str], list[Declared]]]:
    for context in iter_route_contexts(routes):
        route, path = context.original_route, context.path_format
        if isinstance(route, APIRoute) and path is not None:
            found = list(dict.fromkeys(_declarations(route.dependant)))
            for method in context.methods or ():
                yield (method, path), found


def _declarations(dependant: Dependant) -> Iterator[Declared]:
    if hasattr(dependant.call, DECLARED):
        yield getattr(dependant.call, DECLARED)
    for dependency in dependant.dependencies:
        yield from _declarations(dependency)


def _describe_request(operation: Mapping[str, Any]) -> None:
    described = operation["responses"]
    taken = operation.get("requestBody", {}).get("content", {})
    if taken:
        _describe(described, HTTPStatus.BAD_REQUEST, "The body cannot be read")
    if problems.JSON in taken:
        _describe(
            described, HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"The body is not {problems.JSON}", problems.UNSUPPORTED
        )
    if taken or operation.get("parameters"):
        invalid = str(problems.status_of(Invalid).value)
        if problems.JSON in described.get(invalid, {}).get("content", ()):
            del described[invalid]  # FastAPI's own description
        _declare(described, Invalid)
    # A route's own description of a status replaces that of its application, so the latter is added again.
    if str(HTTPStatus.SERVICE_UNAVAILABLE.value) in described:
        _declare(described, Unavailable)


def _declare(described: dict[Any, dict[str, Any]], *kinds: type[Failure]) -> None:
    for kind in kinds:
        _describe(described, problems.status_of(kind), kind.title, kind.code)


def _describe(described: dict[Any, dict[str, Any]], status: HTTPStatus, title: str, code: str | None = None) -> None:
    content = {problems.MEDIA_TYPE: {"schema": {"$ref": f"#/components/schemas/{SCHEMA_NAME}"}, "examples": {}}}
    known = described.setdefault(str(status.value), {"description": title, "content": content})
    if title not in known["description"]:
        known["description"] += f", or: {title}"
    example = problems.problem(status, EXAMPLE_REQUEST_ID, code, title if code else None)
    name = code or status.phrase.lower().replace(" ", "-")
    known["content"][problems.MEDIA_TYPE]["examples"][name] = {"summary": title, "value": example}
