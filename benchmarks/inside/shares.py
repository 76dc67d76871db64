"""The shares of groups of modules in a profile."""

import os
from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Final

from benchmarks.inside.breakdown import LIBRARY, REST, group

type Function = tuple[str, int, str]

COMMON: Final = "common"
OTHERS: Final = "the function's own code, and other packages"
ANSWERS: Final = "the bench's own answers"
# A path has the name of a package after one of these.
_FOLDERS: Final = ("/opt/python/", "/var/task/", "/var/runtime/")


def shares(stats: Mapping[Function, Any]) -> dict[str, float]:
    """Return the share of each group in the time of all functions. What is in C belongs to its caller's group."""
    found: dict[str, float] = defaultdict(float)
    for function, (_, _, seconds, _, callers) in stats.items():
        if function[0] != "~":
            found[_group(function[0])] += seconds
            continue
        for caller, (_, _, its_seconds, _) in callers.items():
            found[_group(caller[0])] += its_seconds
    whole = sum(found.values()) or 1.0
    return {name: seconds / whole for name, seconds in found.items()}


def _group(path: str) -> str:
    if f"{os.sep}benchmarks{os.sep}inside{os.sep}" in path:
        return ANSWERS
    for folder in _FOLDERS:
        _, found, below = path.rpartition(folder)
        if found:
            top = below.partition("/")[0].removesuffix(".py")
            found_group = COMMON if top == COMMON else group(top)
            return OTHERS if found_group == REST else found_group
    return LIBRARY
