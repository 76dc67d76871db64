"""The page docs/cost-per-operation.md: the DynamoDB calls of each operation, and the units that follow from them."""

from collections.abc import Iterable
from typing import Final, NamedTuple

from tests.conformance.found import CASES, DESCRIBED, CaseOfService
from tests.conformance.in_process.capacity import Index, Units, indexes_of, item_bytes, units_of
from tests.conformance.in_process.recorder import Call, Item, kind_of
from tests.conformance.in_process.service_under_test import Exchange
from tests.support.tables import ROOT, key_schema

DOCUMENT: Final = ROOT / "docs/cost-per-operation.md"
HEAD: Final = """\
# What an operation costs in DynamoDB

`make costs` writes this page: it sends the requests below to the services, in one process, and records every call.
The requests and their calls are listed in `tests/<service>/profile.py`. `tests/conformance/in_process` fails when an
operation makes another call, and when this page is stale.

**The units are computed, not measured**: from the sizes of the items that the requests find and store, by the rules
that AWS publishes. They have not been compared with a bill or with CloudWatch.

- Size of an item: names and values of all its attributes ([item sizes]). Of numbers AWS says *approximately*, and of
  sets nothing.
- Reading: 1 unit per 4 KB for a `GetItem`, strongly consistent as all are here, whether the item is there or not; half
  a unit per 4 KB for a `Query` of an index, all items that it finds together ([reads and writes]).
- Writing: 1 unit per 1 KB of the item, before or after, whichever is larger; twice that in a transaction, of which a
  `ConditionCheck` is a part like any other. A condition that does not hold consumes as much, by the item that is there
  or was to be stored ([reads and writes], [transactions]).
- Indexes: 1 unit per 1 KB of each entry that appears, disappears or changes; when its key changes, one disappears and
  one appears; nothing when all that the index holds stays as it is ([indexes]).
- Where the pages are silent, two readings of ours: entries of an index count once, also after a transaction; and a
  transaction that is cancelled, which consumes capacity as well, counts as if its items had been stored, without
  indexes.

Prices differ by region and change: multiply by [those of today]. How many items a table holds makes no difference:
`tests/conformance/in_process/test_lists.py` compares 100 with 10,000. A page has 20 items unless the client says otherwise, and one
more is read; all pages below are full. What is repeated because somebody else writes the same item at the same moment
is not counted.

In the tables, `if` stands for a condition; every `GetItem` is strongly consistent, and every `Query` begins with the
newest.

[item sizes]: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
[reads and writes]: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
[transactions]: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html
[indexes]: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html#GSI.ThroughputConsiderations
[those of today]: https://aws.amazon.com/dynamodb/pricing/on-demand/
"""
# Said once above the tables; the tests say it of every call.
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


def document(exchanges: dict[str, Exchange]) -> str:
    """Return the page, from the exchanges of all cases by name."""
    costed = [Costed(case, exchanges[str(case)].calls) for case in CASES]
    parts = [HEAD]
    for service in sorted(DESCRIBED, reverse=True):
        own = [each for each in costed if each.case.service == service]
        parts += [f"## {service.capitalize()}\n", _table_of_units(own), f"### Items of {service}\n", _sizes(own)]
    return "\n".join(parts)


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
    for kind, (service, item) in sorted(largest.items()):
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
