"""Runs AWS's runtime client with a clock that stands still and with equal random bytes in every process.

Run with `-m` in the place of awslambdaric, so that two versions of a function give equal ids and times.
"""

import os
import random
import runpy
from datetime import datetime

import time_machine  # type: ignore[import-not-found]

_BYTE = b"\x2a"


def _urandom(size: int) -> bytes:
    return _BYTE * size


def main() -> None:
    """Freeze, then run the handler that the first argument names; BENCHMARKS_NOW is the time."""
    # `secrets`, `uuid` and `random.SystemRandom` take it from here when they are imported.
    os.urandom = _urandom
    random._urandom = _urandom  # type: ignore[attr-defined]  # noqa: SLF001 - it was imported by its name
    random.seed(0)
    moment = datetime.fromisoformat(os.environ["BENCHMARKS_NOW"])
    time_machine.travel(moment, tick=False).start()
    runpy.run_module("awslambdaric", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
