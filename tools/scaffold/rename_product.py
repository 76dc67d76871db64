"""Give the product another name, in every file but those that tell of the past."""

import re
from collections.abc import Callable
from datetime import UTC, datetime

from monorepo.product import Product, product
from scaffold.checkout import Checkout
from scaffold.refusal import RefusedError

# The past, and whose work this is.
KEPT = ("CHANGELOG.md", "LICENSE", "docs/decisions/")
# Files that may hold a product's name before it is one: they tell how to rename, or hold words of all kinds.
NOT_COMPARED = (*KEPT, "README.md", "CONTRIBUTING.md", "docs/", "Makefile", "3rdparty/", "tools/scaffold/", "tests/")
LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
DOMAIN = re.compile(rf"(?=.{{1,253}}$)({LABEL}\.)+[a-z][a-z0-9-]{{0,61}}[a-z0-9]")
RULE = re.compile(r'variable "name".*?regex\("(?P<form>[^"]+)".*?error_message\s*=\s*"(?P<message>[^"]+)"', re.DOTALL)


def renaming(checkout: Checkout, *, name: str, domain: str) -> dict[str, str | None]:
    """Return what every file holds that spells the product's name once it has another one.

    Args:
        checkout: What to rename.
        name: The new name, as Terraform's variable `name` accepts it.
        domain: A domain of the product's owner: the authority of its problem types, with this year.

    Raises:
        RefusedError: The name or the domain is not usable.
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

    A name is replaced where no letter or digit stands before or after it: in `acme-dev`, not in `acmeist`. A domain is
    replaced alone only when it holds the name; any other one (`example.com`) may be there for another reason.
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
    """Return the paths, those of the past aside, that hold a name in whatever spelling."""
    texts = checkout.texts()
    return [path for path, text in texts if not path.startswith(KEPT) and name in f"{path}\n{text}".lower()]


def domain_of(named: Product) -> str:
    """Return the authority of a product's problem types without its year."""
    return named.problem_authority.partition(",")[0]


def _require_usable(checkout: Checkout, old: Product, new: Product) -> None:
    rule = RULE.search((checkout.root / "terraform/variables.tf").read_text())
    if rule is None:
        raise RefusedError('terraform/variables.tf has no variable "name" with a regex: the name cannot be checked.')
    if not re.search(rule["form"], new.name):
        raise RefusedError(f"{new.name!r} is not a product's name. {rule['message']}")
    if not DOMAIN.fullmatch(domain_of(new)):
        raise RefusedError(
            f"{domain_of(new)!r} is not a domain. DOMAIN: lower-case labels with dots, as in acme.example."
        )
    if new.name == old.name:
        raise RefusedError(f"The product is called {new.name} already: give another NAME.")
    word = re.compile(rf"(?<![a-z0-9]){new.name}(?![a-z0-9])", re.IGNORECASE)
    found = [path for path, text in checkout.texts() if not path.startswith(NOT_COMPARED) and word.search(text)]
    if found:
        raise RefusedError(
            f"{new.name!r} is a word of this repository already ({found[0]}), "
            "so that a later renaming could not tell which ones mean the product: give another NAME."
        )
