"""Compiles the regular expressions of the layer's packages, as `common.compiled_regexes` reads them.

compiled_regexes.json has the patterns and their flags, by the module that compiles them; `make imports` writes it.
"""

import json
import marshal
import re
import sys
from array import array
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from typing import Any

from lean_layer import PackagingError  # pants: no-infer-dep

REGEXES = "build-support/compiled_regexes.json"
# Where the layer has them. Finishing writes it, like bytecode.
COMPILED = "python/common/compiled_regexes.bin"

# Flags, code, number of groups, groups by name, and the name of each group.
Compiled = tuple[int, bytes, int, dict[str, int], tuple[str | None, ...]]


def listed(path: Path) -> list[tuple[str, int]]:
    """Return the patterns and the flags of a file of the form of compiled_regexes.json.

    Raises:
        PackagingError: It cannot be read.
    """
    try:
        modules = json.loads(path.read_text(encoding="utf-8"))
        return [(str(pattern), int(flags)) for regexes in modules.values() for pattern, flags in regexes]
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise PackagingError(f"{REGEXES} cannot be read: {error!r}") from error


def compiled(regexes: Iterable[tuple[str, int]]) -> bytes:
    """Return the file of these regular expressions, for this version of `re`.

    Raises:
        PackagingError: One does not compile, or `re` would not use it as it uses its own.
    """
    compiler, engine = import_module("re._compiler"), import_module("_sre")
    held = {}
    for pattern, flags in regexes:
        try:
            found = _compiled(compiler, pattern, flags)
            made, expected = engine.compile(pattern, *_arguments(found)), re.compile(pattern, flags)
            # They are equal if their patterns, flags and code are.
            if (made, made.groups, made.groupindex) != (expected, expected.groups, expected.groupindex):
                raise PackagingError(f"{REGEXES}: this Python's re has changed, so it cannot use {pattern!r}")
        except re.error as error:
            raise PackagingError(f"{REGEXES} has {pattern!r}, which does not compile: {error}") from error
        held[pattern, flags] = found
    version = (sys.implementation.cache_tag, sys.byteorder, engine.MAGIC, engine.CODESIZE)
    # Later versions of the format depend on how often an object is referred to.
    return marshal.dumps((version, held), 2)


def _compiled(compiler: Any, pattern: str, flags: int) -> Compiled:
    parsed = compiler._parser.parse(pattern, flags)  # noqa: SLF001 - `re` has nothing public for it
    code = compiler._code(parsed, flags)  # noqa: SLF001
    names: dict[str, int] = parsed.state.groupdict
    indexed: list[str | None] = [None] * parsed.state.groups
    for name, index in names.items():
        indexed[index] = name
    return flags | parsed.state.flags, array("I", code).tobytes(), parsed.state.groups - 1, dict(names), tuple(indexed)


def _arguments(found: Compiled) -> tuple[object, ...]:
    flags, code, *rest = found
    return flags, memoryview(code).cast("I").tolist(), *rest
