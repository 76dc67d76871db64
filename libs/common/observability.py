"""The tracer and metrics of this function: the only module that names the libraries behind them."""

import functools
import warnings
from typing import Any

from aws_lambda_powertools import Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit

__all__ = ["metrics", "record_bug", "tracer"]


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
    """Report a bug once: a faulty subsegment and the metric `Bugs`."""
    metrics().add_metric(name="Bugs", unit=MetricUnit.Count, value=1)
    # Powertools declares less of the recorder than it hands out.
    recorder: Any = tracer().provider
    subsegment = recorder.current_subsegment()
    if subsegment is not None:
        subsegment.add_exception(bug, [])
