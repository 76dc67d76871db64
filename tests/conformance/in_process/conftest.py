"""Every case of every profile is sent once; the tests judge what each of them left behind."""

import itertools
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

import pytest

from tests.conformance.found import ROWS, CaseOfService, Row, profile
from tests.conformance.in_process.service_under_test import Exchange, ServiceUnderTest, serving
from tests.support.profile import ANONYMOUS, FOREIGN, FORGED, Operation

type Exchanges = Mapping[str, Exchange]

# Name of the exchange that reads the profile's broken item.
BROKEN: Final = "broken item"


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
    return found


def roles(service: str) -> list[str]:
    """Return the names of all roles that send each operation."""
    return [ANONYMOUS, FORGED, FOREIGN, *profile(service).roles]


def _played(under_test: ServiceUnderTest, row: Row) -> dict[str, Exchange]:
    service, operation = row
    played = {str(CaseOfService(*row, case)): under_test.play(operation, case) for case in operation.cases}
    first = operation.cases[0]
    return played | {
        str(AsRole(service, operation, role)): under_test.play(operation, first, role) for role in roles(service)
    }
