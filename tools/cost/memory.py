"""Duration and price per memory size, by Lambda's rule that memory buys CPU."""

import json
import statistics
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from cost.estimate import ARCHITECTURES

FILE: Final = Path(__file__).with_suffix(".yaml")
SIZES: Final = (512, 768, 1024, 1536, 1769)
# Memory that has one vCPU: https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
VCPU_MB: Final = 1_769
DATABASE_MS: Final = 5.0  # assumed for a call of DynamoDB, which answers in less than 10 ms
# CPU of one argon2id hash with the parameters of docs/decisions/0016 (19 MiB, two passes): the shortest of 30, on an
# AMD EPYC whose cores other processes used as well.
HASH_MS: Final = 30.0
COLD_START_SHARE: Final = 0.005


@dataclass(frozen=True, kw_only=True)
class Measured:
    """Milliseconds of CPU and of waiting for INIT, the first request and a later one; and the peak memory in MB."""

    init_cpu_ms: float
    init_wait_ms: float
    first_cpu_ms: float
    first_wait_ms: float
    warm_cpu_ms: float
    warm_wait_ms: float
    rss_mb: float


@dataclass(frozen=True, kw_only=True)
class Durations:
    """Milliseconds at a memory size."""

    init: float
    first: float
    warm: float
    login: float


def durations(measured: Measured, memory_mb: int) -> Durations:
    """Return the durations at a memory size.

    CPU takes longer by the share of a vCPU, waiting does not. INIT has a whole vCPU at any size, unless the environment
    is provisioned. Each request waits for the database once, and
    for what it waited for in the benchmark: a store on the same machine, about a millisecond.
    """
    share = min(1.0, memory_mb / VCPU_MB)
    warm = measured.warm_cpu_ms / share + measured.warm_wait_ms + DATABASE_MS
    return Durations(
        init=measured.init_cpu_ms + measured.init_wait_ms,
        first=measured.first_cpu_ms / share + measured.first_wait_ms + DATABASE_MS,
        warm=warm,
        login=warm + HASH_MS / share,
    )


def usd_for_a_million(found: Durations, memory_mb: int, price: float) -> float:
    """Return what a million requests cost, of which COLD_START_SHARE start an environment.

    Args:
        found: The durations.
        memory_mb: The memory size.
        price: USD for a GB-second.
    """
    cold = COLD_START_SHARE * (found.init + found.first)
    milliseconds = cold + (1 - COLD_START_SHARE) * found.warm
    return milliseconds / 1000 * memory_mb / 1024 * price * 1e6


def table(prices: Mapping[str, float]) -> str:
    """Return the table of all sizes in Markdown."""
    measured, _ = read()
    named = " | ".join(f"USD a million, {architecture}" for architecture in ARCHITECTURES)
    rows = [
        f"| memory, MB | vCPU | request, ms | cold start, ms | login, ms | {named} |",
        f"|---|---|---|---|---|{'---|' * len(ARCHITECTURES)}",
    ]
    for size in SIZES:
        found = durations(measured, size)
        costs = [usd_for_a_million(found, size, prices[f"gb_seconds_{each}"]) for each in ARCHITECTURES]
        rows.append(
            f"| {size:,} | {min(1, size / VCPU_MB):.2f} | {found.warm:.1f} | {found.init + found.first:,.0f} "
            f"| {found.login:,.0f} | {' | '.join(f'{cost:.3f}' for cost in costs)} |"
        )
    return "\n".join(rows)


def read() -> tuple[Measured, str]:
    """Return the measured figures, and what they were measured of."""
    found: dict[str, Any] = yaml.safe_load(FILE.read_text())
    of: str = found.pop("of")
    return Measured(**found), of


def extract(results: Mapping[str, Any], services: Collection[str]) -> Measured:
    """Return the figures of the service with the longest cold start, from the results of `make bench`.

    Args:
        results: The content of benchmarks/results/results.json, whose times are in seconds.
        services: Names of the services.

    Raises:
        ValueError: No service was measured.
    """
    colds = {name: cold for name, cold in results["cold"].items() if name in services}
    if not colds:
        raise ValueError(f"The results have none of the services {', '.join(services)}.")
    slowest = max(colds, key=lambda name: statistics.median(colds[name]["cpu"]))
    cold = {field: statistics.median(values) for field, values in colds[slowest].items()}
    warm = {clock: statistics.median(results["warm_http"][slowest]["sampled"][clock]) for clock in ("wall", "cpu")}
    init_cpu = cold["cpu"] - cold["first_cpu"]
    seconds = {
        "init_cpu_ms": init_cpu,
        "init_wait_ms": max(0.0, cold["init"] - init_cpu),
        "first_cpu_ms": cold["first_cpu"],
        "first_wait_ms": max(0.0, cold["first"] - cold["first_cpu"]),
        "warm_cpu_ms": warm["cpu"],
        "warm_wait_ms": max(0.0, warm["wall"] - warm["cpu"]),
    }
    return Measured(
        **{name: round(value * 1000, 2) for name, value in seconds.items()}, rss_mb=round(cold["rss"] / 1e6, 1)
    )


def write(results: Path, services: Collection[str]) -> None:
    """Write the figures of results.json to the file that the tables are made of."""
    found = json.loads(results.read_text())
    run = found["run"]
    of = f"commit {run['commit']}, {run['machine']}, {run['date']}"
    text = yaml.safe_dump({"of": of, **asdict(extract(found, services))}, sort_keys=False, width=100)
    head = "# Written by `python -m cost measured benchmarks/results/results.json`. Milliseconds, medians.\n"
    FILE.write_text(head + text)
