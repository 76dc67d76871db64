"""What the services of this repository use, from their files and generated pages."""

import re
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

from cost.estimate import Services
from monorepo.services import Service, services

# Operation (only in its first row), case, calls, units.
ROW: Final = re.compile(
    r"^\| (?:`(?P<method>[A-Z]+) (?P<path>[^`]+)`)? ?\| (?P<status>\d+): .* "
    r"\| (?P<read>[\d.]+) \| (?P<table>\d+) \| (?P<indexes>\d+) \|$",
    re.MULTILINE,
)
METRICS: Final = re.compile(r"\*\*At most (\d+) metrics")
# As terraform/modules/observability/watched.tf defines them. tests/e2e/test_cost.py compares them with what is applied.
OF_THE_API: Final = 3  # 5xx of the share of requests that failed, and latency
OF_A_SERVICE: Final = 6
TRANSACTED: Final = frozenset(
    f"dynamodb:{name}" for name in ("ConditionCheckItem", "DeleteItem", "PutItem", "UpdateItem")
)


class Operation(NamedTuple):
    """The first successful case of an operation: its method and its units."""

    method: str
    read: float
    written: int


def services_of(root: Path) -> Services:
    """Return what the services of the repository in `root` use.

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
        read_units=_mean([each.read for each in reads]),
        units_of_writes=(_mean([each.read for each in writes]), _mean([each.written for each in writes])),
        metrics=sum(int(found) for page in pages.values() for found in METRICS.findall(page)),
        alarm_metrics=alarm_metrics(every),
        secrets=len({secret for service in every for secret in service.secrets}),
    )


def operations_of(page: str) -> list[Operation]:
    """Return the first successful case of each operation on a service's page of costs, except its health."""
    found = []
    for row in ROW.finditer(page):
        if row["method"] and row["status"].startswith("2") and not row["path"].endswith("/health"):
            written = int(row["table"]) + int(row["indexes"])
            found.append(Operation(row["method"], float(row["read"]), written))
    return found


def alarm_metrics(every: Sequence[Service]) -> int:
    """Return the number of metrics that the alarms of these services and of the API watch."""
    return OF_THE_API + sum(OF_A_SERVICE + 2 * _operations(service.name, every) for service in every)


def _operations(table: str, every: Sequence[Service]) -> int:
    """Return for how many operations DynamoDB counts the calls of a table."""
    actions = {action for service in every for action in service.grants.get(table, ())}
    return len(actions - {"dynamodb:ConditionCheckItem"}) + bool(actions & TRANSACTED)


def _mean(values: Sequence[float]) -> float:
    return statistics.mean(values) if values else 0.0
