"""Concurrent calls."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from common.telemetry import logs


def race[T](*calls: Callable[[], T]) -> list[T | Exception]:
    """Run each call in its own thread, all released together; return results, or the exceptions raised instead."""
    # A function creates its logger in INIT, before anything runs concurrently. If several threads create it at once,
    # Powertools' logger may have no formatter.
    logs.logger()
    start = threading.Barrier(len(calls))

    def run(call: Callable[[], T]) -> T | Exception:
        start.wait(timeout=10)
        try:
            return call()
        except Exception as error:  # noqa: BLE001 - the result
            return error

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))
