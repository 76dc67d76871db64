"""Cold starts and warm requests did not become much slower, compared with the floor in the same run.

A bare handler on the same layer is the floor. Only CPU time is compared: that of the quickest cold start, and the first
quartile of the warm invocations, because other processes can only add to it.

Ten runs with two services, on two cores that six to fourteen processes wanted. None would have failed:

| of the floor | worst | limit | with a deliberate slowdown |
|---|---|---|---|
| cold | 2.16 | 2.6 | 5.07 and 5.33 without the layer's bytecode |
| unsampled | 3.38 | 4.2 | 5.01 and 6.03 with every request handled twice |
| sampled | 3.83 | 5.0 | 6.76 and 7.26 with every request handled twice |
"""

from collections.abc import Mapping
from typing import Final

import pytest

from benchmarks.intervals import quantile
from benchmarks.layers import packaged
from benchmarks.measure import cold_starts, warm_invocations
from benchmarks.process import unpacked, without_mounts
from benchmarks.subjects import bench
from tests.conformance.found import DESCRIBED

FLOOR: Final = "lean floor"
ROUNDS: Final = 4
BLOCKS, BLOCK, WARM_UP = 20, 20, 100
# How often the floor's CPU time is allowed.
LIMITS: Final = {"cold": 2.6, "unsampled": 4.2, "sampled": 5.0}


def measured() -> Mapping[str, Mapping[str, float]]:
    """Return, by subject, the least CPU seconds of a cold start and of warm invocations."""
    with bench() as made:
        dist = packaged()
        subjects = [*made.services(dist), made.peer(FLOOR, "floor", unpacked(dist / "common-layer.zip"))]
        cold = cold_starts(subjects, ROUNDS, print)
        warm = warm_invocations([each.answered() for each in subjects], BLOCKS, print, block=BLOCK, warm_up=WARM_UP)
    return {
        each.name: {"cold": min(start.cpu for start in cold[each.name])}
        | {
            kind: _least([seconds for block in blocks for seconds in block.cpu])
            for kind, blocks in warm[each.name].items()
        }
        for each in subjects
    }


def _least(seconds: list[float]) -> float:
    # Of all invocations, the first quartile varies less than the least one and than the median: see above.
    return quantile(seconds, 0.25)


@pytest.fixture(scope="module")
def least() -> Mapping[str, Mapping[str, float]]:
    if reason := without_mounts():
        pytest.skip(reason)
    return measured()


@pytest.mark.parametrize("what", LIMITS)
@pytest.mark.parametrize("service", DESCRIBED)
def test_service_is_not_much_slower_than_the_floor(
    least: Mapping[str, Mapping[str, float]], service: str, what: str
) -> None:
    ratio = least[service][what] / least[FLOOR][what]
    assert ratio < LIMITS[what], f"{ratio:.2f} times the floor's CPU time. `make bench` shows what became slower."
