"""Names of services and entities that `make new-service` accepts and rejects."""

from pathlib import Path

import pytest

from monorepo.services import NAME
from scaffold.names import LONGEST_NAME, TEMPLATE, Names, names_of
from scaffold.refusal import RefusedError


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return the top folder of a repository with the service `orders`."""
    for folder in ("services/orders", "libs/shared", "tools/deployer", "tests/endtoend", "docs"):
        (tmp_path / folder).mkdir(parents=True)
    return tmp_path


@pytest.mark.parametrize(
    ("service", "entity"),
    [
        ("reviews", "Review"),
        ("categories", "Category"),
        ("addresses", "Address"),
        ("boxes", "Box"),
        ("dishes", "Dish"),
        ("watches", "Watch"),
        ("niches", "Niche"),
        ("houses", "House"),
        ("ties", "Tie"),
        ("v2orders", "V2order"),
    ],
)
def test_default_entity_is_the_singular_of_the_service(root: Path, service: str, entity: str) -> None:
    assert names_of(root, service, None) == Names(service, entity)


def test_given_entity_is_used(root: Path) -> None:
    assert names_of(root, "staff", "Employee") == Names("staff", "Employee")


@pytest.mark.parametrize(
    ("service", "reason"),
    [
        ("", "2 to 20 lower-case letters or digits"),
        ("x", "2 to 20 lower-case letters or digits"),
        ("Reviews", "lower-case"),
        ("2fa", "a letter first"),
        ("order-items", "lower-case letters or digits"),
        ("order_items", "lower-case letters or digits"),
        ("../escaped", "lower-case letters or digits"),
        ("überweisungen", "lower-case letters or digits"),
        ("reviews\n", "lower-case letters or digits"),
        ("r" * (LONGEST_NAME + 1), "2 to 20"),
        ("orders", "The service orders already exists"),
        ("class", "keyword"),
        ("match", "keyword"),
        ("types", "standard library"),
        ("calendar", "standard library"),
        ("filter", "built-in"),
        ("fastapi", "installs"),
        ("jwt", "installs"),
        ("moto", "installs"),
        ("shared", "libs/shared exists"),
        ("deployer", "tools/deployer exists"),
        ("endtoend", "tests/endtoend exists"),
        ("docs", "docs exists"),
        ("tests", "tests exists"),
        ("dependencies", "uses the word"),
    ],
)
def test_invalid_service_name_is_rejected(root: Path, service: str, reason: str) -> None:
    with pytest.raises(RefusedError, match=reason):
        names_of(root, service, None)


@pytest.mark.parametrize(
    ("service", "entity", "reason"),
    [
        ("reviews", "review", "one capitalised word"),
        ("reviews", "OrderItem", "one capitalised word"),
        ("reviews", "R" * 25, "at most 24 characters"),
        ("news", "News", "cannot be derived from 'news'"),
        ("staff", None, "cannot be derived from 'staff'"),
        ("campus", None, "cannot be derived from 'campus'"),
        ("classes", None, "uses 'class' for something else"),
        ("ids", None, "uses 'id' for something else"),
        ("requests2", "Request", "uses 'Request' for something else"),
        ("pages", None, "uses 'Page' for something else"),
        ("names", None, "uses 'Name' for something else"),
    ],
)
def test_invalid_entity_name_is_rejected(root: Path, service: str, entity: str | None, reason: str) -> None:
    with pytest.raises(RefusedError, match=reason):
        names_of(root, service, entity)


def test_longest_name_fits_the_shortest_aws_limit() -> None:
    """IAM allows 64 characters for <product>-<environment>-<service>-<region>."""
    assert 12 + len("-") + 8 + len("-") + LONGEST_NAME + len("-") + len("ap-southeast-99") <= 64


def test_longest_name_is_valid_in_a_service_file() -> None:
    assert NAME.fullmatch("r" * LONGEST_NAME)
    assert not NAME.fullmatch("r" * (LONGEST_NAME + 1))


def test_templates_are_found() -> None:
    assert list(TEMPLATE.rglob("*.py.tmpl"))
