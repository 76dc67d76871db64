"""Metrics in CloudWatch's embedded metric format (EMF).

Written here, because Powertools takes four times as long for it. Each invocation writes a few lines with known names:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

import functools
import json
import os
import sys
import time
from collections.abc import Callable
from contextvars import ContextVar
from enum import StrEnum
from http import HTTPStatus
from typing import Any, ClassVar, Final, Literal

from mangum.types import LambdaContext

__all__ = ["Fault", "count", "count_fault", "count_request", "published"]

type Fault = Literal["bug", "unavailable"]
type Unit = Literal["Count", "Milliseconds"]

# CloudWatch drops a metric with more values, and metrics of a line with more names.
MOST: Final = 100


class Invocation:
    """The metrics of one invocation: one line per set of dimensions, because all metrics of a line share them.

    Attributes:
        is_first: Whether no invocation has ended since the environment was made or restored.
    """

    is_first: ClassVar[bool] = True

    def __init__(self) -> None:
        self._lines: dict[tuple[tuple[str, str], ...], dict[str, tuple[Unit, list[float]]]] = {}

    def add(self, name: str, unit: Unit, value: float, **dimensions: str) -> None:
        """Add one value, a count to those before; every line also has the dimension `service`."""
        line = self._lines.setdefault(tuple(dimensions.items()), {})
        _, values = line.setdefault(name, (unit, []))
        if unit == "Count" and values:
            values[0] += value
        else:
            values.append(float(value))
        if MOST in (len(line), len(values)):
            self.publish()

    def publish(self) -> None:
        """Write the lines, and begin new ones."""
        if not self._lines:
            return
        namespace, service = (os.environ[f"POWERTOOLS_{name}"] for name in ("METRICS_NAMESPACE", "SERVICE_NAME"))
        timestamp = int(time.time() * 1000)
        for given, metrics in self._lines.items():
            dimensions = {**dict(given), "service": service}
            directive = {
                "Namespace": namespace,
                "Dimensions": [list(dimensions)],
                "Metrics": [{"Name": name, "Unit": unit} for name, (unit, _) in metrics.items()],
            }
            line = {
                "_aws": {"Timestamp": timestamp, "CloudWatchMetrics": [directive]},
                **dimensions,
                **{name: values for name, (_, values) in metrics.items()},
            }
            # At once: Lambda's runtime passes on each part that is written.
            sys.stdout.write(json.dumps(line, separators=(",", ":")) + "\n")
        self._lines = {}


# None outside an invocation, as in tests and under `make dev`, where counts would never be written.
CURRENT: Final = ContextVar[Invocation | None]("invocation", default=None)


def count(name: StrEnum) -> None:
    """Count an event of the domain, by a name that the service has declared."""
    _add(name.value, "Count", 1)


def count_fault(kind: Fault) -> None:
    """Count a fault of the service or of a dependency."""
    _add("Faults", "Count", 1, kind=kind)


def count_request(route: str, status: int, milliseconds: float) -> None:
    """Count a request by the template of its route, and a 5xx for the whole service as well."""
    _add("Latency", "Milliseconds", milliseconds, route=route)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        _add("5xx", "Count", 1, route=route)
        _add("5xx", "Count", 1)
    elif status >= HTTPStatus.BAD_REQUEST:
        _add("4xx", "Count", 1, route=route)


def is_cold_start() -> bool:
    """Return whether this invocation, or the next one, is a cold start: its caller waits for INIT or for a restore.

    With provisioned concurrency, INIT has ended before.
    """
    return Invocation.is_first and os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE") != "provisioned-concurrency"


def expect_cold_start() -> None:
    """Count the next invocation as a cold start, because the environment was restored."""
    Invocation.is_first = True


def published[Answer](
    handler: Callable[[dict[str, Any], LambdaContext], Answer],
) -> Callable[[dict[str, Any], LambdaContext], Answer]:
    """Wrap the handler so that each invocation writes its metrics at its end, even if it raises."""

    @functools.wraps(handler)
    def publishing(event: dict[str, Any], context: LambdaContext) -> Answer:
        invocation = Invocation()
        before = CURRENT.set(invocation)
        try:
            return handler(event, context)
        finally:
            CURRENT.reset(before)
            if is_cold_start():
                cold = Invocation()
                cold.add("ColdStart", "Count", 1, function_name=context.function_name)
                cold.publish()
            Invocation.is_first = False
            invocation.publish()

    return publishing


def _add(name: str, unit: Unit, value: float, **dimensions: str) -> None:
    invocation = CURRENT.get()
    if invocation is not None:
        invocation.add(name, unit, value, **dimensions)
