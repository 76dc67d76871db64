"""What a service may do in DynamoDB is exactly what its operations do."""

import importlib
from collections.abc import Callable, Iterator

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts

from common.auth.authentication import verification
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


def depends_on(dependant: Dependant, dependency: object) -> bool:
    """Return whether a dependency is used, at whatever depth."""
    return dependant.call is dependency or any(depends_on(each, dependency) for each in dependant.dependencies)


@pytest.mark.parametrize("service", DESCRIBED)
def test_service_has_the_keys_of_tokens_exactly_if_it_uses_them(service: str) -> None:
    app = importlib.import_module(f"{service}.app").app
    routes = [context.original_route for context in iter_route_contexts(app.routes)]
    used = any(depends_on(route.dependant, verification) for route in routes if isinstance(route, APIRoute))
    granted = "jwt" in service_file(service).secrets
    assert granted or not used, f"services/{service}/service.yaml does not list jwt under secrets, which tokens need"
    assert used or not granted, f"services/{service}/service.yaml lists jwt under secrets, which no operation uses"
