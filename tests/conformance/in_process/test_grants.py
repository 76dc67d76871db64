"""What a service may do in DynamoDB is exactly what its operations do."""

from collections.abc import Callable, Iterator

import pytest

from tests.conformance.found import DESCRIBED, service_file
from tests.conformance.in_process.conftest import Exchanges
from tests.conformance.in_process.recorder import Call


def actions(call: Call) -> Iterator[str]:
    """Yield the IAM actions that a call requires: a transaction requires those of its parts."""
    for kind, _ in call.requests:
        if call.transacted:
            yield "dynamodb:ConditionCheckItem" if kind == "ConditionCheck" else f"dynamodb:{kind}Item"
        else:
            yield f"dynamodb:{call.operation}"


@pytest.mark.parametrize("service", DESCRIBED)
def test_grants_are_exactly_the_actions_of_the_operations(service: str, exchanges: Callable[[str], Exchanges]) -> None:
    calls = (call for exchange in exchanges(service).values() for call in exchange.calls)
    used = {action for call in calls for action in actions(call)}
    granted = set(service_file(service).grants.get(service, ()))
    assert granted - used == set(), f"services/{service}/service.yaml grants what no operation uses"
    assert used - granted == set(), f"services/{service}/service.yaml does not grant what operations use"
