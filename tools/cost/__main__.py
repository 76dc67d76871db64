"""`python -m cost print|measured|show|write`, for `make cost`, `make costs` and the scaffold."""

import argparse
import dataclasses
import json
import sys
from pathlib import Path

from cost import memory, page, scale
from cost.measured import read
from cost.page import load_named, table
from cost.services import services_of
from monorepo.services import ROOT, services

PAGES = (page, scale)


def main(arguments: list[str]) -> int:
    """Print a load's table, take figures from a benchmark, or show or write docs/costs.md and docs/scale.md."""
    parser = argparse.ArgumentParser(prog="cost", description="Estimate what a deployment costs in a month.")
    commands = parser.add_subparsers(dest="command", required=True)
    printing = commands.add_parser("print")
    printing.add_argument("--load", default="medium")
    printing.add_argument("--billed-ms", type=float)
    printing.add_argument("--init-ms", type=float)
    commands.add_parser("measured").add_argument("results", type=Path)
    commands.add_parser("show")
    commands.add_parser("write")
    options = parser.parse_args(arguments)
    try:
        _run(options)
    except (ValueError, FileNotFoundError) as error:
        print(f"cost: {error}", file=sys.stderr)
        return 1
    return 0


def _run(options: argparse.Namespace) -> None:
    match options.command:
        case "print":
            given = {"billed_ms": options.billed_ms, "init_ms": options.init_ms}
            request = dataclasses.replace(
                read()[0], **{name: value for name, value in given.items() if value is not None}
            )
            load = load_named(options.load)
            print(table(load, request, services_of(ROOT, load.list_shards)))
        case "measured":
            memory.write(options.results, [service.name for service in services()])
        case "show":
            json.dump({module.PATH: module.page(ROOT) for module in PAGES}, sys.stdout)
        case "write":
            for module in PAGES:
                (ROOT / module.PATH).write_text(module.page(ROOT))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
