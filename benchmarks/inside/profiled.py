"""A handler that invokes another one many times in each invocation, and profiles it; calls to AWS are answered inside.

The profiler adds to every call of a function, so groups with many small functions look larger than they are.
"""

import cProfile
import importlib
import os
import pstats
from typing import Any, Final

from benchmarks.inside import answered
from benchmarks.inside.names import PART, PROFILED
from benchmarks.inside.shares import shares

answered.install()
_module, _, _name = os.environ[PROFILED].rpartition(".")
_handler = getattr(importlib.import_module(_module), _name)
WARM_UP: Final = 200
PROFILED_TIMES: Final = 500


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Return the last response of many, with one more part: the shares of the time, by groups of modules."""
    for _ in range(WARM_UP):
        _handler(event, context)
    profile, response = cProfile.Profile(), {}
    for _ in range(PROFILED_TIMES):
        response = profile.runcall(_handler, event, context)
    return {**response, PART: shares(pstats.Stats(profile).stats)}  # type: ignore[attr-defined]
