"""The logger, tracer and metrics of this function: the only module that names the libraries behind them."""

import functools
import logging
import warnings
from typing import Any

from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit

__all__ = ["logger", "metrics", "own_log_levels", "record_bug", "tracer"]


@functools.cache
def logger() -> Logger:
    """Return the process's logger: one JSON object per line; service and level come from the environment."""
    # The name of asyncio's task says nothing in a process that serves one request at a time. (typeshed lacks the flag.)
    logging.logAsyncioTasks = False  # type: ignore[attr-defined]
    return Logger(utc=True, use_rfc3339=True)


@functools.cache
def tracer() -> Tracer:
    """Return the process's tracer; only botocore is patched, so AWS calls are the only automatic subsegments."""
    return Tracer(patch_modules=("botocore",))


@functools.cache
def metrics() -> Metrics:
    """Return the process's metrics, written as CloudWatch embedded metrics at the end of an invocation."""
    # An invocation that has nothing to count is no reason for a line in the log.
    warnings.filterwarnings("ignore", message="No application metrics to publish", category=UserWarning)
    return Metrics()


def record_bug(bug: Exception) -> None:
    """Report a bug once: an ERROR line with its stack, a faulty subsegment and the metric `Bugs`."""
    logger().exception("Unhandled exception", exc_info=bug)
    metrics().add_metric(name="Bugs", unit=MetricUnit.Count, value=1)
    # Powertools declares less of the recorder than it hands out.
    recorder: Any = tracer().provider
    subsegment = recorder.current_subsegment()
    if subsegment is not None:
        subsegment.add_exception(bug, [])


def own_log_levels(level: str) -> None:
    """Let our logger write from `level` on, libraries warnings and errors only, and Mangum nothing.

    Where Lambda writes JSON, the function's own configuration decides instead: Powertools ignores LOG_LEVEL, and the
    root logger gets the configured level, which is TRACE so that Lambda filters nothing of ours. At that level
    botocore would write whole requests. Mangum only repeats what is logged already.
    """
    logging.getLogger(logger().service).setLevel(level)
    logging.getLogger().setLevel(logging.WARNING)
    logging.getLogger("mangum").setLevel(logging.CRITICAL + 1)
