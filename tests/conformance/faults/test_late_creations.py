"""A creation without an `Idempotency-Key` that is applied after its 503."""

from collections import Counter

import pytest

from common.aws_calls import ATTEMPTS
from common.dynamodb.idempotency import UNKNOWN
from tests.conformance.faults.outcome import code_of
from tests.conformance.faults.target import OPERATIONS, Change, Target, changes, takes_key, without_key
from tests.conformance.found import Row
from tests.support.problem import assert_problem
from tests.support.services import deployed_name

CREATING = [row for row in OPERATIONS if takes_key(row)]


@pytest.mark.parametrize("row", CREATING, ids=str)
def test_client_is_told_to_look_and_finds_what_was_stored(target: Target, row: Row) -> None:
    expected = created(target, row)
    request = without_key(target.prepared(row))
    before = target.stored(row.service)
    target.plan.replace({"kind": "late", "caller": deployed_name(row.service), "service": "dynamodb", "count": None})
    response = request.send(target.deployment.api)
    assert_problem(response, 503, "database-unavailable")
    assert response.json()["detail"] == UNKNOWN
    assert "retry-after" not in response.headers
    assert target.plan.report()[0]["hit"] == ATTEMPTS
    assert changes(before, target.stored(row.service)) == Counter()

    target.plan.clear()
    assert changes(before, target.stored(row.service)) == expected
    again = request.send(target.deployment.api)
    if again.is_success:
        expected += expected
    else:
        assert code_of(again) in row.operation.problems[409]
    assert changes(before, target.stored(row.service)) == expected


def created(target: Target, row: Row) -> Counter[Change]:
    """Return what a request without a key stores."""
    request = without_key(target.prepared(row))
    before = target.stored(row.service)
    assert request.send(target.deployment.api).status_code == request.status
    return changes(before, target.stored(row.service))
