"""The estimate in Markdown: the table of one load, and docs/costs.md with all of them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from cost.estimate import Load, Request, Services, costs, quantities
from cost.measured import read
from cost.services import services_of, units_of_page

FOLDER: Final = Path(__file__).parent
PATH: Final = "docs/costs.md"
NAMES: Final = {
    "api_requests": ("API Gateway: requests", "million", 1e6),
    "data_out": ("Data to the internet", "GB", 1),
    "function_requests": ("Lambda: requests", "million", 1e6),
    "gb_seconds_arm64": ("Lambda: duration, arm64", "thousand GB-s", 1e3),
    "gb_seconds_x86_64": ("Lambda: duration, x86_64", "thousand GB-s", 1e3),
    "snapshot_gb_seconds": ("Lambda: SnapStart's snapshots", "thousand GB-s", 1e3),
    "restored_gb": ("Lambda: SnapStart's restores", "GB", 1),
    "read_units": ("DynamoDB: reads", "million units", 1e6),
    "write_units": ("DynamoDB: writes", "million units", 1e6),
    "log_gb": ("CloudWatch: logs", "GB", 1),
    "metrics": ("CloudWatch: custom metrics", "metrics", 1),
    "alarm_metrics": ("CloudWatch: alarms", "metrics", 1),
    "dashboards": ("CloudWatch: dashboard", "", 1),
    "traces": ("X-Ray: traces", "million", 1e6),
    "secrets": ("Secrets Manager: secrets", "", 1),
    "keys": ("KMS: keys", "", 1),
}
HEAD: Final = """\
# What a deployment costs

`make costs` writes this page. `make cost LOAD=medium` prints one of its tables; a file with other figures can be given
instead of a name. These are **estimates in USD, in us-east-1, without the free tier**, and were not compared with a
bill. [From estimate to bill](#from-estimate-to-bill) says what they are made of.

"""
TAIL: Final = """\
## From estimate to bill

- **Duration, log volume and response size** are averages of %(requests)s on the embedded AWS: %(billed)g ms billed,
  %(init)g ms more for a cold start, %(log)g bytes of logs, %(response)g bytes of response. Its times do not predict
  those of AWS. Give those of a deployment, from the report of `make verify-deployed`: `make cost LOAD=medium
  ARGS="--billed-ms=9 --init-ms=800"`.
- **DynamoDB's units** are the average of the first successful case of each operation that reads, or writes, in
  `services/*/docs/costs.md`; [how they are computed](cost-per-operation.md).
- **Lists on several keys** (`list_shards` of a load) take more read units, because a page is read from each key: a
  page of one unit takes %(spread)s. Writes cost the same.
- **Alarms** are charged by the metrics that they watch, the two requests and errors of one share included.
- **Provisioned concurrency** is not in the table: it costs the memory of all environments for the whole time, whether
  they are used or not, and duration costs less in them. Use [AWS's calculator](https://calculator.aws).
- **SnapStart** (`snap_start_versions` of a load) is charged for each published version that exists, so old versions
  must be pruned.
- **Left out:** stored data and backups, requests of KMS and Secrets Manager, alarm notifications, queries of logs,
  the artefact and state buckets, the domain, and taxes.

## Prices

| price | USD | AWS's page | read in | of |
|---|---|---|---|---|
%(prices)s
"""


def load_named(name: str) -> Load:
    """Return a load of loads.yaml by its name, or that of a YAML file.

    Raises:
        ValueError: There is neither, an attribute is unknown, or a value is not valid.
    """
    known: dict[str, Any] = yaml.safe_load((FOLDER / "loads.yaml").read_text())
    if name not in known and not Path(name).is_file():
        raise ValueError(f"There is no load {name!r}: set LOAD to {', '.join(known)} or to a YAML file.")
    try:
        return Load(**known.get(name) or yaml.safe_load(Path(name).read_text()))
    except (TypeError, ValueError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        raise ValueError(
            f"The load {name!r} is not valid: {reason}. Its attributes are those of tools/cost/estimate.py."
        ) from None


def prices() -> dict[str, float]:
    """Return the price in USD of one of each thing."""
    return {name: entry["price"] / entry["per"] for name, entry in _table().items()}


def table(load: Load, request: Request, services: Services) -> str:
    """Return the costs of a load, the largest first, with the share of the largest."""
    found = quantities(load, request, services)
    priced = costs(found, prices())
    total = sum(priced.values())
    [(largest, most)] = list(priced.items())[:1]
    rows = ["| cost | quantity | USD a month | share |", "|---|---|---|---|"]
    for name, cost in priced.items():
        label, unit, size = NAMES[name]
        rows.append(f"| {label} | {f'{found[name] / size:,.4g} {unit}'.strip()} | {cost:,.2f} | {cost / total:.0%} |")
    per_million = total / load.requests * 1e6
    verdict = (
        f"**USD {total:,.2f} a month**, USD {per_million:,.2f} for a million requests. "
        f"{NAMES[largest][0]} dominates with {most / total:.0%}."
    )
    return "\n".join([verdict, "", *rows, ""])


def page(root: Path) -> str:
    """Return docs/costs.md for the services of the repository in `root`."""
    request, of = read()
    loads: dict[str, Any] = yaml.safe_load((FOLDER / "loads.yaml").read_text())
    parts = [HEAD]
    for name in loads:
        load = load_named(name)
        costs_of_load = table(load, request, services_of(root, load.list_shards))
        parts.append(
            f"## {name.capitalize()}: {load.requests:,} requests a month\n\n"
            f"{load.write_share:.0%} of them write, {load.cold_start_share:.1%} start an environment. "
            f"{load.memory_mb:,} MB, {load.architecture}.\n\n{costs_of_load}\n"
        )
    facts = {
        "requests": of,
        "billed": request.billed_ms,
        "init": request.init_ms,
        "log": request.log_bytes,
        "response": request.response_bytes,
        "spread": ", ".join(f"{units_of_page(1, number):g} from {number}" for number in (2, 4, 8, 16)),
        "prices": _rows(_table()),
    }
    return "".join([*parts, TAIL % facts])


def _table() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = yaml.safe_load((FOLDER / "prices.yaml").read_text())
    return found


def _rows(entries: Mapping[str, Mapping[str, Any]]) -> str:
    return "\n".join(
        f"| {NAMES[name][0]} | {_amount(entry)} | [page]({entry['page']}) | [text]({entry['seen']}) "
        f"| {entry['date'] or 'undated'} |"
        for name, entry in entries.items()
    )


def _amount(entry: Mapping[str, Any]) -> str:
    exact, cents = f"{entry['price']:.10f}".rstrip("0"), f"{entry['price']:.2f}"
    price = max(exact, cents, key=len)
    return price if entry["per"] == 1 else f"{price} for {entry['per']:,}"
