"""What the OpenAPI documents say about problems."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, Final

from common.failures import Failure, Unavailable
from common.http import problems

SCHEMA_NAME: Final = "Problem"
EXAMPLE_REQUEST_ID: Final = "e3f18729-bffe-4941-8071-5a79438b2a17"

SCHEMA: Final[dict[str, Any]] = {
    "title": SCHEMA_NAME,
    "description": "Problem details as RFC 9457 defines them.",
    "type": "object",
    "required": ["type", "title", "status", "request_id"],
    "properties": {
        "type": {"type": "string", "format": "uri", "description": "Identifies the kind of problem; never changes."},
        "title": {"type": "string", "description": "The kind of problem in words."},
        "status": {"type": "integer", "description": "The HTTP status of this answer."},
        "detail": {"type": "string", "description": "What went wrong this time."},
        "request_id": {"type": "string", "description": "Quote it when asking for help: it finds the log lines."},
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


def responses(*kinds: type[Failure]) -> dict[int | str, dict[str, Any]]:
    """Return what a route declares in OpenAPI about the failures it may end in."""
    described: dict[int | str, dict[str, Any]] = {}
    _declare(described, *kinds)
    return described


def describe(document: dict[str, Any], *, secured: Sequence[type[Failure]]) -> None:
    """Put into an OpenAPI document the schema of problems, and what routes need not say each for itself.

    These are the responses to a body that cannot be read, and `secured`, those of operations that require a token.
    """
    document.setdefault("components", {}).setdefault("schemas", {})[SCHEMA_NAME] = SCHEMA
    for operation in (operation for path in document["paths"].values() for operation in path.values()):
        described = operation["responses"]
        taken = operation.get("requestBody", {}).get("content", {})
        if taken:
            _describe(described, HTTPStatus.BAD_REQUEST, "The body cannot be read")
        if problems.JSON in taken:
            _describe(
                described, HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"The body is not {problems.JSON}", problems.UNSUPPORTED
            )
        # What a route says about a status takes the place of what its application says about all routes.
        if str(HTTPStatus.SERVICE_UNAVAILABLE.value) in described:
            _declare(described, Unavailable)
        if "security" in operation:
            _declare(described, *secured)


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
