"""The services of this repository and their profiles."""

import functools
import importlib
from importlib.util import find_spec
from typing import Final, NamedTuple

from monorepo.services import Service, services
from tests.support.profile import Case, Operation, Profile

_FILES: Final = {service.name: service for service in services()}
SERVICES: Final = list(_FILES)


class Row(NamedTuple):
    """A row of a service's profile."""

    service: str
    operation: Operation

    def __str__(self) -> str:
        return f"{self.service}: {self.operation}"


class CaseOfService(NamedTuple):
    """A case of a service's profile."""

    service: str
    operation: Operation
    case: Case

    def __str__(self) -> str:
        return f"{self.operation}: {self.case.name}"


def service_file(service: str) -> Service:
    """Return what the service's service.yaml says."""
    return _FILES[service]


def has_profile(service: str) -> bool:
    """Return whether the service has `tests/<service>/profile.py`."""
    return find_spec(f"tests.{service}.profile") is not None


@functools.cache
def profile(service: str) -> Profile:
    """Return what the service's `tests/<service>/profile.py` calls PROFILE."""
    found: Profile = importlib.import_module(f"tests.{service}.profile").PROFILE
    return found


# A service without a profile is left to `in_process/test_profiles.py`, which says what is missing.
DESCRIBED: Final = [service for service in SERVICES if has_profile(service)]
ROWS: Final = [Row(service, operation) for service in DESCRIBED for operation in profile(service).operations]
CASES: Final = [CaseOfService(*row, case) for row in ROWS for case in row.operation.cases]
