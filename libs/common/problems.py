"""Every error answer as RFC 9457 problem details."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, Final, NotRequired, TypedDict

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import iter_route_contexts
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import Scope

from common.errors import (
    Conflict,
    Failure,
    Forbidden,
    Invalid,
    Malformed,
    NotFound,
    PreconditionFailed,
    Throttled,
    Unauthenticated,
    Unavailable,
)

MEDIA_TYPE: Final = "application/problem+json"
JSON: Final = "application/json"
# Keys of the ASGI scope: the request's id, and the code of the problem that answers it.
REQUEST_ID: Final = "bookshelf.request_id"
CODE: Final = "bookshelf.problem"
SCHEMA_NAME: Final = "Problem"
CHALLENGE: Final = 'Bearer realm="bookshelf"'
UNSUPPORTED: Final = "unsupported-media-type"
EXAMPLE_REQUEST_ID: Final = "e3f18729-bffe-4941-8071-5a79438b2a17"

STATUS: Final[dict[type[Failure], HTTPStatus]] = {
    Malformed: HTTPStatus.BAD_REQUEST,
    Unauthenticated: HTTPStatus.UNAUTHORIZED,
    Forbidden: HTTPStatus.FORBIDDEN,
    NotFound: HTTPStatus.NOT_FOUND,
    Conflict: HTTPStatus.CONFLICT,
    PreconditionFailed: HTTPStatus.PRECONDITION_FAILED,
    Invalid: HTTPStatus.UNPROCESSABLE_ENTITY,
    Throttled: HTTPStatus.TOO_MANY_REQUESTS,
    Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
}

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


class FieldError(TypedDict):
    """One wrong part of a request: `pointer` when it is in the body, `parameter` when it is not."""

    detail: str
    pointer: NotRequired[str]
    parameter: NotRequired[str]


class ProblemResponse(JSONResponse):
    """A JSON answer whose media type says that it describes a problem."""

    media_type = MEDIA_TYPE


def type_uri(code: str) -> str:
    """Return the identifier of a kind of problem: a tag URI (RFC 4151), as RFC 9457 section 3.1.1 suggests."""
    return f"tag:bookshelf.example,2026:{code}"


def responses(*kinds: type[Failure]) -> dict[int | str, dict[str, Any]]:
    """Return what a route declares in OpenAPI about the failures it may end in."""
    described: dict[int | str, dict[str, Any]] = {}
    _declare(described, *kinds)
    return described


def describe(document: dict[str, Any], *, secured: Sequence[type[Failure]]) -> None:
    """Put into an OpenAPI document the schema of problems, and what routes need not say each for itself.

    That is how operations refuse a body that they cannot read, and `secured`: how those end that ask for a token.
    """
    document.setdefault("components", {}).setdefault("schemas", {})[SCHEMA_NAME] = SCHEMA
    for operation in (operation for path in document["paths"].values() for operation in path.values()):
        described = operation["responses"]
        taken = operation.get("requestBody", {}).get("content", {})
        if taken:
            _describe(described, HTTPStatus.BAD_REQUEST, "The body cannot be read")
        if JSON in taken:
            _describe(described, HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"The body is not {JSON}", UNSUPPORTED)
        # What a route says about a status takes the place of what its application says about all routes.
        if str(HTTPStatus.SERVICE_UNAVAILABLE.value) in described:
            _declare(described, Unavailable)
        if "security" in operation:
            _declare(described, *secured)


def install(app: FastAPI) -> None:
    """Make `app` answer every failure, refusal and unknown path with a problem."""
    app.add_exception_handler(Failure, _failure)
    app.add_exception_handler(HTTPException, _http_exception)
    app.add_exception_handler(RequestValidationError, _validation_error)


def internal_error(scope: Scope) -> ProblemResponse:
    """Return the answer to a request that met a bug; it says nothing about the bug."""
    return _respond(
        HTTPStatus.INTERNAL_SERVER_ERROR, scope, code="internal-error", detail="The error has been recorded."
    )


def _status(kind: type[Failure]) -> HTTPStatus:
    return next(STATUS[base] for base in kind.__mro__ if base in STATUS)


def _respond(
    status: HTTPStatus,
    scope: Scope,
    *,
    code: str | None = None,
    title: str | None = None,
    detail: str | None = None,
    errors: Sequence[FieldError] = (),
    headers: dict[str, str] | None = None,
) -> ProblemResponse:
    scope[CODE] = code
    return ProblemResponse(_problem(status, scope[REQUEST_ID], code, title, detail, errors), status, headers)


def _problem(
    status: HTTPStatus,
    request_id: str,
    code: str | None = None,
    title: str | None = None,
    detail: str | None = None,
    errors: Sequence[FieldError] = (),
) -> dict[str, Any]:
    problem: dict[str, Any] = {
        "type": type_uri(code) if code else "about:blank",
        "title": title or status.phrase,
        "status": status.value,
    }
    if detail:
        problem["detail"] = detail
    problem["request_id"] = request_id
    if errors:
        problem["errors"] = errors
    return problem


def _declare(described: dict[Any, dict[str, Any]], *kinds: type[Failure]) -> None:
    for kind in kinds:
        _describe(described, _status(kind), kind.title, kind.code)


def _describe(described: dict[Any, dict[str, Any]], status: HTTPStatus, title: str, code: str | None = None) -> None:
    content = {MEDIA_TYPE: {"schema": {"$ref": f"#/components/schemas/{SCHEMA_NAME}"}, "examples": {}}}
    known = described.setdefault(str(status.value), {"description": title, "content": content})
    if title not in known["description"]:
        known["description"] += f", or: {title}"
    problem = _problem(status, EXAMPLE_REQUEST_ID, code, title if code else None)
    name = code or status.phrase.lower().replace(" ", "-")
    known["content"][MEDIA_TYPE]["examples"][name] = {"summary": title, "value": problem}


async def _failure(request: Request, failure: Exception) -> ProblemResponse:
    assert isinstance(failure, Failure)  # noqa: S101 - narrows the type that Starlette declares
    status = _status(type(failure))
    return _respond(
        status,
        request.scope,
        code=failure.code,
        title=failure.title,
        detail=failure.detail,
        headers=_headers(failure),
    )


def _headers(failure: Failure) -> dict[str, str] | None:
    """Return what HTTP says besides the body; the challenges are those of RFC 6750 section 3."""
    match failure:
        case Unauthenticated(refused=refused):
            return {"WWW-Authenticate": CHALLENGE + (', error="invalid_token"' if refused else "")}
        case Forbidden(scope=str(scope)):
            return {"WWW-Authenticate": f'{CHALLENGE}, error="insufficient_scope", scope="{scope}"'}
        case Throttled(retry_after=seconds):
            return {"Retry-After": str(seconds)}
        case Unavailable():
            return {"Retry-After": "1"}
    return None


async def _http_exception(request: Request, refusal: Exception) -> ProblemResponse:
    assert isinstance(refusal, HTTPException)  # noqa: S101 - narrows the type that Starlette declares
    status = HTTPStatus(refusal.status_code)
    headers = dict(refusal.headers or {})
    detail = refusal.detail if refusal.detail != status.phrase else None
    if status is HTTPStatus.NOT_FOUND:
        detail = detail or f"There is nothing at {request.url.path}."
    if status is HTTPStatus.METHOD_NOT_ALLOWED:
        allowed = _allowed_methods(request)
        headers["Allow"] = ", ".join(allowed)
        detail = f"{request.method} is not possible here; {' and '.join(allowed)} would be."
    return _respond(status, request.scope, detail=detail, headers=headers)


def _allowed_methods(request: Request) -> list[str]:
    """Return the union over the routes of this path: each of them alone names only its own methods."""
    allowed: set[str] = set()
    for route in iter_route_contexts(request.app.routes):
        if route.path_regex.match(request.scope["path"]):
            allowed |= route.methods or set()
    return sorted(allowed)


async def _validation_error(request: Request, error: Exception) -> ProblemResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - narrows the type that Starlette declares
    errors = [_field_error(found) for found in error.errors()]
    if isinstance(error.body, bytes):
        given = request.headers.get("content-type")
        detail = f"The body is {given}; send {JSON}." if given else f"Send Content-Type: {JSON}."
        return _respond(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            request.scope,
            code=UNSUPPORTED,
            detail=detail,
            headers={"Accept": JSON},
        )
    return _respond(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        request.scope,
        code=Invalid.code,
        title=Invalid.title,
        detail="; ".join(f"{found.get('pointer') or found.get('parameter')}: {found['detail']}" for found in errors),
        errors=errors,
    )


def _field_error(found: dict[str, Any]) -> FieldError:
    """Return where and what, but never the value that was sent: it may be a secret."""
    where, *path = found["loc"]
    if found["type"] == "json_invalid":
        return {"detail": f"not JSON: {found['ctx']['error']} at position {path[0]}", "pointer": "#"}
    detail = found["msg"].removeprefix("Value error, ")
    if where == "body":
        return {"detail": detail, "pointer": "#" + "".join(f"/{_escape(part)}" for part in path)}
    return {"detail": detail, "parameter": ".".join(str(part) for part in path)}


def _escape(part: str | int) -> str:
    """Return a JSON pointer's reference token (RFC 6901 section 3)."""
    return str(part).replace("~", "~0").replace("/", "~1")
