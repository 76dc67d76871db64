"""The function's process is killed at each AWS call of each operation that writes."""

import itertools

import pytest

from tests.conformance.faults.outcome import met, reference
from tests.conformance.faults.target import OPERATIONS, Target
from tests.conformance.found import Row

MOST_CALLS = 20
WRITING = [row for row in OPERATIONS if row.operation.method != "GET"]


@pytest.mark.parametrize("row", WRITING, ids=str)
def test_killed_at_each_call(target: Target, row: Row, capsys: pytest.CaptureFixture[str]) -> None:
    found = reference(target, row)
    seen: list[str] = []
    for call, kind in itertools.product(range(MOST_CALLS), ("kill", "kill-applied")):
        outcome = met(target, row, {"kind": kind, "after": call}, found)
        if not outcome.hit:
            break
        place = f"{kind} at call {call + 1}"
        seen.append(f"{place}: {outcome.effect}, then {outcome.again.status_code}")
        # The gateway responds in the place of the killed function.
        assert (outcome.response.status_code, "x-request-id" in outcome.response.headers) == (500, False), place
        assert outcome.is_right(found, row.operation.repeated), (place, outcome)
    else:
        pytest.fail(f"{MOST_CALLS} calls and more")
    with capsys.disabled():
        print(f"\n{row}: " + "; ".join(seen))
    assert seen
