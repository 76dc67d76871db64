"""`make costs` writes docs/cost-per-operation.md from what each operation really asks of DynamoDB."""

import os
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path

from tests.operations.capacity import total
from tests.operations.library import FILLED, library
from tests.operations.operations import OPERATIONS, measured
from tests.operations.recorder import Call

PAGE = Path(__file__).parents[2] / "docs" / "cost-per-operation.md"
# Nothing of it is used: the clients are recorded, and what they call is in this process.
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "eu-central-1",
    "LOG_LEVEL": "WARNING",
    "POWERTOOLS_METRICS_NAMESPACE": "Bookshelf",
    "POWERTOOLS_SERVICE_NAME": "costs",
    "SERVICES": "{}",
}
HEAD = """# What each operation costs

Written by `make costs`; `tests/operations` fails when it is stale, or when an operation makes another call than here.

The calls are recorded from the services' own code. The capacity units are **computed, not measured**, by AWS's
published rules from the sizes of the items that the calls really touch: [reads and
writes](https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html),
[transactions](https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html), [global
indexes](https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html), [sizes of
items](https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html). The items are
small: a user has less than 200 bytes, a book less than 400. A larger one costs a write unit for each 1 KB begun.

- *Reads* are strongly consistent for single items (1 unit for each 4 KB begun), eventually consistent for lists (half).
- *Writes* are those of the table; in a transaction each counts twice. A write that a condition refuses counts too.
- *Index writes* are what DynamoDB copies into global indexes: 1 for each 1 KB begun of an entry that appears, changes
  or goes, 2 for one that moves.
- Each list reads one item more than it shows, to know whether there is a next page. The costs are the same with 100 and
  with 10,000 items.

A function whose environment is new also reads the signing keys from Secrets Manager: one call, then one every five
minutes, and a second one when a token was signed with another key than the current one.
"""


def render(measurements: Mapping[str, Sequence[Call]]) -> str:
    """Return the page."""
    parts = [HEAD]
    for service in ("users", "books"):
        parts.append(
            f"\n## {service}\n\n| operation | DynamoDB calls | reads | writes | index writes |\n|---|---|--:|--:|--:|\n"
        )
        parts += [
            _row(operation.name, measurements[operation.name])
            for operation in OPERATIONS
            if operation.service == service
        ]
    return "".join(parts)


def _row(name: str, calls: Sequence[Call]) -> str:
    units = total(call.units for call in calls)
    route, _, case = name.partition(", ")
    asked = "<br>".join(call.said for call in calls) or "none"
    cells = [f"`{route}`{f' {case}' if case else ''}", asked, *map(_figure, units)]
    return f"| {' | '.join(cells)} |\n"


def _figure(units: Decimal) -> str:
    return f"{units.normalize():f}"


def main() -> None:
    """Write the page."""
    os.environ.update(ENVIRONMENT)
    with library(FILLED) as filled:
        PAGE.write_text(render(measured(filled)), encoding="utf-8")


if __name__ == "__main__":
    main()
