"""`python -m scaffold new|remove|rename`: what `make new-service` and its like run."""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

from monorepo.product import product
from scaffold.changes import applied, put_into_standard_form
from scaffold.checkout import Checkout
from scaffold.names import names_of
from scaffold.new_service import files_of
from scaffold.refusal import RefusedError
from scaffold.remove_service import removal
from scaffold.rename_product import left_over, renaming

ROOT = Path(__file__).parents[2]


def main(arguments: list[str]) -> None:
    """Run one command, or say in a sentence why not and exit with 1."""
    options = _parser().parse_args(arguments)
    checkout = Checkout(ROOT)
    try:
        if not options.dirty:
            checkout.require_clean()
        options.run(checkout, options)
    except RefusedError as refused:
        sys.exit(f"{options.command}: {refused}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scaffold", description="Change which services there are, and the name.")
    commands = parser.add_subparsers(dest="command", required=True)

    new = commands.add_parser("new", help="write a service with its tests")
    new.add_argument("--name", required=True, help="in the plural, as in reviews")
    new.add_argument("--entity", help="what one of them is called, as in Review; derived from the name")
    new.set_defaults(run=_new)

    remove = commands.add_parser("remove", help="delete a service with its tests")
    remove.add_argument("--name", required=True, help="which one")
    remove.add_argument("--default", help="the service that gets what no path names, where the removed one did")
    remove.set_defaults(run=_remove)

    rename = commands.add_parser("rename", help="give the product another name")
    rename.add_argument("--name", required=True, help="as in acme")
    rename.add_argument("--domain", required=True, help="of the product's owner, as in acme.example")
    rename.set_defaults(run=_rename)

    for command in (new, remove, rename):
        command.add_argument("--dirty", action="store_true", help="run although not everything is committed")
    return parser


def _new(checkout: Checkout, options: argparse.Namespace) -> None:
    names = names_of(checkout.root, options.name, options.entity)
    changes = files_of(names)
    with applied(checkout.root, changes):
        put_into_standard_form(checkout.root, changes)
    _print(changes)
    print(f"Service {names.service} with the entity {names.entity}, served at /api/v1/{names.service}.")
    print(f"Next: make check, make up, then services/{names.service}/domain.py for fields of your own.")


def _remove(checkout: Checkout, options: argparse.Namespace) -> None:
    changes = removal(checkout, options.name, default=options.default)
    with applied(checkout.root, changes):
        pass
    _print(changes)
    print(f"Service {options.name} is removed. Next: make check; where it was deployed, the next terraform apply")
    print("deletes its table, which deletion_protection refuses until you switch it off.")


def _rename(checkout: Checkout, options: argparse.Namespace) -> None:
    before = product(checkout.root).name
    changes = renaming(checkout, name=options.name, domain=options.domain)
    with applied(checkout.root, changes):
        put_into_standard_form(checkout.root, changes)
    _print(changes)
    for path in () if before in options.name else left_over(checkout, before):
        print(f"left    {path}: look for {before}")
    print(f"The product is called {options.name}. Next: make check. What is deployed under the name {before} stays;")
    print("Terraform makes everything anew under the new name.")


def _print(changes: Mapping[str, str | None]) -> None:
    for path, text in changes.items():
        print("deleted" if text is None else "written", path)


if __name__ == "__main__":
    main(sys.argv[1:])
