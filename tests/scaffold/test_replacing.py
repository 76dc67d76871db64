"""The spellings of the product's name that are replaced by the new name."""

import pytest

from monorepo.product import Product
from scaffold.rename_product import replacing

OLD = Product("shopfront", "Shopfront", "shopfront.example,2024")
NEW = Product("acme", "Acme", "acme.test,2026")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("shopfront", "acme"),
        ("Shopfront's", "Acme's"),
        ("SHOPFRONT", "ACME"),
        ("shopfront-dev-orders", "acme-dev-orders"),
        ("Shopfront/dev", "Acme/dev"),
        ('"shopfront.request_id"', '"acme.request_id"'),
        ("tag:shopfront.example,2024:not-found", "tag:acme.test,2026:not-found"),
        ("https://docs.shopfront.example/x", "https://docs.acme.test/x"),
        ("myshopfront shopfronts shopfront2", "myshopfront shopfronts shopfront2"),
    ],
)
def test_spelling_is_replaced(before: str, after: str) -> None:
    assert replacing(OLD, NEW)(before) == after


def test_renaming_back_gives_the_same_text() -> None:
    text = "Shopfront: shopfront-dev, tag:shopfront.example,2024:x, shopfront.example, SHOPFRONT"
    assert replacing(NEW, OLD)(replacing(OLD, NEW)(text)) == text


def test_domain_without_the_name_is_replaced_only_as_authority() -> None:
    old = Product("shopfront", "Shopfront", "example.com,2024")
    text = "tag:example.com,2024:x and ada@example.com"
    assert replacing(old, NEW)(text) == "tag:acme.test,2026:x and ada@example.com"
