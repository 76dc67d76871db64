"""The description of a service for the conformance suites: a row for each operation of its API.

`tests/<service>/profile.py` holds `PROFILE`. A profile does not depend on the issuer of tokens: in process the suites
sign with the tests' key, and for deployed functions with the deployment's.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Literal

from common.dynamodb.table import Table

if TYPE_CHECKING:
    import httpx2
    from mypy_boto3_dynamodb import DynamoDBClient

# The time of every request that runs in process.
NOW: Final = datetime(2026, 11, 21, 8, 30, 15, 123456, UTC)

ANONYMOUS: Final = "anonymous"
FORGED: Final = "signed with an unknown key"
OWNER: Final = "owner"
OTHER: Final = "another caller"
FOREIGN: Final = "a caller with other services' scopes"

type Store = Callable[[Table], None]
"""Stores what must exist before a request."""

type Sent = Mapping[str, Any]
"""Arguments of a request: `json`, `data` (a form), `text`, `params` (the query), `headers`."""

type Factory = Callable[[int], Sent]
"""Returns the arguments of a request for a number. Different numbers give different things."""

type Bearer = Callable[..., dict[str, str]]
"""Returns the Authorization header of a subject with scopes: `bearer(subject, *scopes)`."""

type Overrides = Mapping[Callable[..., Any], Callable[..., Any]]
"""Dependencies of FastAPI, and what stands in for each."""

# Rejected by every operation that takes a cursor.
DAMAGED_CURSOR: Final[Sent] = {"params": {"cursor": "damaged"}}


NO_ARGUMENTS: Final[Sent] = {}


def nothing(_: int) -> Sent:
    """Return no arguments, for a request without body, form and query."""
    return NO_ARGUMENTS


@dataclass(frozen=True, kw_only=True)
class Role:
    """A kind of caller.

    Attributes:
        subject: Of its token.
        scopes: Of its token.
        rejected: Code of the 401 with which every operation that requires a token rejects it (None: it is accepted).
        login_age: Seconds since its login.
    """

    subject: str
    scopes: tuple[str, ...] = ()
    rejected: str | None = None
    login_age: int = 0


@dataclass(frozen=True, kw_only=True)
class Access:
    """Which callers an operation serves.

    Attributes:
        public: Whether it needs no token. With a scope as well, some requests need the scope.
        scope: The scope that it requires (None: any caller may use it).
        owner: Whether the owner needs no scope.
        code: Code of the problem for callers without the scope.
        recent_login: Who needs a recent login: nobody, callers other than the owner, or everybody.
    """

    public: bool = False
    scope: str | None = None
    owner: bool = False
    code: str = "forbidden"
    recent_login: Literal["nobody", "others", "everybody"] = "nobody"

    @property
    def takes_token(self) -> bool:
        """Whether some requests need a token."""
        return not self.public or self.scope is not None


PUBLIC: Final = Access(public=True)
AUTHENTICATED: Final = Access()


def requires(scope: str) -> Access:
    """Return the access of an operation for callers with the scope."""
    return Access(scope=scope)


def owner_or(scope: str, code: str = "forbidden") -> Access:
    """Return the access of an operation for the owner and for callers with the scope."""
    return Access(scope=scope, owner=True, code=code)


@dataclass(frozen=True, kw_only=True)
class Case:
    """One request in process, and its expected results.

    Attributes:
        name: The special condition of the case.
        status: Of the response.
        calls: DynamoDB calls, each as `tests/conformance/in_process/recorder.py` writes it.
        problem: Code of the response's problem.
        role: Its caller (None: the owner, or no caller for a public operation).
        parameters: Of the path, if they are not the owner's.
        sent: Its arguments, if they are not the row's.
        before: Stores the items before the request, if they are not the profile's.
        sent_before: Arguments of a request to the same operation that succeeds before.
        page: Whether a full page of a list is read.
        overrides: Dependencies that lead to what no stored item does, such as a concurrent change that always wins.
    """

    name: str
    status: int
    calls: tuple[str, ...] = ()
    problem: str | None = None
    role: str | None = None
    parameters: Mapping[str, object] = field(default_factory=dict)
    sent: Sent | None = None
    before: Store | None = None
    sent_before: Sent | None = None
    page: bool = False
    overrides: Overrides = field(default_factory=dict)

    @property
    def is_replay(self) -> bool:
        """Whether the response is that of the request before."""
        return self.sent_before is not None and self.problem is None


def version_cases(
    sent: Sent = NO_ARGUMENTS, *, authenticated: tuple[str, ...] = (), read: tuple[str, ...]
) -> tuple[Case, ...]:
    """Return the cases of an operation that takes `If-Match`, for a stored thing that has the version 1.

    Args:
        sent: The other arguments of the request.
        authenticated: The calls until the header is parsed.
        read: The calls until the version is known.
    """
    return (
        Case(
            name="another version expected",
            status=412,
            problem="version-mismatch",
            calls=read,
            sent={**sent, "headers": {"If-Match": '"2"'}},
        ),
        Case(
            name="malformed If-Match",
            status=400,
            problem="invalid-precondition",
            calls=authenticated,
            sent={**sent, "headers": {"If-Match": "1"}},
        ),
    )


IDEMPOTENCY_KEY: Final = "6f0c7d3e-94b1-4d0e-8a53-2f7c1e9ab604"


def keyed(sent: Sent, key: str = f'"{IDEMPOTENCY_KEY}"') -> Sent:
    """Return the arguments of a request with an `Idempotency-Key`."""
    return {**sent, "headers": {"Idempotency-Key": key}}


def key_cases(
    send: Factory, stored: tuple[str, ...], *, authenticated: tuple[str, ...] = (), before: Store | None = None
) -> tuple[Case, ...]:
    """Return the cases of an operation that takes `Idempotency-Key`.

    Args:
        send: The other arguments of the request.
        stored: The calls that store something new, with the record.
        authenticated: The calls until the header is parsed.
        before: Stores the items before the request, if they are not the profile's.
    """
    first = keyed(send(0))
    return (
        Case(name="with an Idempotency-Key", status=201, calls=stored, sent=first, before=before),
        Case(
            name="sent again",
            status=201,
            calls=(*stored, "GetItem ONCE, ConsistentRead True"),
            sent=first,
            before=before,
            sent_before=first,
        ),
        Case(
            name="another body with the same key",
            status=422,
            problem="idempotency-key-reused",
            calls=(*stored, "PutItem ONCE if"),
            sent=keyed(send(1)),
            before=before,
            sent_before=first,
        ),
        Case(
            name="malformed Idempotency-Key",
            status=400,
            problem="invalid-idempotency-key",
            calls=authenticated,
            sent=keyed(send(0), '"short"'),
            before=before,
        ),
    )


@dataclass(frozen=True, kw_only=True)
class SoakRequest:
    """A request of the soak, which runs on the demo data.

    Attributes:
        weight: How often it is sent, compared with all others.
        status: Of the response.
        path: Its path, if the row's template has parameters.
        route: Its path template, if it is not the row's.
        problem: Code of the response's problem.
        signed: Whether it carries a token.
        send: Its arguments, if they are not the row's.
    """

    weight: int
    status: int
    path: str | None = None
    route: str | None = None
    problem: str | None = None
    signed: bool = False
    send: Factory | None = None


@dataclass(frozen=True, kw_only=True)
class Flood:
    """Requests of one caller that never end, for which the page of costs says what an hour of them costs.

    Attributes:
        name: What the caller does.
        per_second: The number of requests.
        served: How many of an hour are as these cases, by their names.
        others: Name of the case as which all others are.
    """

    name: str
    per_second: int
    served: Mapping[str, int]
    others: str

    @property
    def hour(self) -> dict[str, int]:
        """The requests of an hour, by the name of their case."""
        return {**self.served, self.others: self.per_second * 3600 - sum(self.served.values())}


@dataclass(frozen=True, kw_only=True)
class Operation:
    """A row: an operation of the OpenAPI document.

    Attributes:
        method: In upper case.
        path: The template.
        access: Which callers it serves.
        cases: Its requests in process; the first one succeeds for each role that the operation serves.
        send: The arguments of a successful request.
        problems: Codes by status, but for those that the framework declares for all operations of this kind.
        span: Name of its span (None: it has no span).
        metrics: Name of the domain metric that a response with this status, or with this problem, counts.
        soak: Its requests in the soak.
        not_soaked: Why the soak sends none.
        needs: Method and path of the operation that the owner uses before, where the service is deployed.
        prepare: Prepares a deployment and returns the arguments of a request that succeeds there (None: `send` does).
        replayed: Whether the same request leads to a comparable response in another deployment.
        repeated: Codes of the problems that the same request may get after it was served.
        environment: The service's own variables, if they are not the local ones. Such a row is an additional one.
        flood: A flood of its requests.
    """

    method: str
    path: str
    access: Access
    cases: tuple[Case, ...]
    send: Factory = nothing
    problems: Mapping[int, frozenset[str]] = field(default_factory=dict)
    span: str | None = None
    metrics: Mapping[int | str, str] = field(default_factory=dict)
    soak: tuple[SoakRequest, ...] = ()
    not_soaked: str | None = None
    needs: tuple[str, str] | None = None
    prepare: Callable[["httpx2.Client", int], Sent] | None = None
    replayed: bool = True
    repeated: frozenset[str] = frozenset()
    environment: Mapping[str, str] = field(default_factory=dict)
    flood: Flood | None = None

    def sender(self, case: Case) -> str:
        """Return the role that sends the case."""
        return case.role or (ANONYMOUS if self.access.public else OWNER)

    def metric(self, status: int, problem: str | None) -> str | None:
        """Return the name of the domain metric that a response counts, or None."""
        return self.metrics.get(problem or status) or self.metrics.get(status)

    @property
    def key(self) -> tuple[str, str]:
        """Method and path as the OpenAPI document has them."""
        return self.method.lower(), self.path

    def __str__(self) -> str:
        return f"{self.method} {self.path}{' with other settings' if self.environment else ''}"


@dataclass(frozen=True, kw_only=True)
class Broken:
    """An item that does not decode, and the request that reads it.

    Attributes:
        item: As DynamoDB stores it.
        method: Of the request.
        path: Of the request.
        route: The template that serves it.
    """

    item: Mapping[str, Any]
    method: str
    path: str
    route: str


@dataclass(frozen=True, kw_only=True)
class Owned:
    """Something in a deployment that a new caller owns.

    Attributes:
        subject: The caller's.
        parameters: Of the paths that lead to it.
    """

    subject: str
    parameters: Mapping[str, object]


@dataclass(frozen=True, kw_only=True)
class Profile:
    """The description of a service.

    Attributes:
        operations: The rows.
        roles: Callers by name: OWNER, OTHER, one for each scope of the service (named like it), and its own.
        parameters: Of the paths that lead to the owner's thing.
        before: Stores the owner's thing and what belongs to it.
        fill: Stores a number of things that the lists of the owner and of administrators contain.
        items_each: How many items each of these things has.
        overrides: Dependencies that make requests repeatable, such as the clock, or cheap, such as password hashing.
        broken: An item that does not decode.
        make: Creates a thing of a new caller through the deployed API. The number makes it unique.
        secrets: Regular expressions of texts that must not occur in log lines and traces.
        demo_subject: The caller to whom the demo data belongs.
        rules: Regular expressions of the details of problems that reject a request which is valid by the OpenAPI
            document, because JSON Schema cannot express the rule.
        kept: Paths of resources that still exist after their DELETE, such as accounts that it deactivates.
        applied_twice: Conditional writes, as `Case.calls` has them, whose conditions name no version, and why an
            attempt that is repeated, or arrives late, does no harm.
        grant: Gives a scope to the caller that `make` created for the number (None: the scope of a token is enough).
        journey: Uses the public API as a new caller does, and deletes what it creates. `make verify-deployed` runs it
            on request, so it must not need anything but the API.
    """

    operations: tuple[Operation, ...]
    roles: Mapping[str, Role]
    parameters: Mapping[str, object]
    before: Store
    fill: Callable[[int], Store]
    items_each: int
    overrides: Overrides
    broken: Broken
    make: Callable[["httpx2.Client", Bearer, int], Owned]
    demo_subject: str = "1"
    grant: Callable[["DynamoDBClient", int, str], None] | None = None
    secrets: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    applied_twice: Mapping[str, str] = field(default_factory=dict)
    journey: Callable[["httpx2.Client"], None] | None = None
