"""A service's page of costs: the DynamoDB calls of each operation, their units, and the custom metrics."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from tests.conformance.found import CASES, CaseOfService, profile, service_file
from tests.conformance.in_process.capacity import Index, Units, indexes_of, item_bytes, units_of
from tests.conformance.in_process.flood_costs import table_of_floods
from tests.conformance.in_process.metric_costs import table_of_metrics
from tests.conformance.in_process.recorder import Call, Item, kind_of
from tests.conformance.in_process.service_under_test import Exchange
from tests.support.tables import key_schema

HEAD: Final = """\
# What %(service)s costs

`make costs` writes this page. [How the units are computed](../../../docs/cost-per-operation.md), and what they leave
out.

## DynamoDB, by operation
"""
# Said once in docs/cost-per-operation.md; the tests say it of every call.
SAID_ABOVE: Final = (", ConsistentRead True", ", ScanIndexForward False")


class Costed(NamedTuple):
    """A case, and the calls that it made."""

    case: CaseOfService
    calls: list[Call]

    @property
    def units(self) -> Units:
        """The units that the calls consume."""
        indexes = _indexes(self.case.service)
        return sum((units_of(call, indexes) for call in self.calls), Units())


def path_of(service: str) -> Path:
    """Return where the service's page is."""
    return service_file(service).folder / "docs" / "costs.md"


def document(service: str, exchanges: Mapping[str, Exchange]) -> str:
    """Return the service's page, from the exchanges of its cases by name."""
    # A case with dependencies of its own does not show what a request costs.
    cases = [case for case in CASES if case.service == service and not case.case.overrides]
    costed = [Costed(case, exchanges[str(case)].calls) for case in cases]
    parts = [HEAD % {"service": service}, _table_of_units(costed), "## Size of items\n", _sizes(costed)]
    floods = table_of_floods(
        (operation, {each.case.case.name: each.units for each in costed if each.case.operation is operation})
        for operation in profile(service).operations
    )
    return "\n".join([*parts, *filter(None, [floods]), "## Custom metrics\n", table_of_metrics(service)])


def _table_of_units(costed: Iterable[Costed]) -> str:
    lines = ["| operation | case | calls | read units | write units: table | indexes |", "|---|---|---|---|---|---|"]
    last = None
    for each in costed:
        (_, row, case), units = each.case, each.units
        operation = f"`{row.method} {row.path}`"
        calls = "<br>".join(map(_short, each.calls)) or "none"
        told = [operation if operation != last else "", f"{case.status}: {case.name}", calls]
        lines.append(f"| {' | '.join([*told, f'{units.read:g}', str(units.table), str(units.indexes)])} |")
        last = operation
    return "\n".join([*lines, ""])


def _sizes(costed: Iterable[Costed]) -> str:
    """The largest item of each kind that the cases have touched, and its entries in the indexes."""
    largest: dict[str, tuple[str, Item]] = {}
    for each in costed:
        for touched in (touched for call in each.calls for touched in call.touched):
            for item in (image for image in (touched.before, touched.after) if image):
                kind = kind_of(item)
                if kind not in largest or item_bytes(item) > item_bytes(largest[kind][1]):
                    largest[kind] = each.case.service, item
    lines = ["| item | bytes, the largest above | bytes of its entries in indexes |", "|---|---|---|"]
    # Records of requests are last, so that the order of a generated page does not depend on the service's name.
    for kind, (service, item) in sorted(largest.items(), key=lambda each: (each[0] == "ONCE", each[0])):
        entries = [(index.name, index.entry(item)) for index in _indexes(service)]
        held = ", ".join(f"{name} {item_bytes(entry)}" for name, entry in entries if entry) or "none"
        lines.append(f"| {kind} | {item_bytes(item)} | {held} |")
    return "\n".join([*lines, ""])


def _short(call: Call) -> str:
    told = str(call)
    for said in SAID_ABOVE:
        told = told.replace(said, "")
    return told


def _indexes(service: str) -> list[Index]:
    return indexes_of(key_schema(service))
