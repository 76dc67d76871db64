"""What an hour of a flood costs, by the prices and averages of docs/costs.md."""

from collections.abc import Iterable, Mapping
from typing import Final

from cost.estimate import SECONDS, Load, Services, costs, quantities
from cost.measured import read
from cost.page import prices
from tests.conformance.in_process.capacity import Units
from tests.support.profile import Flood, Operation

HOURS: Final = SECONDS / 3600  # of the month that the estimates are of
# What a deployment costs without requests.
FIXED: Final = frozenset({"metrics", "alarm_metrics", "dashboards", "secrets"})
HEAD: Final = """\
## A flood of requests

What one caller costs who does not stop, without what the deployment costs anyway, by the prices and the averages of
[docs/costs.md](../../../docs/costs.md). API Gateway's throttling limits all callers together
([docs/scale.md](../../../docs/scale.md)).

| caller | operation | requests a second | in an hour | read units | write units | USD an hour |
|---|---|---|---|---|---|---|
"""


def usd_an_hour(flood: Flood, units: Mapping[str, Units]) -> float:
    """Return what an hour costs, from the units of one request of each case, by its name."""
    requests = sum(flood.hour.values())
    read_units, written = _consumed(flood, units)
    services = Services(
        functions=1,
        read_units=0,
        units_of_writes=(read_units / requests, written / requests),
        units_of_one=0,
        metrics=0,
        alarm_metrics=0,
        secrets=0,
    )
    month = Load(requests=requests * HOURS, write_share=1, cold_start_share=0)
    found = quantities(month, read()[0], services)
    of_requests = {name: quantity for name, quantity in found.items() if name not in FIXED}
    return sum(costs(of_requests, prices()).values()) / HOURS


def table_of_floods(rows: Iterable[tuple[Operation, Mapping[str, Units]]]) -> str:
    """Return the floods in Markdown, or nothing if there are none.

    Args:
        rows: Operations, and the units of one request of each of their cases, by its name.
    """
    lines = [_line(operation, operation.flood, units) for operation, units in rows if operation.flood]
    return "\n".join([HEAD + "\n".join(lines), ""]) if lines else ""


def _line(operation: Operation, flood: Flood, units: Mapping[str, Units]) -> str:
    statuses = {case.name: case.status for case in operation.cases}
    cases = "<br>".join(f"{count:,} times {statuses[name]}: {name}" for name, count in flood.hour.items())
    read, written = _consumed(flood, units)
    cells = [flood.name, f"`{operation}`", str(flood.per_second), cases, f"{read:,g}", f"{written:,g}"]
    return f"| {' | '.join(cells)} | {usd_an_hour(flood, units):.2f} |"


def _consumed(flood: Flood, units: Mapping[str, Units]) -> tuple[float, int]:
    """Return the read units and all write units of an hour."""
    hour = flood.hour.items()
    return (
        sum(count * units[name].read for name, count in hour),
        sum(count * (units[name].table + units[name].indexes) for name, count in hour),
    )
