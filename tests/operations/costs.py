"""Write docs/cost-per-operation.md: what each operation asks of DynamoDB, and the units that follow from it."""

import itertools
import logging
from collections.abc import Iterable
from pathlib import Path
from typing import Final, NamedTuple

from tests.operations import books_cases, users_cases
from tests.operations.capacity import Index, Units, indexes_of, item_bytes, units_of
from tests.operations.cases import Case
from tests.operations.recorder import Call, Item, kind_of
from tests.operations.stage import theatre
from tests.support.tables import ROOT, key_schema

DOCUMENT: Final = ROOT / "docs/cost-per-operation.md"
CASES: Final = {"users": users_cases.CASES, "books": books_cases.CASES}
GUIDE: Final = "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide"

HEAD: Final = f"""\
# What an operation costs in DynamoDB

`make costs` writes this page. It sends each request below to the services in one process and notes every call that they
make; `tests/operations` holds the calls, and fails when an operation makes another one or when this page is stale.

**The units are computed, not measured**: from the sizes of the items that the requests store and find, by the rules that
AWS publishes. No bill and no CloudWatch metric has been compared with them.

- Sizes: names and values of all attributes ([item sizes]({GUIDE}/CapacityUnitCalculations.html)). Of numbers AWS says
  *approximately*, and it names no overhead for sets.
- Reading: 1 unit per 4 KB for a `GetItem` that is strongly consistent, as all are here, whether there is an item or not;
  half a unit per 4 KB for a `Query` of an index, over all items that it finds together
  ([reads and writes]({GUIDE}/read-write-operations.html)).
- Writing: 1 unit per 1 KB of the larger of the item before and after, twice that in a transaction, a `ConditionCheck` like
  a write. A condition that fails consumes as much, by the item that is there or was to be stored
  ([reads and writes]({GUIDE}/read-write-operations.html), [transactions]({GUIDE}/transaction-apis.html)).
- Indexes: 1 unit per 1 KB for each entry that appears, disappears or changes, 2 when its key changes, none when nothing of
  what the index holds changes ([global secondary
  indexes]({GUIDE}/GSI.html#GSI.ThroughputConsiderations)).
- Two readings of ours, where the pages are silent: entries of an index count once, also in a transaction, because only the
  items of a transaction are said to count twice; a transaction that is cancelled counts as if it had been stored, less its
  indexes, because capacity *is consumed even when a transaction does not succeed*.

Prices differ by region and change; units times [the present price](https://aws.amazon.com/dynamodb/pricing/on-demand/) is
the cost. A list reads one item more than a page holds; how many items the table holds makes no difference, which
`tests/operations/test_lists.py` shows with 100 and with 10,000. Without `limit`, a page has 20 items. Calls that are
repeated because somebody else writes the same item at that moment are not counted here.

`if` stands for a condition; the order of calls is the order in the table.
"""


class Played(NamedTuple):
    """A case, and what came of it."""

    service: str
    case: Case
    table_name: str
    status: int
    calls: list[Call]

    @property
    def units(self) -> Units:
        indexes = _indexes(self.service)
        return sum((units_of(call, indexes) for call in self.calls), Units())


def play_all() -> list[Played]:
    """Play every case, each on a table of its own."""
    outcomes = []
    with theatre() as aws:
        for service, cases in CASES.items():
            for settings, alike in itertools.groupby(cases, lambda case: case.settings):
                with aws.stage(service, **settings) as stage:
                    for case in alike:
                        answer, calls = stage.play(case)
                        outcomes.append(Played(service, case, stage.table_name, answer.status_code, calls))
    return outcomes


def document(outcomes: Iterable[Played]) -> str:
    """The page, from what came of the cases."""
    parts = [HEAD]
    for service in CASES:
        own = [played for played in outcomes if played.service == service]
        parts += [f"## {service.capitalize()}\n", _table_of_units(own), f"### Items of {service}\n", _sizes(own)]
    return "\n".join(parts)


def _table_of_units(outcomes: Iterable[Played]) -> str:
    lines = ["| operation | case | calls | read units | write units: table | indexes |", "|---|---|---|---|---|---|"]
    last = None
    for played in outcomes:
        case, units = played.case, played.units
        operation = f"`{case.operation[0].upper()} {case.operation[1]}`"
        calls = "<br>".join(map(str, played.calls)) or "none"
        told = [operation if operation != last else "", f"{case.status}: {case.said}", calls]
        lines.append(f"| {' | '.join([*told, f'{units.read:g}', str(units.table), str(units.indexes)])} |")
        last = operation
    return "\n".join([*lines, ""])


def _sizes(outcomes: Iterable[Played]) -> str:
    """The largest item of each kind that the cases have touched, and its entries in the indexes."""
    largest: dict[str, tuple[str, Item]] = {}
    for played in outcomes:
        for touched in (touched for call in played.calls for touched in call.touched):
            for item in (image for image in (touched.before, touched.after) if image):
                kind = kind_of(item)
                if kind not in largest or item_bytes(item) > item_bytes(largest[kind][1]):
                    largest[kind] = played.service, item
    lines = ["| item | bytes, the largest above | bytes of its entries in indexes |", "|---|---|---|"]
    for kind, (service, item) in sorted(largest.items()):
        entries = [(index.name, index.entry(item)) for index in _indexes(service)]
        held = ", ".join(f"{name} {item_bytes(entry)}" for name, entry in entries if entry) or "none"
        lines.append(f"| {kind} | {item_bytes(item)} | {held} |")
    return "\n".join([*lines, ""])


def _indexes(service: str) -> list[Index]:
    return indexes_of(key_schema(service))


def main(path: Path = DOCUMENT) -> None:
    """Write the page."""
    logging.disable()
    path.write_text(document(play_all()))


if __name__ == "__main__":
    main()
