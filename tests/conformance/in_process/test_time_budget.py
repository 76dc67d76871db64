"""An invocation without time left responds at once, whatever its operation would call."""

import itertools
from collections.abc import Callable, Mapping
from typing import Final

import pytest

from common.auth.keys import SecretUnavailable
from common.dynamodb.client import DatabaseUnavailable
from tests.conformance.found import ROWS, Row
from tests.conformance.in_process.service_under_test import Exchange, serving
from tests.support.lambda_context import FakeLambdaContext
from tests.support.problem import assert_problem

# Less than what is reserved for the response and what a connection takes.
TOO_SHORT: Final = FakeLambdaContext(remaining_ms=3_000)
CALLING: Final = [row for row in ROWS if row.operation.cases[0].calls]
UNAVAILABLE: Final = {DatabaseUnavailable.code, SecretUnavailable.code}


@pytest.fixture(scope="module")
def remembered() -> dict[str, dict[str, Exchange]]:
    """What each service has done, once it has been run."""
    return {}


@pytest.fixture
def exchange(
    function_environment: Mapping[str, str], remembered: dict[str, dict[str, Exchange]]
) -> Callable[[Row], Exchange]:
    """Return a function that sends the first case of an operation."""

    def of(row: Row) -> Exchange:
        if row.service not in remembered:
            remembered[row.service] = run(row.service, function_environment)
        return remembered[row.service][str(row)]

    return of


def run(service: str, function_environment: Mapping[str, str]) -> dict[str, Exchange]:
    """Send the first case of every operation that calls DynamoDB, in an invocation without time."""
    found: dict[str, Exchange] = {}
    rows = [row for row in CALLING if row.service == service]
    for variables, alike in itertools.groupby(rows, lambda row: row.operation.environment):
        with serving(service, function_environment, variables) as under_test:
            under_test.context = TOO_SHORT
            for row in alike:
                found[str(row)] = under_test.play(row.operation, row.operation.cases[0])
    return found


@pytest.mark.parametrize("row", CALLING, ids=str)
def test_operation_without_time_is_unavailable_and_calls_nothing(row: Row, exchange: Callable[[Row], Exchange]) -> None:
    sent = exchange(row)
    problem = sent.response.json()["type"].rpartition(":")[2]
    assert problem in UNAVAILABLE
    assert_problem(sent.response, 503, problem)
    assert sent.calls == []
    [line] = [line for line in sent.lines if line["level"] == "ERROR"]
    assert (line["aws_error"], line["aws_attempts"]) == ("NoTimeLeft", 0)
