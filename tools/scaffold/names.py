"""Checks the names of new services and entities."""

import builtins
import functools
import importlib.metadata
import io
import keyword
import re
import sys
import tokenize
from pathlib import Path
from typing import NamedTuple

from monorepo.mentions import mentions
from monorepo.services import services
from scaffold.checkout import Checkout
from scaffold.refusal import RefusedError

TEMPLATE = Path(__file__).parent / "template"
# The rule of monorepo.services without underscores, because the name also appears in titles and messages.
LONGEST_NAME = 20
LONGEST_ENTITY = 24
# The template's names for its service and its entity.
PLACEHOLDERS = {"widget", "widgets", "Widget", "Widgets"}


class Names(NamedTuple):
    """The names of a new service and its entity, such as `reviews` and `Review`."""

    service: str
    entity: str


def names_of(root: Path, service: str, entity: str | None) -> Names:
    """Return the names of a new service; without `entity`, its name is derived from the service's.

    Raises:
        RefusedError: A name is malformed, taken or reserved.
    """
    _require_free(root, service)
    entity = entity or _singular(service).capitalize()
    if not re.fullmatch(rf"[A-Z][a-z0-9]{{1,{LONGEST_ENTITY - 1}}}", entity):
        raise RefusedError(
            f"{entity!r} is not a valid entity name. Give ENTITY one capitalised word of at most "
            f"{LONGEST_ENTITY} characters, such as Review."
        )
    if entity.lower() == service:
        raise RefusedError(
            f"The entity's name cannot be derived from {service!r}: give NAME in the plural, such as reviews, "
            "or set ENTITY=Review."
        )
    for name in (entity, entity.lower()):
        if name in _used_by_template() or keyword.iskeyword(name) or hasattr(builtins, name):
            raise RefusedError(
                f"{entity!r} cannot be an entity: the service's code uses {name!r} for something else. "
                "Give another word, such as ENTITY=Review."
            )
    return Names(service, entity)


def require_unmentioned(checkout: Checkout, service: str) -> None:
    """Raise `RefusedError` if a file would name the new service: no file outside its two folders may name a service.

    Raises:
        RefusedError: A line has the name as a path, a scope, a module or a string.
    """
    others = [other.name for other in services(checkout.root)]
    if found := next(mentions(service, others, checkout.texts()), None):
        raise RefusedError(
            f"{service!r} is reserved: {found.path}, line {found.line}, has the name with another meaning. "
            "Give another NAME, such as reviews."
        )


def _require_free(root: Path, service: str) -> None:
    if not re.fullmatch(rf"[a-z][a-z0-9]{{1,{LONGEST_NAME - 1}}}", service):
        raise RefusedError(
            f"{service!r} is not a valid service name. Give NAME 2 to {LONGEST_NAME} lower-case letters or digits, a "
            "letter first, such as reviews. It becomes a Python package, a path of the API and a part of AWS names."
        )
    if (root / "services" / service).exists():
        raise RefusedError(f"The service {service} already exists: give another NAME.")
    if reason := _reserved(root, service):
        raise RefusedError(f"{service!r} is reserved: {reason}. Give another NAME, such as reviews.")


def _reserved(root: Path, name: str) -> str | None:
    """Return the reason why a package cannot have this name, or None."""
    if keyword.iskeyword(name) or keyword.issoftkeyword(name):
        return "it is a keyword of Python"
    if name in sys.stdlib_module_names or hasattr(builtins, name):
        return "it is a module or a built-in of Python's standard library"
    if name in _installed():
        return "it is a package that this repository installs"
    for folder in (root, root / "libs", root / "tools", root / "tests"):
        if (folder / name).exists():
            return f"{(folder / name).relative_to(root)} exists"
    if name in _used_by_template():
        return "the service's code uses the word for something else"
    return None


@functools.cache
def _installed() -> frozenset[str]:
    """Return the top-level names of all installed packages."""
    return frozenset(importlib.metadata.packages_distributions())


def _singular(plural: str) -> str:
    """Return the word without its plural ending; irregular words need ENTITY=."""
    for ending, instead in (("ies", "y"), ("sses", "ss"), ("xes", "x"), ("shes", "sh"), ("tches", "tch")):
        if plural.endswith(ending) and len(plural) > len(ending) + 1:
            return plural.removesuffix(ending) + instead
    return plural if plural.endswith(("ss", "us", "is")) else plural.removesuffix("s")


@functools.cache
def _used_by_template() -> frozenset[str]:
    """Return every name in the template's Python files except the placeholders."""
    found: set[str] = set()
    for path in TEMPLATE.rglob("*.py.tmpl"):
        tokens = tokenize.generate_tokens(io.StringIO(path.read_text()).readline)
        found |= {token.string for token in tokens if token.type == tokenize.NAME}
    return frozenset(found - PLACEHOLDERS)
