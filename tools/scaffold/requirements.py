"""Finds the requirements of the Lambda layer that no code needs after a service is removed."""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

REQUIREMENTS: Final = "3rdparty/python/requirements.txt"
# Pants' file, which has the modules of distributions with another name.
BUILD: Final = "3rdparty/python/BUILD"
CODE: Final = ("libs/", "services/")


def no_longer_used(root: Path, files: Iterable[str], removed: Iterable[str]) -> list[str]:
    """Return the distributions that only the removed files import.

    A distribution that no file imports, such as one that another distribution needs, is left out.

    Args:
        root: The repository, before the removal.
        files: The paths of its files.
        removed: Those of them that are removed.
    """
    code = {path for path in files if path.startswith(CODE) and path.endswith(".py")}
    gone = code & set(removed)
    before, after = ({module for path in paths for module in _imports(root / path)} for paths in (gone, code - gone))
    return [name for name, modules in _modules(root).items() if modules & before and not modules & after]


def _imports(path: Path) -> Iterator[str]:
    """Yield the top-level package of each import."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def _modules(root: Path) -> Mapping[str, set[str]]:
    """Return the modules of each required distribution."""
    mapped: dict[str, list[str]] = {}
    for node in ast.walk(ast.parse((root / BUILD).read_text())):
        if isinstance(node, ast.keyword) and node.arg == "module_mapping":
            mapped |= ast.literal_eval(node.value)
    named = re.findall(r"^[A-Za-z0-9][A-Za-z0-9._-]*", (root / REQUIREMENTS).read_text(), re.MULTILINE)
    return {name: set(mapped.get(name.lower(), [name.lower().replace("-", "_")])) for name in named}
