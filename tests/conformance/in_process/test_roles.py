"""Which roles may use each operation, and how the others are rejected."""

from collections.abc import Callable

import pytest

from common.auth.recent_login import LONGEST_AGE, AuthenticationTooOld
from common.product import PRODUCT
from tests.conformance.found import ROWS, profile
from tests.conformance.in_process.conftest import AsRole, Exchanges, roles
from tests.support.problem import assert_problem
from tests.support.profile import ANONYMOUS, FOREIGN, FORGED, OTHER, OWNER, Operation

REALM = f'Bearer realm="{PRODUCT.name}"'
TOO_OLD = f'error="insufficient_user_authentication", error_description="{AuthenticationTooOld.title}"'
OLD_LOGIN = (401, AuthenticationTooOld.code, f'{REALM}, {TOO_OLD}, max_age="{LONGEST_AGE}"')
EVERY = [AsRole(service, operation, role) for service, operation in ROWS for role in roles(service)]

type Rejection = tuple[int, str, str]
"""Status, code of the problem, and challenge."""


def rejection(service: str, operation: Operation, name: str) -> Rejection | None:
    """Return how a role is rejected; None if the operation serves it."""
    access = operation.access
    if access.public:
        return None
    if name == ANONYMOUS:
        return 401, "unauthenticated", REALM
    if name == FORGED:
        return 401, "invalid-token", f'{REALM}, error="invalid_token"'
    callers = profile(service).roles
    role = callers[OTHER if name == FOREIGN else name]
    if role.rejected:
        return 401, role.rejected, f'{REALM}, error="invalid_token"'
    owns = access.owner and role.subject == callers[OWNER].subject
    if access.scope is None or access.scope in role.scopes or owns:
        bound = access.recent_login == "everybody" or (access.recent_login == "others" and not owns)
        return OLD_LOGIN if bound and role.login_age > LONGEST_AGE else None
    return 403, access.code, f'{REALM}, error="insufficient_scope", scope="{access.scope}"'


@pytest.mark.parametrize("as_role", EVERY, ids=str)
def test_operation_serves_exactly_the_roles_of_its_row(as_role: AsRole, exchanges: Callable[[str], Exchanges]) -> None:
    exchange = exchanges(as_role.service)[str(as_role)]
    expected = rejection(*as_role)
    if expected is None:
        assert exchange.response.status_code == as_role.operation.cases[0].status, exchange.response.body
        return
    status, code, challenge = expected
    assert_problem(exchange.response, status, code)
    assert exchange.response.headers["www-authenticate"] == challenge


@pytest.mark.parametrize("as_role", [each for each in EVERY if rejection(*each)], ids=str)
def test_rejected_role_changes_nothing(as_role: AsRole, exchanges: Callable[[str], Exchanges]) -> None:
    for call in exchanges(as_role.service)[str(as_role)].calls:
        assert all(touched.before == touched.after for touched in call.touched), call
