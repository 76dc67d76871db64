"""The kinds of requests that a soak mixes, from the profiles, and what each of them must lead to."""

from dataclasses import dataclass
from typing import Final

from monorepo.services import default_service
from tests.conformance.found import DESCRIBED, ROWS, Row, profile
from tests.support.profile import Factory, SoakRequest, nothing


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of request.

    Attributes:
        service: The service that responds.
        status: Of the function's response.
        weight: How often it is sent, compared to others.
        route: The template that serves it.
        problem: The code of the response's problem.
        metric: The domain metric that it counts.
        send: Makes what the request of a number carries.
        signed: Whether it carries a token.
    """

    service: str
    method: str
    path: str
    status: int
    weight: int
    route: str
    problem: str | None = None
    metric: str | None = None
    send: Factory = nothing
    signed: bool = False


def _kind(row: Row, request: SoakRequest) -> Kind:
    operation = row.operation
    return Kind(
        row.service,
        operation.method,
        request.path or operation.path,
        request.status,
        request.weight,
        request.route or operation.path,
        request.problem,
        operation.metric(request.status, request.problem),
        request.send or operation.send,
        request.signed,
    )


def _bug(service: str) -> Kind:
    broken = profile(service).broken
    return Kind(service, broken.method, broken.path, 500, 3, broken.route, "internal-error")


_DEFAULT: Final = default_service().name
KINDS: Final = (
    *(_kind(row, request) for row in ROWS for request in row.operation.soak),
    Kind(_DEFAULT, "GET", "/", 200, 5, "/"),
    Kind(_DEFAULT, "GET", "/nowhere", 404, 5, "unmatched"),
)
# Each reads an item that does not decode.
BUGS: Final = tuple(_bug(service) for service in DESCRIBED)
