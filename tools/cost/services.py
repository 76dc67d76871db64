"""What the services of this repository use, from their files and generated pages."""

import math
import re
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

from cost.estimate import Services
from monorepo.services import Service, services

# Operation (only in its first row), case, calls, units.
ROW: Final = re.compile(
    r"^\| (?:`(?P<method>[A-Z]+) (?P<path>[^`]+)`)? ?\| (?P<status>\d+): [^|]* \| (?P<calls>[^|]*) "
    r"\| (?P<read>[\d.]+) \| (?P<table>\d+) \| (?P<indexes>\d+) \|$",
    re.MULTILINE,
)
METRICS: Final = re.compile(r"\*\*At most (\d+) metrics")
# The lists that are spread over several keys: those of this index.
SPREAD: Final = "Query listing,"
# As terraform/modules/observability/watched.tf defines them. tests/e2e/test_cost.py compares them with what is applied.
OF_THE_API: Final = 3  # 5xx of the share of requests that failed, and latency
OF_A_SERVICE: Final = 6
TRANSACTED: Final = frozenset(
    f"dynamodb:{name}" for name in ("ConditionCheckItem", "DeleteItem", "PutItem", "UpdateItem")
)


class Operation(NamedTuple):
    """The first successful case of an operation.

    Attributes:
        method: Of HTTP.
        read: Read units.
        table: Write units of the table.
        indexes: Write units of all indexes.
        spread: Whether it reads a list that is spread.
    """

    method: str
    read: float
    table: int
    indexes: int
    spread: bool = False

    @property
    def written(self) -> int:
        """All write units."""
        return self.table + self.indexes


def services_of(root: Path, list_shards: int = 1) -> Services:
    """Return what the services of the repository in `root` use.

    Args:
        root: Of the repository.
        list_shards: Keys of an index that a page of a list is read from.

    Raises:
        FileNotFoundError: A service has no docs/costs.md: run `make costs`.
    """
    every = services(root)
    pages = {service.name: (service.folder / "docs" / "costs.md").read_text() for service in every}
    operations = [operation for page in pages.values() for operation in operations_of(page)]
    reads = [each for each in operations if each.method == "GET"]
    writes = [each for each in operations if each.method != "GET"]
    return Services(
        functions=len(every),
        read_units=_mean([units_of_page(each.read, list_shards) if each.spread else each.read for each in reads]),
        units_of_writes=(_mean([each.read for each in writes]), _mean([each.written for each in writes])),
        units_of_one=max(_mean([each.table for each in writes]), _mean([each.indexes for each in writes])),
        metrics=sum(int(found) for page in pages.values() for found in METRICS.findall(page)),
        alarm_metrics=alarm_metrics(every),
        secrets=len({secret for service in every for secret in service.secrets}),
    )


def operations_of(page: str) -> list[Operation]:
    """Return the first successful case of each operation on a service's page of costs, except its health."""
    found = []
    for row in ROW.finditer(page):
        if row["method"] and row["status"].startswith("2") and not row["path"].endswith("/health"):
            units = (float(row["read"]), int(row["table"]), int(row["indexes"]))
            found.append(Operation(row["method"], *units, row["calls"].startswith(SPREAD)))
    return found


def units_of_page(units: float, list_shards: int) -> float:
    """Return the read units of a page from several keys, on average.

    From the third key on, a query reads only what comes before the last item that was found: of key k, as many items
    as a page has divided by k - 1. Each query is rounded up to half a unit.

    Args:
        units: Those of the page with one key.
        list_shards: The number of keys.
    """
    return sum(max(0.5, math.ceil(2 * units / max(1, key - 1)) / 2) for key in range(1, list_shards + 1))


def alarm_metrics(every: Sequence[Service]) -> int:
    """Return the number of metrics that the alarms of these services and of the API watch."""
    return OF_THE_API + sum(OF_A_SERVICE + 2 * _operations(service.name, every) for service in every)


def _operations(table: str, every: Sequence[Service]) -> int:
    """Return for how many operations DynamoDB counts the calls of a table."""
    actions = {action for service in every for action in service.grants.get(table, ())}
    return len(actions - {"dynamodb:ConditionCheckItem"}) + bool(actions & TRANSACTED)


def _mean(values: Sequence[float]) -> float:
    return statistics.mean(values) if values else 0.0
