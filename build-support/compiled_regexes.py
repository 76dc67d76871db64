"""Compiles regular expressions for the layer, as `common.compiled_regexes` reads them.

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


def listed(path: Path) -> list[tuple[str, int]]:
    """Return the patterns and the flags of a file of the form of compiled_regexes.json.

    Raises:
        PackagingError: It cannot be read.
    """
    try:
        modules = json.loads(path.read_text(encoding="utf-8"))
        return [(str(pattern), int(flags)) for regexes in modules.values() for pattern, flags in regexes]
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise PackagingError(
            f"{REGEXES} cannot be read: {error!r}; write {{}} into it, and `make imports` writes it again"
        ) from error


def compiled(regexes: Iterable[tuple[str, int]]) -> bytes:
    """Return the file of these regular expressions, for this version of `re`.

    Raises:
        PackagingError: One does not compile, or `re` would not use it as it uses its own.
    """
    held = {}
    for pattern, flags in regexes:
        try:
            expected = re.compile(pattern, flags)
        except (re.error, ValueError, OverflowError, RecursionError) as error:
            raise PackagingError(f"{REGEXES} has {pattern!r}, which does not compile: {error}") from error
        try:
            final, code, *rest = _arguments(pattern, flags)
            words = array("I", code).tobytes()
            used = import_module("_sre").compile(pattern, final, memoryview(words).cast("I").tolist(), *rest)
        except (AttributeError, TypeError, ValueError, OverflowError, RuntimeError) as error:
            raise _changed(pattern) from error
        # Expressions are equal if their patterns, flags and code are.
        if (used, used.groups, used.groupindex) != (expected, expected.groups, expected.groupindex):
            raise _changed(pattern)
        held[pattern, flags] = final, words, *rest
    engine = import_module("_sre")
    version = (sys.implementation.cache_tag, sys.byteorder, engine.MAGIC, engine.CODESIZE)
    # Later versions of the format depend on how often an object is referred to.
    return marshal.dumps((version, held), 2)


def _changed(pattern: str) -> PackagingError:
    return PackagingError(f"{REGEXES}: this Python's re has changed, so it cannot use {pattern!r}")


class _Recorder:
    """The engine of `re`, except that it returns what it should compile."""

    def __init__(self, engine: Any) -> None:
        self._engine = engine

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    def compile(self, _: str, *arguments: Any) -> tuple[Any, ...]:
        return arguments


def _arguments(pattern: str, flags: int) -> tuple[Any, ...]:
    """Return what `re` gives its engine: flags, code, number of groups, groups by name, and the name of each group."""
    compiler: Any = import_module("re._compiler")
    engine = compiler._sre  # noqa: SLF001 - `re` has nothing public for it
    compiler._sre = _Recorder(engine)  # noqa: SLF001
    try:
        arguments: tuple[Any, ...] = compiler.compile(pattern, flags)
    finally:
        compiler._sre = engine  # noqa: SLF001
    return arguments
