"""What a new version must do before it gets traffic: its health, and rules that every service follows.

It only reads, and sends no credentials. The requests follow from the service's own OpenAPI document.
"""

from collections.abc import Callable, Iterator
from http import HTTPStatus
from typing import Any, Final

from release_hook.version import Response, SmokeError

PROBLEM: Final = "application/problem+json"
# Every response has these headers, whatever its status.
PROTECTION: Final = {"x-content-type-options": "nosniff", "referrer-policy": "no-referrer"}
PRESENT: Final = ("cache-control", "content-type")


def check(path: str, get: Callable[[str], Response]) -> list[str]:
    """Return the paths that were requested, if the service below `path` responded to all of them as it must.

    Raises:
        SmokeError: It did not.
    """
    sent: list[str] = []

    def checked(requested: str, *expected: int) -> Response:
        sent.append(requested)
        response = get(requested)
        _check(requested, response, expected)
        return response

    health = checked(f"{path}/health", HTTPStatus.OK).json()
    if health.get("status") != "ok":
        raise SmokeError(f"GET {path}/health: the status is not ok")
    document = checked(f"{path}/openapi.json", HTTPStatus.OK).json()
    for other, expected in _reads(document):
        if other != f"{path}/health":
            checked(other, *expected)
    checked(f"{path}/release-hook/unknown/path", HTTPStatus.NOT_FOUND)
    return sent


def _reads(document: dict[str, Any]) -> Iterator[tuple[str, list[int]]]:
    """Yield each path that can be read without parameters, and the statuses that may follow without credentials."""
    for path, operations in document["paths"].items():
        operation = operations.get("get")
        parameters = [*operations.get("parameters", ()), *(operation or {}).get("parameters", ())]
        if operation is None or any(parameter.get("required") for parameter in parameters):
            continue
        security = operation.get("security", document.get("security", []))
        if security and {} not in security:
            yield path, [HTTPStatus.UNAUTHORIZED]
        else:
            declared = [int(status) for status in operation["responses"] if status.isdecimal()]
            yield (
                path,
                [status for status in declared if status < HTTPStatus.BAD_REQUEST or status == HTTPStatus.NOT_FOUND],
            )


def _check(path: str, response: Response, expected: tuple[int, ...]) -> None:
    if response.status not in expected:
        wanted = " or ".join(str(int(status)) for status in expected)
        raise SmokeError(f"GET {path}: the status is {response.status}, not {wanted}")
    if response.status >= HTTPStatus.BAD_REQUEST:
        _check_problem(path, response)
    for name, value in PROTECTION.items():
        if response.headers.get(name) != value:
            raise SmokeError(f"GET {path}: the header {name} is not {value}")
    for name in PRESENT:
        if name not in response.headers:
            raise SmokeError(f"GET {path}: the header {name} is missing")
    if response.headers.get("x-request-id") != response.request_id:
        raise SmokeError(f"GET {path}: the header x-request-id is not the request's id")


def _check_problem(path: str, response: Response) -> None:
    if response.headers.get("content-type") != PROBLEM:
        raise SmokeError(f"GET {path}: the content type of the {response.status} is not {PROBLEM}")
    if response.json().get("status") != response.status:
        raise SmokeError(f"GET {path}: the problem has another status than the response")
