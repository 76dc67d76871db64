"""`python -m cost print|show|write`, for `make cost`, `make costs` and the scaffold."""

import argparse
import dataclasses
import json
import sys

from cost.measured import read
from cost.page import PATH, load_named, page, table
from cost.services import services_of
from monorepo.services import ROOT


def main(arguments: list[str]) -> int:
    """Print a load's table, print docs/costs.md as JSON (path => text), or write it."""
    parser = argparse.ArgumentParser(prog="cost", description="Estimate what a deployment costs in a month.")
    commands = parser.add_subparsers(dest="command", required=True)
    printing = commands.add_parser("print")
    printing.add_argument("--load", default="medium")
    printing.add_argument("--billed-ms", type=float)
    printing.add_argument("--init-ms", type=float)
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
            print(table(load_named(options.load), request, services_of(ROOT)))
        case "show":
            json.dump({PATH: page(ROOT)}, sys.stdout)
        case "write":
            (ROOT / PATH).write_text(page(ROOT))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
