"""How long a service accepts a token whose user has been deactivated: at most 15 minutes and 30 seconds.

A service that keeps no accounts learns of a deactivation only by the expiry of the token.
"""

import time
from collections.abc import Iterator, Mapping
from typing import Final

import pytest

from common.auth.tokens import LEEWAY_SECONDS
from tests.conformance.found import ROWS, Row
from tests.conformance.in_process.service_under_test import Exchange, ServiceUnderTest, serving
from tests.support.problem import assert_problem
from tests.support.profile import OWNER
from tests.support.tokens import bearer

LIFETIME: Final = 15 * 60  # seconds; the tests of the service that issues tokens prove it
END: Final = LIFETIME + LEEWAY_SECONDS
# The first operation of each service that requires a token.
REQUIRING: Final = {row.service: row for row in reversed(ROWS) if not row.operation.access.public}


@pytest.fixture
def under_test(row: Row, function_environment: Mapping[str, str]) -> Iterator[ServiceUnderTest]:
    with serving(row.service, function_environment, row.operation.environment) as running:
        yield running


def sent(under_test: ServiceUnderTest, row: Row, *, age: int) -> Exchange:
    """Send the first case of the operation with a token of this age in seconds."""
    case, profile = row.operation.cases[0], under_test.profile
    under_test.store(case.before or profile.before)
    role = profile.roles[case.role or OWNER]
    issued_at = int(time.time()) - age
    headers = bearer(role.subject, *role.scopes, iat=issued_at, exp=issued_at + LIFETIME)
    arguments = row.operation.send(0) if case.sent is None else case.sent
    path = row.operation.path.format(**{**profile.parameters, **case.parameters})
    return under_test.send(row.operation.method, path, arguments, headers=headers)


def test_tokens_end_after_fifteen_minutes_and_the_clock_skew() -> None:
    assert END == 15 * 60 + 30


@pytest.mark.parametrize("row", REQUIRING.values(), ids=REQUIRING)
def test_token_is_accepted_until_its_end_and_no_longer(under_test: ServiceUnderTest, row: Row) -> None:
    # The clock runs on meanwhile: a token at its end stays rejected, and the other one has ten seconds left.
    assert sent(under_test, row, age=END - 10).response.status_code == row.operation.cases[0].status
    assert_problem(sent(under_test, row, age=END).response, 401, "invalid-token")
