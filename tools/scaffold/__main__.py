"""`python -m scaffold new|remove|rename`, for `make new-service`, `make remove-service` and `make rename-product`."""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

from monorepo.product import product
from scaffold.changes import applied_with_documents
from scaffold.checkout import Checkout
from scaffold.names import names_of, require_unmentioned
from scaffold.new_service import files_of
from scaffold.refusal import RefusedError
from scaffold.remove_service import removal
from scaffold.rename_product import left_over, renaming
from scaffold.requirements import REQUIREMENTS, no_longer_used

ROOT = Path(__file__).parents[2]


def main(arguments: list[str]) -> None:
    """Run one command; if it is rejected, print the reason and exit with status 1."""
    options = _parser().parse_args(arguments)
    checkout = Checkout(ROOT)
    try:
        if not options.dirty:
            checkout.require_clean()
        options.run(checkout, options)
    except RefusedError as refused:
        sys.exit(f"{options.command}: {refused}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scaffold", description="Add or remove a service, or rename the product.")
    commands = parser.add_subparsers(dest="command", required=True)

    new = commands.add_parser("new", help="write a service with its tests")
    new.add_argument("--name", required=True, help="name of the service, in the plural, such as reviews")
    new.add_argument("--entity", help="name of the entity, such as Review (default: the singular of the name)")
    new.set_defaults(run=_new)

    remove = commands.add_parser("remove", help="delete a service with its tests")
    remove.add_argument("--name", required=True, help="name of the service")
    remove.add_argument("--default", help="the new default service, if the removed one is the default")
    remove.set_defaults(run=_remove)

    rename = commands.add_parser("rename", help="give the product another name")
    rename.add_argument("--name", required=True, help="the new name, such as acme")
    rename.add_argument("--domain", required=True, help="a domain of the product's owner, such as acme.example")
    rename.set_defaults(run=_rename)

    for command in (new, remove, rename):
        command.add_argument("--dirty", action="store_true", help="run even if there are uncommitted changes")
    return parser


def _new(checkout: Checkout, options: argparse.Namespace) -> None:
    names = names_of(checkout.root, options.name, options.entity)
    require_unmentioned(checkout, names.service)
    changes = files_of(names)
    with applied_with_documents(checkout.root, changes) as written:
        _print(written)
    print(f"Service {names.service} with the entity {names.entity}, served at /api/v1/{names.service}.")
    print(f"Next: make test-{names.service}, make dev, make imports.")
    print("CONTRIBUTING.md shows how to add a field and a route.")


def _remove(checkout: Checkout, options: argparse.Namespace) -> None:
    changes = removal(checkout, options.name, default=options.default)
    removed = [path for path, text in changes.items() if text is None]
    unused = no_longer_used(checkout.root, checkout.files(), removed)
    with applied_with_documents(checkout.root, changes) as written:
        _print(written)
    for name in unused:
        print(f"no longer used: {name} in {REQUIREMENTS}; remove it, then run make lock")
    print(f"Service {options.name} is removed. Next: make check. The next terraform apply deletes its table;")
    print("with deletion_protection it fails until you switch the protection off.")


def _rename(checkout: Checkout, options: argparse.Namespace) -> None:
    before = product(checkout.root).name
    changes = renaming(checkout, name=options.name, domain=options.domain)
    with applied_with_documents(checkout.root, changes) as written:
        _print(written)
    for path in () if before in options.name else left_over(checkout, before):
        print(f"left    {path}: still contains {before}; check it")
    print(f"The product is called {options.name}. Next: make check. Terraform creates all resources again under")
    print(f"the new name; those that are deployed as {before} stay.")


def _print(changes: Mapping[str, str | None]) -> None:
    for path, text in changes.items():
        print("deleted" if text is None else "written", path)


if __name__ == "__main__":
    main(sys.argv[1:])
