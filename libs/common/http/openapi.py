"""Declarations for the OpenAPI documents: failures, access and response headers.

Dependencies declare the failures that they raise; routes declare only those of their operation. `openapi_document`
describes them when a document is requested.
"""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from common.failures import Failure
from common.http import problems

PROBLEM: Final = {"$ref": "#/components/schemas/Problem"}
EXAMPLE_REQUEST_ID: Final = "e3f18729-bffe-4941-8071-5a79438b2a17"


class RequestHeader(NamedTuple):
    """An optional header of requests: its name, its meaning, and a regular expression of ECMA 262 for its values."""

    name: str
    description: str
    pattern: str


class Declared(NamedTuple):
    """The OpenAPI facts that a dependency adds to every route that depends on it.

    Attributes:
        failures: The failures that the dependency, or the value it returns, raises.
        access: The callers that may use the route, as a sentence.
        scopes: The scopes in that sentence.
        header: A header that the dependency reads from the request itself; None: it reads none.
        sets: Headers that a success may have.
    """

    failures: tuple[type[Failure], ...] = ()
    access: str = ""
    scopes: tuple[str, ...] = ()
    header: RequestHeader | None = None
    sets: tuple[str, ...] = ()


DECLARED: Final = "__declared__"


def declares[Dependency: Callable[..., Any]](
    *failures: type[Failure],
    access: str = "",
    scopes: tuple[str, ...] = (),
    header: RequestHeader | None = None,
    sets: tuple[str, ...] = (),
) -> Callable[[Dependency], Dependency]:
    """Return the decorator for a dependency that adds these facts to each route that depends on it.

    The arguments are the fields of `Declared`.
    """

    def declaring(dependency: Dependency) -> Dependency:
        setattr(dependency, DECLARED, Declared(failures, access, scopes, header, sets))
        return dependency

    return declaring


SETS: Final = "__sets__"


def sets[Function: Callable[..., Any]](header: str) -> Callable[[Function], Function]:
    """Return the decorator for a function that sets this response header for the routes that call it."""

    def declaring(function: Function) -> Function:
        setattr(function, SETS, header)
        return function

    return declaring


def responses(*kinds: type[Failure]) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI responses for the failures of a route's operation."""
    described: dict[int | str, dict[str, Any]] = {}
    declare(described, *kinds)
    return described


def declare(described: dict[Any, dict[str, Any]], *kinds: type[Failure]) -> None:
    """Add the problems of these failures to the responses of an operation."""
    for kind in kinds:
        meaning = " ".join((kind.__doc__ or "").partition("\n\n")[0].split())
        value = problems.problem(problems.status_of(kind), EXAMPLE_REQUEST_ID, kind.code, kind.title)
        declare_problem(described, kind.code, meaning, value | dict(kind.members))


def declare_problem(described: dict[Any, dict[str, Any]], name: str, meaning: str, example: dict[str, Any]) -> None:
    """Add a problem to the responses of an operation.

    Args:
        described: The responses by status.
        name: The name of the example.
        meaning: What has happened, as a sentence.
        example: The body of the response.
    """
    title = example["title"]
    known = described.setdefault(str(example["status"]), {"description": title})
    if title not in known["description"]:
        known["description"] += f", or: {title}"
    content = known.setdefault("content", {}).setdefault(problems.MEDIA_TYPE, {"schema": PROBLEM, "examples": {}})
    content["examples"][name] = {"summary": title, "description": meaning, "value": example}
