"""docs/scale.md: what breaks first at a rate of requests, and what the rate costs."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import yaml

from cost import memory
from cost.estimate import SECONDS, TRACED_SHARE, Load, Request, Services, costs, quantities
from cost.measured import read
from cost.memory import HASH_MS, VCPU_MB, durations
from cost.page import NAMES, prices
from cost.services import services_of, units_of_page

PATH: Final = "docs/scale.md"
QUOTAS: Final = Path(__file__).with_name("quotas.yaml")
SIMULATION: Final = Path(__file__).with_name("simulation.yaml")
MEMORY_MB: Final = 1_024
RATES: Final = (100, 1_000, 10_000, 100_000)  # requests a second
WRITE_SHARE: Final = 0.1
COLD_START_SHARE: Final = 0.001
LOGIN_SHARE: Final = 0.01
SECRET_SECONDS: Final = 300  # for which a process keeps the secret
SECRET_CALLS: Final = 2  # stages that a process may read
# A second: https://docs.aws.amazon.com/lambda/latest/dg/scaling-behavior.html
MOST_REQUESTS_OF_AN_ENVIRONMENT: Final = 10
SHOWN: Final = 4  # exceeded quotas of a rate
PAGE_UNITS: Final = 1.0  # read units of a page of 20 small items, from one key
PAGE_SHARE: Final = 0.1  # of the requests that read: they list


@dataclass(frozen=True, kw_only=True)
class Need:
    """What a rate of requests needs, by the name of the quota in quotas.yaml."""

    rate: int
    needs: Mapping[str, float]
    keys: int
    concurrency: float
    hashing: float
    log_mb: float
    traces: float


def need(rate: int, request: Request, services: Services, memory_mb: int = MEMORY_MB) -> Need:
    """Return what so many requests a second need: all of them on one route, and all writes in one list.

    Args:
        rate: Requests a second, evenly spread.
        request: What the average request uses.
        services: What the services use.
        memory_mb: Of each function.
    """
    running = rate * (request.billed_ms + COLD_START_SHARE * request.init_ms) / 1000
    environments = max(running, rate / MOST_REQUESTS_OF_AN_ENVIRONMENT)
    writes = rate * WRITE_SHARE
    pages = rate * (1 - WRITE_SHARE) * PAGE_SHARE
    read_by_writes, _ = services.units_of_writes
    # The quotas are those of a table or of one index, so their units are not added.
    written = writes * services.units_of_one
    first = min(rate, services.functions)
    return Need(
        rate=rate,
        needs={
            "route_rate": rate,
            "api_rate": rate,
            "concurrency": environments,
            "scaling": environments,
            "key_writes": writes,
            "key_reads": pages * PAGE_UNITS,
            "new_table_writes": written,
            "table_writes": written,
            "table_reads": rate * (1 - WRITE_SHARE) * services.read_units + writes * read_by_writes,
            "secret_reads": (rate * COLD_START_SHARE + environments / SECRET_SECONDS) * SECRET_CALLS,
        },
        keys=max(1, math.ceil(writes / 1_000)),
        concurrency=running,
        hashing=rate * LOGIN_SHARE * HASH_MS / 1000 * VCPU_MB / memory_mb,
        log_mb=rate * request.log_bytes / 1e6,
        traces=first + TRACED_SHARE * (rate - first),
    )


def broken(found: Need, quotas: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return the quotas that the rate exceeds, the most exceeded first."""
    ratios = {name: wanted / quotas[name]["most"] for name, wanted in found.needs.items()}
    return sorted((name for name, ratio in ratios.items() if ratio > 1), key=lambda name: -ratios[name])


def request_of_scale() -> Request:
    """Return what the average request uses, with the INIT that the table of memory sizes has.

    `make measure-costs` measures it under the load of the whole embedded AWS, the benchmark alone.
    """
    return replace(read()[0], init_ms=round(durations(memory.read()[0], MEMORY_MB).init, 1))


def page(root: Path) -> str:
    """Return docs/scale.md for the services of the repository in `root`."""
    request = request_of_scale()
    services = services_of(root)
    quotas: dict[str, dict[str, Any]] = yaml.safe_load(QUOTAS.read_text())
    found = [need(rate, request, services) for rate in RATES]
    text = Path(__file__).with_name("scale.md.tmpl").read_text()
    facts = {
        "first": _first(found, quotas),
        "needs": _needs(found, quotas),
        "others": _others(found),
        "costs": _costs(root, request, found),
        "quotas": _quotas(quotas),
        "memory": memory.table(prices()),
        "memory of": memory.read()[1],
        "rss": f"{memory.read()[0].rss_mb:.0f}",
        "simulation": _simulation(yaml.safe_load(SIMULATION.read_text())),
        "billed": f"{request.billed_ms:g}",
        "init": f"{request.init_ms:g}",
        "log": f"{request.log_bytes:,}",
        "table writes": f"{found[-1].needs['table_writes']:,.0f}",
        "doublings": f"{_doublings(found[-1], quotas)}",
    }
    for name, value in facts.items():
        text = text.replace(f"<!-- {name} -->", value)
    return text


def _doublings(found: Need, quotas: Mapping[str, Mapping[str, Any]]) -> int:
    """Return how often a new table's writes must double."""
    return math.ceil(math.log2(found.needs["table_writes"] / quotas["new_table_writes"]["most"]))


def _first(found: list[Need], quotas: Mapping[str, Mapping[str, Any]]) -> str:
    rows = ["| requests a second | exceeded, the most exceeded first |", "|---|---|"]
    for each in found:
        names = [
            f"{quotas[name]['name']}: {each.needs[name] / quotas[name]['most']:,.1f} times"
            for name in broken(each, quotas)
        ]
        more = [f"and {len(names) - SHOWN} more of the next table"] if len(names) > SHOWN else []
        rows.append(f"| {each.rate:,} | {'; '.join([*names[:SHOWN], *more]) or 'nothing'} |")
    return "\n".join(rows)


def _needs(found: list[Need], quotas: Mapping[str, Mapping[str, Any]]) -> str:
    rows = [
        f"| quota | default | {' | '.join(f'{each.rate:,}/s' for each in found)} |",
        f"|---|---|{'---|' * len(found)}",
    ]
    for name, quota in quotas.items():
        values = [each.needs[name] for each in found]
        cells = [f"**{_figure(value)}**" if value > quota["most"] else _figure(value) for value in values]
        rows.append(f"| {quota['name']} | {quota['most']:,} | {' | '.join(cells)} |")
    return "\n".join(rows)


def _others(found: list[Need]) -> str:
    lines = {
        "Environments that run at the same time": [f"{each.concurrency:,.1f}" for each in found],
        "Keys that take all writes of one list (`list_shards.written`, at full load)": [
            f"{each.keys}" for each in found
        ],
        "Read units of a page from these keys": [f"{units_of_page(PAGE_UNITS, each.keys):g}" for each in found],
        "Environments that only hash passwords, with 1 % logins": [f"{each.hashing:,.1f}" for each in found],
        "Logs, MB a second": [f"{each.log_mb:,.2f}" for each in found],
        "Traces a second": [f"{each.traces:,.0f}" for each in found],
    }
    rows = [f"| | {' | '.join(f'{each.rate:,}/s' for each in found)} |", f"|---|{'---|' * len(found)}"]
    return "\n".join([*rows, *(f"| {name} | {' | '.join(values)} |" for name, values in lines.items())])


def _costs(root: Path, request: Request, found: list[Need]) -> str:
    rows = ["| requests a second | USD a month | USD for a million requests | the three largest |", "|---|---|---|---|"]
    for each in found:
        load = Load(
            requests=each.rate * SECONDS,
            write_share=WRITE_SHARE,
            cold_start_share=COLD_START_SHARE,
            list_shards=each.keys if each.keys <= 64 else 1,  # noqa: PLR2004 - the limit of a load
        )
        priced = costs(quantities(load, request, services_of(root, load.list_shards)), prices())
        total = sum(priced.values())
        largest = [f"{NAMES[name][0]} {cost / total:.0%}" for name, cost in list(priced.items())[:3]]
        rows.append(f"| {each.rate:,} | {total:,.0f} | {total / load.requests * 1e6:,.2f} | {', '.join(largest)} |")
    return "\n".join(rows)


def _quotas(quotas: Mapping[str, Mapping[str, Any]]) -> str:
    rows = ["| quota | default | our variable | request | AWS's page, read |", "|---|---|---|---|---|"]
    for quota in quotas.values():
        request = quota["request"] or "none: AWS does not raise it"
        page_of_aws = f"[{quota['read']}]({quota['page']})"
        rows.append(f"| {quota['name']} | {quota['most']:,} | {quota['raise']} | {request} | {page_of_aws} |")
    return "\n".join(rows)


def _simulation(found: Mapping[str, Any]) -> str:
    rows = [
        f"With {found['billed_ms']:g} ms for a request and {found['init_ms']:g} ms for a cold start:",
        "",
        "| load | requests | most environments | cold starts | throttled |",
        "|---|---|---|---|---|",
    ]
    for name, load in found["loads"].items():
        figures = [load[key] for key in ("requests", "most_environments", "cold_starts", "throttled")]
        rows.append(f"| {name} | {' | '.join(f'{figure:,}' for figure in figures)} |")
    return "\n".join(rows)


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"  # noqa: PLR2004 - figures, not promises
