"""Every case of every profile is sent once; the tests judge what each of them left behind."""

import itertools
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final, NamedTuple

import pytest

from common.auth.authentication import verification
from common.http.body import JSON, LARGEST_BODY, MOST_VALUES
from tests.conformance.found import ROWS, CaseOfService, Row, profile
from tests.conformance.in_process.service_under_test import Exchange, ServiceUnderTest, serving
from tests.support.profile import ANONYMOUS, FOREIGN, FORGED, Case, Operation, Sent
from tests.support.tokens import no_keys

type Exchanges = Mapping[str, Exchange]

# Name of the exchange that reads the profile's broken item.
BROKEN: Final = "broken item"
MISSING_ASSET: Final = "missing file of the documentation"
# What is wrong with further requests of each operation, after its name in that of the exchange.
NO_DATABASE: Final = "without its database"
NO_KEYS: Final = "without keys for tokens"
TEXT: Final = "with a body of text"
WRONG_BODY: Final = "with a body that is an array"
NO_JSON: Final = "with a body that is not JSON"
MANY_VALUES: Final = "with a body of many values"
COMPRESSED: Final = "with a compressed body"
LARGE: Final = "with a large body"
STREAMED: Final = "with a large body of unknown length"


class AsRole(NamedTuple):
    """The first case of an operation, sent by a role."""

    service: str
    operation: Operation
    role: str

    def __str__(self) -> str:
        return f"{self.operation} by {self.role}"


@pytest.fixture(scope="session")
def remembered() -> dict[str, Exchanges]:
    """What each service has done, once it has been run."""
    return {}


@pytest.fixture
def exchanges(function_environment: Mapping[str, str], remembered: dict[str, Exchanges]) -> Callable[[str], Exchanges]:
    """Return every exchange of a service by the name of its case, or of its operation and role."""

    def of(service: str) -> Exchanges:
        if service not in remembered:
            remembered[service] = run(service, function_environment)
        return remembered[service]

    return of


def run(service: str, function_environment: Mapping[str, str]) -> Exchanges:
    """Send every case, then every operation as every role."""
    found: dict[str, Exchange] = {}
    rows = [row for row in ROWS if row.service == service]
    for variables, alike in itertools.groupby(rows, lambda row: row.operation.environment):
        with serving(service, function_environment, variables) as under_test:
            for row in alike:
                found |= _played(under_test, row)
            found[BROKEN] = under_test.read_broken_item()
            found[MISSING_ASSET] = under_test.send("GET", "/docs/missing.js", {}, headers={})
    return found


def roles(service: str) -> list[str]:
    """Return the names of all roles that send each operation."""
    return [ANONYMOUS, FORGED, FOREIGN, *profile(service).roles]


def faulty_cases(operation: Operation) -> dict[str, Case]:
    """Return the first case with what goes wrong in the same way for every service, by what is wrong."""
    first = operation.cases[0]
    found: dict[str, Case] = {}
    if first.calls:
        found[NO_DATABASE] = first
    if not operation.access.public:
        found[NO_KEYS] = replace(first, overrides={verification: no_keys})
    if "json" in operation.send(0):
        wrong: dict[str, Sent] = {
            TEXT: {"text": "{}"},
            WRONG_BODY: {"json": []},
            NO_JSON: {"text": "{", "headers": {"content-type": JSON}},
            MANY_VALUES: {"json": [0] * (MOST_VALUES + 1)},
            COMPRESSED: {"json": {}, "headers": {"content-encoding": "gzip"}},
        }
        found |= {name: replace(first, sent=sent) for name, sent in wrong.items()}
    large = "x" * (LARGEST_BODY + 1)
    found[LARGE] = replace(first, sent={"text": large})
    found[STREAMED] = replace(first, sent={"text": large, "headers": {"transfer-encoding": "chunked"}})
    return found


def _faults(under_test: ServiceUnderTest, operation: Operation) -> dict[str, Exchange]:
    return {
        f"{operation} {name}": under_test.play_without_database(operation, case)
        if name == NO_DATABASE
        else under_test.play(operation, case)
        for name, case in faulty_cases(operation).items()
    }


def _played(under_test: ServiceUnderTest, row: Row) -> dict[str, Exchange]:
    service, operation = row
    played = {str(CaseOfService(*row, case)): under_test.play(operation, case) for case in operation.cases}
    first = operation.cases[0]
    played |= _faults(under_test, operation)
    return played | {
        str(AsRole(service, operation, role)): under_test.play(operation, first, role) for role in roles(service)
    }
