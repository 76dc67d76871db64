"""The requests whose responses are compared: everything that the services' profiles and the hostile cases know.

They name no service: a new one is found with its profile.
"""

import itertools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from common.auth.keys import SigningKey
from common.dynamodb.table import Table
from common.http.body import JSON
from tests.conformance.found import ROWS, Row, profile, service_file
from tests.conformance.hostile.cases import CASES
from tests.conformance.hostile.variants import Sample
from tests.conformance.wire import Request
from tests.support.profile import ANONYMOUS, FORGED, NOW, OWNER, Case, Store
from tests.support.tokens import KEY, bearer

UNKNOWN_KEY: Final = SigningKey.of("a key that no deployment has ever had, long enough for HS256")
PAGES: Final = ("/", "/docs", "/redoc", "/openapi.json", "/docs/missing.js", "/nowhere?a=1&a=2", "/%ff", "//")
METHODS: Final = ("GET", "HEAD", "OPTIONS", "POST", "TRACE")


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A request, and what is stored before it.

    Attributes:
        name: Unique in the corpus of a service.
        group: Where it is from.
        before: Stores the items.
        request: The request.
    """

    name: str
    group: str
    before: Store
    request: Request


def environments(service: str) -> list[Mapping[str, str]]:
    """Return the different sets of variables with which rows of the service run."""
    found = [row.operation.environment for row in ROWS if row.service == service]
    return [variables for at, variables in enumerate(found) if variables not in found[:at]]


def corpus(service: str, environment: Mapping[str, str], document: Mapping[str, Any]) -> Iterator[Asked]:
    """Yield the requests to a service that runs with these variables of its own.

    Args:
        service: Its name.
        environment: Its variables, where they are not the local ones.
        document: Its OpenAPI document.
    """
    for row in ROWS:
        if row.service == service and row.operation.environment == environment:
            yield from _of_row(row, document)
    if not environment:
        yield from _pages(service)


def _of_row(row: Row, document: Mapping[str, Any]) -> Iterator[Asked]:
    operation, described = row.operation, profile(row.service)
    for case in operation.cases:
        # Concurrent changes cannot be arranged through the zips, but the request without them can be sent.
        yield _case(row, case, operation.sender(case), f"case {case.name}")
    first = replace(operation.cases[0], page=False)
    for role in (ANONYMOUS, FORGED, *described.roles):
        yield _case(row, first, role, f"as {role}")
    for method in METHODS:
        asked = _case(row, first, operation.sender(first), f"with the method {method}")
        yield replace(asked, request=replace(asked.request, method=method))
    for name, headers in _conditions().items():
        asked = _case(row, first, operation.sender(first), name)
        yield replace(asked, request=asked.request.with_headers(*headers))
    if not operation.environment:
        yield from _hostile(row, document)


def _case(row: Row, case: Case, role: str, name: str) -> Asked:
    operation, described = row.operation, profile(row.service)
    path = operation.path.format(**{**described.parameters, **case.parameters})
    sent = operation.send(0) if case.sent is None else case.sent
    return Asked(
        name=f"{operation}: {name}",
        group=name.partition(" ")[0],
        before=case.before or described.before,
        request=Request.of(operation.method, path, sent, credentials(row.service, role)),
    )


def _conditions() -> Mapping[str, list[tuple[str, str | None]]]:
    tags = ('"1"', '"2"', 'W/"1"', "*", "1", "", '"1", "2"')
    found: dict[str, list[tuple[str, str | None]]] = {
        f"{name} {tag}": [(name.lower(), tag)] for name, tag in itertools.product(("If-Match", "If-None-Match"), tags)
    }
    return {
        **found,
        "both If-Match and If-None-Match": [("if-match", '"1"'), ("if-none-match", '"1"')],
        "Accept of HTML": [("accept", "text/html")],
        "Origin of another site": [("origin", "https://example.org")],
        "traceparent": [("traceparent", "00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-01")],
        "X-Correlation-Id": [("x-correlation-id", "correlation-1")],
        "Idempotency-Key": [("idempotency-key", "key-1")],
    }


def _hostile(row: Row, document: Mapping[str, Any]) -> Iterator[Asked]:
    operation, described = row.operation, profile(row.service)
    first = operation.cases[0]
    sample = Sample(
        operation,
        document,
        {**described.parameters, **first.parameters},
        operation.send(0) if first.sent is None else first.sent,
        credentials(row.service, operation.sender(first)),
        first.status,
    )
    before = described.before if first.page else first.before or described.before
    for case in itertools.chain.from_iterable(CASES.values()):
        for variant in sample.variants(case):
            name = f"{operation}: {variant}"
            yield Asked(name=name, group=case.group, before=before, request=variant.request)


def _pages(service: str) -> Iterator[Asked]:
    file, described = service_file(service), profile(service)
    paths = [f"{path}{rest}" for path in file.paths for rest in ("/openapi.json", "/nowhere", "//", "/docs")]
    paths += PAGES if file.default else ()
    for path, method in itertools.product(paths, METHODS):
        yield _page(service, method, path)
    yield _page(service, "POST", file.paths[0], body=b"{" * 200, headers={"content-type": JSON})
    broken = described.broken

    def with_broken(table: Table) -> None:
        described.before(table)
        table._client.put_item(TableName=table._name, Item=dict(broken.item))  # noqa: SLF001 - as the suites do

    yield replace(_page(service, broken.method, broken.path), name="an item that does not decode", before=with_broken)


def _page(
    service: str, method: str, path: str, *, body: bytes = b"", headers: Mapping[str, str] | None = None
) -> Asked:
    request = Request(method, path, tuple((headers or {}).items()), body)
    return Asked(name=f"{method} {path}", group="pages", before=profile(service).before, request=request)


def credentials(service: str, role: str, issued: int = int(NOW.timestamp()), seconds: int = 900) -> dict[str, str]:
    """Return the headers by which a caller of that role authenticates for so long, from the frozen time by default."""
    if role == ANONYMOUS:
        return {}
    caller = profile(service).roles[OWNER if role == FORGED else role]
    key = UNKNOWN_KEY if role == FORGED else KEY
    return bearer(caller.subject, *caller.scopes, key=key, iat=issued, exp=issued + seconds)


def event(request: Request, number: int) -> str:
    """Return the event of the request, with an id that has the number."""
    return json.dumps(request.event(f"request-{number:08}"))
