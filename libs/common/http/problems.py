"""Error responses as problem details (RFC 9457)."""

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

from common.failures import (
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
from common.product import PRODUCT

MEDIA_TYPE: Final = "application/problem+json"
JSON: Final = "application/json"
# Keys of the ASGI scope: the request's id, the code of the problem in the response, and the failure that caused it.
REQUEST_ID: Final = "common.request_id"
CODE: Final = "common.problem"
FAILURE: Final = "common.failure"
CHALLENGE: Final = f'Bearer realm="{PRODUCT.name}"'
UNSUPPORTED: Final = "unsupported-media-type"

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


class FieldError(TypedDict):
    """One wrong part of a request: `pointer` when it is in the body, `parameter` when it is not."""

    detail: str
    pointer: NotRequired[str]
    parameter: NotRequired[str]


class ProblemResponse(JSONResponse):
    """A JSON response with the media type of problem details."""

    media_type = MEDIA_TYPE


def type_uri(code: str) -> str:
    """Return the identifier of a kind of problem: a tag URI (RFC 4151), as RFC 9457 section 3.1.1 suggests."""
    return f"tag:{PRODUCT.problem_authority}:{code}"


def install(app: FastAPI) -> None:
    """Make `app` respond to every failure, HTTP error and invalid request with a problem."""
    app.add_exception_handler(Failure, _failure)
    app.add_exception_handler(HTTPException, _http_exception)
    app.add_exception_handler(RequestValidationError, _validation_error)


def internal_error(scope: Scope) -> ProblemResponse:
    """Return the response after a bug, without any detail of the bug."""
    return _respond(
        HTTPStatus.INTERNAL_SERVER_ERROR, scope, code="internal-error", detail="The error has been recorded."
    )


def status_of(kind: type[Failure]) -> HTTPStatus:
    """Return the status of a kind of failure, or of its nearest base class in `STATUS`."""
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
    return ProblemResponse(problem(status, scope[REQUEST_ID], code, title, detail, errors), status, headers)


def problem(
    status: HTTPStatus,
    request_id: str,
    code: str | None = None,
    title: str | None = None,
    detail: str | None = None,
    errors: Sequence[FieldError] = (),
) -> dict[str, Any]:
    """Return the body of a problem; without a `code` its type is `about:blank` (RFC 9457 section 4.2.1)."""
    body: dict[str, Any] = {
        "type": type_uri(code) if code else "about:blank",
        "title": title or status.phrase,
        "status": status.value,
    }
    if detail:
        body["detail"] = detail
    body["request_id"] = request_id
    if errors:
        body["errors"] = errors
    return body


async def _failure(request: Request, failure: Exception) -> ProblemResponse:
    assert isinstance(failure, Failure)  # noqa: S101 - narrows the type that Starlette declares
    status = status_of(type(failure))
    request.scope[FAILURE] = failure
    return _respond(
        status,
        request.scope,
        code=failure.code,
        title=failure.title,
        detail=failure.detail,
        headers=_headers(failure),
    )


def _headers(failure: Failure) -> dict[str, str] | None:
    """Return the headers of a failure; the challenges are those of RFC 6750 section 3."""
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
        detail = f"{request.method} is not allowed on this path. Allowed: {', '.join(allowed)}."
    return _respond(status, request.scope, detail=detail, headers=headers)


def _allowed_methods(request: Request) -> list[str]:
    """Return the methods of all routes of this path; each route alone names only its own."""
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
    """Return the position and the error, but never the value that was sent, which may be a secret."""
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
