"""`make bench-simulation`: run the loads, write their figures for docs/scale.md, and draw them."""

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import yaml

from benchmarks.simulation.loads import Load, burst, daily, steady
from benchmarks.simulation.model import Outcome, Rules, simulate
from cost.scale import request_of_scale

ROOT: Final = Path(__file__).parents[2]
FIGURES: Final = ROOT / "tools" / "cost" / "simulation.yaml"
SERIES: Final = ROOT / ".local" / "simulation.json"
# With the environments that are provisioned in a second run: more than are busy on average at the load's peak.
LOADS: Final = (
    (steady(1_000, 300), 40),
    (daily(10), 8),
    (burst(2, 5_000, start=60, length=60, seconds=180), 160),
)


def run(load: Load, rules: Rules) -> dict[str, Any]:
    """Return the figures of a load, and its series by minute or second."""
    outcome = simulate(load.arrivals(), rules)
    return {"figures": _figures(outcome, rules), "series": _series(outcome, load)}


def _figures(outcome: Outcome, rules: Rules) -> dict[str, float]:
    return {
        "requests": outcome.requests,
        "provisioned": rules.provisioned,
        "most_environments": outcome.most,
        "cold_starts": outcome.cold,
        "throttled": outcome.throttled,
    }


def _series(outcome: Outcome, load: Load) -> dict[str, list[float]]:
    step = max(1, int(load.seconds // 300))
    starts = range(0, int(load.seconds), step)
    return {
        "second": list(starts),
        "requests": [sum(outcome.arrived_in[at] for at in range(start, start + step)) / step for start in starts],
        "cold": [sum(outcome.cold_in[at] for at in range(start, start + step)) / step for start in starts],
        "throttled": [sum(outcome.throttled_in[at] for at in range(start, start + step)) / step for start in starts],
        "environments": list(_environments(outcome, starts, step)),
    }


def _environments(outcome: Outcome, starts: Iterable[int], step: int) -> Iterator[int]:
    """Yield the largest number in each step; without requests, it is that of the step before."""
    last = 0
    for start in starts:
        known = [outcome.environments_in[at] for at in range(start, start + step) if at in outcome.environments_in]
        last = max(known, default=last)
        yield last


def main(arguments: list[str]) -> int:
    """Write the figures and the series."""
    request = request_of_scale()
    parser = argparse.ArgumentParser(prog="simulation", description=__doc__)
    parser.add_argument("--billed-ms", type=float, default=request.billed_ms)
    parser.add_argument("--init-ms", type=float, default=request.init_ms)
    options = parser.parse_args(arguments)
    figures: dict[str, Any] = {"billed_ms": options.billed_ms, "init_ms": options.init_ms, "loads": {}}
    series = {}
    for load, provisioned in LOADS:
        for number in (0, provisioned):
            rules = Rules(
                mean_seconds=options.billed_ms / 1000, init_seconds=options.init_ms / 1000, provisioned=number
            )
            name = f"{load.name}, {number} provisioned" if number else f"{load.name}, on demand"
            found = run(load, rules)
            figures["loads"][name], series[name] = found["figures"], found["series"]
            print(name, found["figures"])
    FIGURES.write_text(f"# Written by `make bench-simulation`.\n{yaml.safe_dump(figures, sort_keys=False)}")
    SERIES.parent.mkdir(exist_ok=True)
    SERIES.write_text(json.dumps(series))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
