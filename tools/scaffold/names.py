"""Names of services and entities: which ones are usable."""

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

from scaffold.refusal import RefusedError

TEMPLATE = Path(__file__).parent / "template"
# As monorepo.services has it, without its underscores: a word that people read, in titles and messages as well.
LONGEST_NAME = 20
LONGEST_ENTITY = 24
# What the template calls its service and its entity.
PLACEHOLDERS = {"widget", "widgets", "Widget", "Widgets"}


class Names(NamedTuple):
    """What a new service and its entity are called: `reviews` and `Review`."""

    service: str
    entity: str


def names_of(root: Path, service: str, entity: str | None) -> Names:
    """Return a new service's names, its entity's derived from the service's where none is given.

    Raises:
        RefusedError: A name is malformed, taken or reserved.
    """
    _require_free(root, service)
    entity = entity or _singular(service).capitalize()
    if not re.fullmatch(rf"[A-Z][a-z0-9]{{1,{LONGEST_ENTITY - 1}}}", entity):
        raise RefusedError(
            f"{entity!r} is not an entity's name. ENTITY: one word with a capital letter, "
            f"{LONGEST_ENTITY} characters at most, as in Review."
        )
    if entity.lower() == service:
        raise RefusedError(
            f"It is not clear what one of {service!r} is called: give NAME in the plural (reviews), or ENTITY=Review."
        )
    for name in (entity, entity.lower()):
        if name in _used_by_template() or keyword.iskeyword(name) or hasattr(builtins, name):
            raise RefusedError(
                f"{entity!r} cannot be an entity: the service's code uses {name!r} for something else. "
                "Give another word, as in ENTITY=Review."
            )
    return Names(service, entity)


def _require_free(root: Path, service: str) -> None:
    if not re.fullmatch(rf"[a-z][a-z0-9]{{1,{LONGEST_NAME - 1}}}", service):
        raise RefusedError(
            f"{service!r} is not a service's name. NAME: 2 to {LONGEST_NAME} lower-case letters or digits, a letter "
            "first, as in reviews; it becomes a Python package, a path of the API and a part of AWS names."
        )
    if (root / "services" / service).exists():
        raise RefusedError(f"There is a service {service} already: give another NAME.")
    if reason := _reserved(root, service):
        raise RefusedError(f"{service!r} is reserved: {reason}. Give another NAME, as in reviews.")


def _reserved(root: Path, name: str) -> str | None:
    """Return why a package of this name would be in the way of something else."""
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
    """Return the word without its plural ending: right for most, and ENTITY= is for the others."""
    for ending, instead in (("ies", "y"), ("sses", "ss"), ("xes", "x"), ("shes", "sh"), ("tches", "tch")):
        if plural.endswith(ending) and len(plural) > len(ending) + 1:
            return plural.removesuffix(ending) + instead
    return plural if plural.endswith(("ss", "us", "is")) else plural.removesuffix("s")


@functools.cache
def _used_by_template() -> frozenset[str]:
    """Return every name in the template's Python files, without the placeholders."""
    found: set[str] = set()
    for path in TEMPLATE.rglob("*.py.tmpl"):
        tokens = tokenize.generate_tokens(io.StringIO(path.read_text()).readline)
        found |= {token.string for token in tokens if token.type == tokenize.NAME}
    return frozenset(found - PLACEHOLDERS)
