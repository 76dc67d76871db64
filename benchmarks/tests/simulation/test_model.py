"""The simulation, compared with closed forms and with the rules that AWS publishes."""

import itertools
import math
from collections.abc import Iterator

import pytest

from benchmarks.simulation.loads import burst, daily, steady
from benchmarks.simulation.model import Rules, simulate


def erlang_b(servers: int, load: float) -> float:
    """Return the share that is lost of Poisson arrivals without a queue (Erlang, 1917)."""
    lost = 1.0
    for number in range(1, servers + 1):
        lost = load * lost / (number + load * lost)
    return lost


@pytest.mark.parametrize(("servers", "rate", "seconds"), [(5, 50.0, 0.1), (50, 480.0, 0.1)])
def test_throttled_share_is_erlangs(servers: int, rate: float, seconds: float) -> None:
    rules = Rules(mean_seconds=seconds, init_seconds=0, quota=servers, scaling=math.inf)
    outcome = simulate(steady(rate, 80_000 / rate).arrivals(), rules)
    expected = erlang_b(servers, rate * seconds)
    # The standard error is about 0.003 here.
    assert outcome.throttled / outcome.requests == pytest.approx(expected, abs=0.01)
    assert outcome.most == servers


def test_mean_concurrency_is_littles() -> None:
    outcome = simulate(steady(200, 200).arrivals(), Rules(mean_seconds=0.05, init_seconds=0))
    assert outcome.busy_seconds / 200 == pytest.approx(200 * 0.05, rel=0.03)
    assert outcome.throttled == 0


def test_provisioned_environments_serve_without_cold_start() -> None:
    load = steady(100, 60)
    rules = Rules(mean_seconds=0.05, init_seconds=1)
    assert simulate(load.arrivals(), rules).cold > 0
    outcome = simulate(load.arrivals(), Rules(mean_seconds=0.05, init_seconds=1, provisioned=40))
    assert (outcome.cold, outcome.most) == (0, 40)


def test_at_most_a_thousand_environments_start_in_ten_seconds() -> None:
    rules = Rules(mean_seconds=1e9, init_seconds=0, quota=100_000)
    outcome = simulate((number / 1_000 for number in range(20_000)), rules)
    # A full bucket at first, then 100 a second; what was not used is not kept.
    assert outcome.cold == pytest.approx(1_000 + 20 * 100, abs=2)
    assert outcome.throttled == outcome.requests - outcome.cold


def test_unused_scaling_is_not_accumulated() -> None:
    late = itertools.chain([0.0], (1_000 + number / 10_000 for number in range(5_000)))
    outcome = simulate(late, Rules(mean_seconds=1e9, init_seconds=0, quota=100_000))
    assert outcome.cold == pytest.approx(1 + 1_000 + 50, abs=2)


def test_unused_environment_ends() -> None:
    rules = Rules(mean_seconds=0.001, init_seconds=0.5, idle_seconds=600)
    assert simulate([0, 599, 1_198], rules).cold == 1
    assert simulate([0, 601.5], rules).cold == 2


def test_one_seed_gives_one_outcome() -> None:
    load = burst(10, 500, start=5, length=5, seconds=20)
    rules = Rules(mean_seconds=0.02, init_seconds=1)
    assert simulate(load.arrivals(3), rules, 3) == simulate(load.arrivals(3), rules, 3)
    assert simulate(load.arrivals(3), rules, 3) != simulate(load.arrivals(4), rules, 3)


def _between(times: Iterator[float], start: float, end: float) -> int:
    return sum(start <= at < end for at in times)


def test_loads_have_their_rates() -> None:
    assert _between(steady(100, 100).arrivals(), 0, 100) == pytest.approx(10_000, rel=0.05)
    day = daily(10, 1_000)
    assert _between(day.arrivals(), 0, 1_000) == pytest.approx(10_000, rel=0.05)
    # The middle half of a raised cosine has 1/2 + 1/pi of it.
    assert _between(day.arrivals(), 250, 750) == pytest.approx(10_000 * (0.5 + 1 / math.pi), rel=0.05)
    peak = burst(1, 1_000, start=10, length=5, seconds=30)
    assert _between(peak.arrivals(), 10, 15) == pytest.approx(5_000, rel=0.05)
    assert _between(peak.arrivals(), 15, 30) < 40
