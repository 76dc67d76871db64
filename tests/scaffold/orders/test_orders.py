"""The commands in all sensible orders, each followed by checks."""

from pathlib import Path

import pytest

from monorepo.services import services
from tests.scaffold.orders.checks import check_code, check_other_suites, check_served, check_terraform
from tests.scaffold.workshop import ROOT, Workshop, share_caches

SERVICES = [service.name for service in services(ROOT)]
DEFAULT = next(service.name for service in services(ROOT) if service.default)
NEW = "quaggas"


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    workshop = Workshop(tmp_path / "clone")
    share_caches(workshop.root)
    return workshop


def remove(workshop: Workshop, service: str, *, default: str) -> None:
    """Remove a service. If it is the default one, `default` replaces it."""
    workshop.succeed("remove", "--name", service, *(("--default", default) if service == DEFAULT else ()))


def rename(workshop: Workshop, name: str) -> None:
    workshop.succeed("rename", "--name", name, "--domain", f"{name}.example")


def test_add(workshop: Workshop, tmp_path: Path) -> None:
    workshop.succeed("new", "--name", NEW)
    check_code(workshop)
    check_terraform(workshop)
    check_served(workshop, tmp_path / "up")


def test_add_two_and_remove_both(workshop: Workshop) -> None:
    before = workshop.tree()
    workshop.succeed("new", "--name", NEW)
    workshop.succeed("new", "--name", "geese", "--entity", "Goose")
    check_code(workshop)
    remove(workshop, NEW, default=DEFAULT)
    remove(workshop, "geese", default=DEFAULT)
    assert workshop.tree() == before


def test_add_names_that_are_also_words_or_examples(workshop: Workshop) -> None:
    for name in ("reviews", "orders", "events"):
        workshop.succeed("new", "--name", name)
    check_code(workshop)
    check_other_suites(workshop)


@pytest.mark.parametrize("service", SERVICES)
def test_remove(workshop: Workshop, service: str) -> None:
    if len(SERVICES) == 1:
        workshop.succeed("new", "--name", NEW)
    remove(workshop, service, default=next((name for name in SERVICES if name != service), NEW))
    check_code(workshop)
    check_other_suites(workshop)
    check_terraform(workshop)


def test_add_and_remove_all_others(workshop: Workshop, tmp_path: Path) -> None:
    workshop.succeed("new", "--name", NEW)
    for service in SERVICES:
        remove(workshop, service, default=NEW)
    check_code(workshop)
    check_other_suites(workshop)
    check_terraform(workshop)
    check_served(workshop, tmp_path / "up")


def test_rename(workshop: Workshop) -> None:
    rename(workshop, "zebrafish")
    check_code(workshop)
    check_other_suites(workshop)
    check_terraform(workshop)


def test_rename_add_remove_all_others_and_rename_again(workshop: Workshop, tmp_path: Path) -> None:
    rename(workshop, "zebrafish")
    workshop.succeed("new", "--name", NEW)
    for service in SERVICES:
        remove(workshop, service, default=NEW)
    rename(workshop, "axolotl")
    check_code(workshop)
    check_terraform(workshop)
    check_served(workshop, tmp_path / "up")


def test_add_and_rename(workshop: Workshop) -> None:
    workshop.succeed("new", "--name", NEW)
    rename(workshop, "zebrafish")
    check_code(workshop)


def test_page_of_costs_is_right_with_other_service_names(workshop: Workshop) -> None:
    for name, entity in (("zz", "Aa"), ("okapis", "Okapi"), ("notebookcollections", "Telecommunications12")):
        workshop.succeed("new", "--name", name, "--entity", entity)
    workshop.module("pytest", "-q", "tests/conformance/in_process/test_costs.py")
