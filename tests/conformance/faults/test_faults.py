"""Each fault in each AWS call of each operation of every service."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

import pytest

from tests.conformance.faults import page
from tests.conformance.faults.outcome import Outcome, Reference, code_of, met, reference
from tests.conformance.faults.page import Line, kind_of, line_of
from tests.conformance.faults.scenarios import DATABASE, SECRET, SLOW, WRITES, Result, Scenario
from tests.conformance.faults.target import OPERATIONS, Target
from tests.conformance.found import Row

TIMEOUT: Final = 15.0  # seconds, of the functions
GET_SECRET: Final = "GetSecretValue"


class Table:
    """The lines of the page, which is compared after all tests of the file."""

    def __init__(self) -> None:
        self.lines: defaultdict[str, list[Line]] = defaultdict(list)
        self.rows: set[str] = set()


@pytest.fixture(scope="module")
def table() -> Table:
    return Table()


def _of_each_kind(rows: Sequence[Row]) -> list[Row]:
    """Return one operation of each kind of each service."""
    return list({(row.service, kind_of(row)): row for row in reversed(rows)}.values())


PROTECTED = [row for row in OPERATIONS if not row.operation.access.public]


@pytest.mark.parametrize("row", OPERATIONS, ids=str)
def test_fault_of_the_database(target: Target, table: Table, row: Row) -> None:
    found = reference(target, row)
    for scenario in DATABASE:
        for operation, after in found.numbered:
            if scenario.happens_to(operation):
                judge(target, table, row, found, scenario, operation, after)
    table.rows.add(str(row))


@pytest.mark.parametrize("row", _of_each_kind(OPERATIONS), ids=str)
def test_slow_database(target: Target, table: Table, row: Row) -> None:
    found = reference(target, row)
    for scenario in SLOW:
        judge(target, table, row, found, scenario, *found.numbered[-1])


@pytest.mark.parametrize("row", PROTECTED, ids=str)
def test_fault_of_the_secret(target: Target, table: Table, row: Row) -> None:
    found = reference(target, row)
    for scenario in SECRET:
        judge(target, table, row, found, scenario, GET_SECRET, cold=True)


def test_page_is_current(table: Table) -> None:
    if table.rows != {str(row) for row in OPERATIONS}:
        pytest.skip("the page needs the outcomes of all operations")
    page.check({scenario.name: table.lines[scenario.name] for scenario in (*DATABASE, *SLOW, *SECRET)})


def judge(
    target: Target,
    table: Table,
    row: Row,
    found: Reference,
    scenario: Scenario,
    operation: str,
    after: int = 0,
    *,
    cold: bool = False,
) -> None:
    """Send the request with the fault, and check response, time, log and what is stored."""
    fault = scenario.fault(operation, after)
    outcome = met(target, row, fault, found, cold=cold, repeated_first=scenario.repeated_first)
    place = (
        f"{scenario}, {operation} after {after}: {outcome.response.status_code} {outcome.code}, {outcome.effect} stored"
    )
    assert outcome.hit, place
    assert "x-request-id" in outcome.response.headers, place
    assert outcome.seconds < TIMEOUT, place
    assert outcome.response.status_code in _statuses(scenario, outcome, operation, after), place
    assert ("retry-after" in outcome.response.headers) == (outcome.response.status_code == 503), place
    if outcome.response.is_success:
        assert found.is_all(outcome.changed), (place, outcome.changed, found.changed)
        assert outcome.response.status_code == outcome.status, place
    assert outcome.is_right(found, row.operation.repeated), (
        place,
        outcome.again.status_code,
        code_of(outcome.again),
        outcome.final,
        found.changed,
    )
    assert _lines(target, outcome) == _expected_lines(outcome, scenario, operation), (place, _lines(target, outcome))
    table.lines[scenario.name].append(line_of(row, outcome))


def _statuses(scenario: Scenario, outcome: Outcome, operation: str, after: int) -> set[int]:
    match scenario.result:
        case Result.SERVED:
            return {outcome.status}
        case Result.UNAVAILABLE:
            # An operation may go on without a write that only completes it.
            completes = after > 0 and operation in WRITES
            return {503, outcome.status} if completes else {503}
    # An item that does not decode does no harm where nothing reads it.
    return {500, outcome.status}


def _lines(target: Target, outcome: Outcome) -> list[str]:
    """Return the AWS calls that lines of failures name."""
    lines = target.deployment.invocation_of(outcome.response).lines
    failures = [line for line in lines if line["level"] in {"WARNING", "ERROR", "CRITICAL"}]
    return [line.get("aws_operation") or (GET_SECRET if "secret" in line else line["message"]) for line in failures]


def _expected_lines(outcome: Outcome, scenario: Scenario, operation: str) -> list[str]:
    is_served = outcome.response.is_success and scenario.result is not Result.UNAVAILABLE
    return [] if is_served else [operation]
