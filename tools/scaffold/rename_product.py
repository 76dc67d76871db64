"""Renames the product in every file except the changelog, the licence and the decisions."""

import re
from collections.abc import Callable
from datetime import UTC, datetime

from monorepo.product import Product, product
from scaffold.checkout import Checkout
from scaffold.refusal import RefusedError

# The history and the licence keep the old name.
KEPT = ("CHANGELOG.md", "LICENSE", "docs/decisions/")
# Files that may contain a new name already: they explain the renaming, or contain words of all kinds.
NOT_COMPARED = (
    *KEPT,
    "README.md",
    "CONTRIBUTING.md",
    "docs/",
    "Makefile",
    "make/",
    "3rdparty/",
    "tools/scaffold/",
    "tests/",
)
LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
DOMAIN = re.compile(rf"(?=.{{1,253}}$)({LABEL}\.)+[a-z][a-z0-9-]{{0,61}}[a-z0-9]")
RULE = re.compile(r'variable "name".*?regex\("(?P<form>[^"]+)".*?error_message\s*=\s*"(?P<message>[^"]+)"', re.DOTALL)


def renaming(checkout: Checkout, *, name: str, domain: str) -> dict[str, str | None]:
    """Return the changes of files that rename the product.

    Args:
        checkout: The repository to change.
        name: The new name, as Terraform's variable `name` accepts it.
        domain: A domain of the product's owner; with this year it becomes the authority of the problem types.

    Raises:
        RefusedError: The name or the domain is not valid.
    """
    old = product(checkout.root)
    new = Product(name, name.capitalize(), f"{domain},{datetime.now(UTC).year}", old.token_path)
    _require_usable(checkout, old, new)
    changes: dict[str, str | None] = {}
    replace = replacing(old, new)
    for path, text in checkout.texts():
        if path.startswith(KEPT):
            continue
        if replace(path) != path:
            changes |= {path: None, replace(path): replace(text)}
        elif replace(text) != text:
            changes[path] = replace(text)
    return changes


def replacing(old: Product, new: Product) -> Callable[[str], str]:
    """Return the function that replaces every spelling of a product in a text.

    A name is replaced only as a whole word: in `acme-dev`, not in `acmeist`. A domain without its year is replaced only
    if it contains the name, because any other domain (`example.com`) may be there for another reason.
    """
    spellings: dict[str, str] = {old.problem_authority: new.problem_authority}
    if old.name in domain_of(old):
        spellings[domain_of(old)] = domain_of(new)
    spellings |= {old.title: new.title, old.name: new.name}
    spellings |= {old.name.capitalize(): new.title, old.name.upper(): new.name.upper()}
    longest_first = sorted(spellings, key=len, reverse=True)
    pattern = re.compile(rf"(?<![A-Za-z0-9])({'|'.join(map(re.escape, longest_first))})(?![A-Za-z0-9])")
    return lambda text: pattern.sub(lambda found: spellings[found[0]], text)


def left_over(checkout: Checkout, name: str) -> list[str]:
    """Return the paths of files that still contain a name in any letter case, except those that keep the old name."""
    texts = checkout.texts()
    return [path for path, text in texts if not path.startswith(KEPT) and name in f"{path}\n{text}".lower()]


def domain_of(named: Product) -> str:
    """Return the authority of a product's problem types without its year."""
    return named.problem_authority.partition(",")[0]


def _require_usable(checkout: Checkout, old: Product, new: Product) -> None:
    rule = RULE.search((checkout.root / "terraform/variables.tf").read_text())
    if rule is None:
        raise RefusedError(
            'The name cannot be checked: add the variable "name" with a regex to terraform/variables.tf.'
        )
    if not re.search(rule["form"], new.name):
        raise RefusedError(f"{new.name!r} is not a valid product name. {rule['message']}")
    if not DOMAIN.fullmatch(domain_of(new)):
        raise RefusedError(
            f"{domain_of(new)!r} is not a domain. Give DOMAIN lower-case labels with dots, such as acme.example."
        )
    if new.name == old.name:
        raise RefusedError(f"The product is already called {new.name}: give another NAME.")
    word = re.compile(rf"(?<![a-z0-9]){new.name}(?![a-z0-9])", re.IGNORECASE)
    found = [path for path, text in checkout.texts() if not path.startswith(NOT_COMPARED) and word.search(text)]
    if found:
        raise RefusedError(
            f"{new.name!r} is already used in this repository ({found[0]}), "
            "so a later renaming could not distinguish it from the product's name: give another NAME."
        )
