"""Error responses as problem details (RFC 9457)."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final, NotRequired, TypedDict

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
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
from common.http.body import BodyTooLarge, UnsupportedMediaType
from common.http.methods import allowed_methods
from common.http.quotation import quoted
from common.http.sentences import sentence
from common.product import PRODUCT

MEDIA_TYPE: Final = "application/problem+json"
# Keys of the ASGI scope: the request's id, the code of the problem in the response, and the failure that caused it.
REQUEST_ID: Final = "common.request_id"
CODE: Final = "common.problem"
FAILURE: Final = "common.failure"
CHALLENGE: Final = f'Bearer realm="{PRODUCT.name}"'
# A response shows this many errors, whatever was sent.
MOST_ERRORS: Final = 20
LONGEST_DETAIL: Final = 2_000  # characters
INTERNAL: Final = "internal-error"

STATUS: Final[dict[type[Failure], HTTPStatus]] = {
    Malformed: HTTPStatus.BAD_REQUEST,
    Unauthenticated: HTTPStatus.UNAUTHORIZED,
    Forbidden: HTTPStatus.FORBIDDEN,
    NotFound: HTTPStatus.NOT_FOUND,
    Conflict: HTTPStatus.CONFLICT,
    PreconditionFailed: HTTPStatus.PRECONDITION_FAILED,
    BodyTooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    UnsupportedMediaType: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
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
    return _respond(HTTPStatus.INTERNAL_SERVER_ERROR, scope, code=INTERNAL, detail="The error has been recorded.")


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
    members: Mapping[str, Any] | None = None,
) -> ProblemResponse:
    scope[CODE] = code
    body = problem(status, scope[REQUEST_ID], code, title, detail, errors) | dict(members or {})
    return ProblemResponse(body, status, headers)


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
        body["detail"] = detail if len(detail) <= LONGEST_DETAIL else f"{detail[: LONGEST_DETAIL - 1]}…"
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
        errors=_errors(failure),
        headers=_headers(failure),
        members=failure.members,
    )


def _errors(failure: Failure) -> Sequence[FieldError]:
    if isinstance(failure, Invalid) and failure.field:
        return [{"detail": failure.detail, "pointer": f"#/{_escape(failure.field)}"}]
    return ()


def _headers(failure: Failure) -> dict[str, str] | None:
    """Return the headers of a failure; the challenges are those of RFC 6750 section 3 and RFC 9470 section 3."""
    match failure:
        case Unauthenticated():
            return {"WWW-Authenticate": _challenge(failure)}
        case Forbidden(scope=str(scope)):
            return {"WWW-Authenticate": f'{CHALLENGE}, error="insufficient_scope", scope="{scope}"'}
        case Throttled(retry_after=seconds):
            return {"Retry-After": str(seconds)}
        case Unavailable(may_be_repeated=True):
            # Clients that retry by themselves read this, but not the detail.
            return {"Retry-After": "1"}
        case UnsupportedMediaType(headers=headers):
            return headers
    return None


def _challenge(failure: Unauthenticated) -> str:
    if failure.max_age is not None:
        error = f'error="insufficient_user_authentication", error_description="{failure.title}"'
        return f'{CHALLENGE}, {error}, max_age="{failure.max_age}"'
    return f'{CHALLENGE}, error="invalid_token"' if failure.refused else CHALLENGE


async def _http_exception(request: Request, refusal: Exception) -> ProblemResponse:
    assert isinstance(refusal, HTTPException)  # noqa: S101 - narrows the type that Starlette declares
    status = HTTPStatus(refusal.status_code)
    headers = dict(refusal.headers or {})
    detail = refusal.detail if refusal.detail != status.phrase else None
    if status is HTTPStatus.NOT_FOUND:
        detail = detail or f"There is nothing at {quoted(request.scope['path'])}."
    if status is HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = allowed = ", ".join(allowed_methods(request.scope))
        detail = f"{quoted(request.method)} is not allowed on this path. Allowed: {allowed}."
    return _respond(status, request.scope, detail=detail, headers=headers)


async def _validation_error(request: Request, error: Exception) -> ProblemResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - narrows the type that Starlette declares
    found = error.errors()
    errors = [_field_error(each) for each in found[:MOST_ERRORS]]
    sentences = [f"{each.get('pointer') or each.get('parameter')}: {each['detail']}" for each in errors]
    if more := len(found) - len(errors):
        sentences.append(f"There are {more} more errors.")
    return _respond(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        request.scope,
        code=Invalid.code,
        title=Invalid.title,
        detail=" ".join(sentences),
        errors=errors,
    )


def _field_error(found: dict[str, Any]) -> FieldError:
    """Return the position and the error, but never the value that was sent, which may be a secret."""
    where, *path = found["loc"]
    if where == "body":
        return {"detail": sentence(found), "pointer": "#" + "".join(f"/{_escape(quoted(str(part)))}" for part in path)}
    return {"detail": sentence(found), "parameter": ".".join(quoted(str(part)) for part in path)}


def _escape(part: str) -> str:
    """Return a JSON pointer's reference token (RFC 6901 section 3)."""
    return part.replace("~", "~0").replace("/", "~1")
