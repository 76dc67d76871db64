"""Saves INIT from compiling the regular expressions that its imports need, because packaging has compiled them.

`re` is changed for the time of INIT only, and by its private function `re._compiler.compile`: nothing public takes
compiled expressions. Nothing depends on it. Without the file, with another version of `re`, and for any other
expression `re` compiles as it always does. build-support/compiled_regexes.py writes the file.
"""

import marshal
import os
import sys
from importlib import import_module
from typing import Any, Final

FILE: Final = os.path.join(os.path.dirname(__file__), "compiled_regexes.bin")  # noqa: PTH118, PTH120 - not imported yet


class CompiledRegexes:
    """The compiled expressions of a file, which `re` uses from `start` to `stop`."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._compiler: Any = None
        self._engine: Any = None
        self._compile: Any = None  # stays after `stop`, for whoever has kept a reference to `_compiled`
        self._used = False
        self._held: dict[tuple[str, int], Any] = {}

    def start(self) -> None:
        """Let `re` use the file, if it is there and is for this version of `re`."""
        if self._used:
            return
        try:
            with open(self._file, "rb") as file:  # noqa: PTH123 - pathlib is not imported yet
                version, held = marshal.loads(file.read())  # noqa: S302 - a file of the layer, like bytecode
            self._compiler, self._engine = import_module("re._compiler"), import_module("_sre")
            if version == (sys.implementation.cache_tag, sys.byteorder, self._engine.MAGIC, self._engine.CODESIZE):
                self._held = dict(held)
                self._compile, self._compiler.compile = self._compiler.compile, self._compiled
                self._used = True
        except (OSError, EOFError, ValueError, TypeError, ImportError, AttributeError):
            return

    def stop(self) -> None:
        """Let `re` compile again, and give the memory back."""
        if self._used:
            self._compiler.compile, self._used = self._compile, False
        self._held = {}

    def _compiled(self, pattern: Any, flags: int = 0) -> Any:
        try:
            # `re` keeps what it has compiled.
            found = self._held.pop((pattern, flags), None) if type(pattern) is str else None
            if found is not None:
                final, code, groups, names, indexed = found
                words = memoryview(code).cast("I").tolist()
                return self._engine.compile(pattern, final, words, groups, names, indexed)
        except Exception:  # noqa: BLE001 - `re` has changed, or the pattern has no hash
            return self._compile(pattern, flags)
        return self._compile(pattern, flags)


REGEXES: Final = CompiledRegexes(FILE)
REGEXES.start()
