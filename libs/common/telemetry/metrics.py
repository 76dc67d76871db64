"""Metrics in CloudWatch's embedded metric format. No other module imports Powertools' Metrics."""

import functools
from collections.abc import Callable
from contextvars import ContextVar
from enum import StrEnum
from http import HTTPStatus
from typing import Any, Final, Literal

from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit
from aws_lambda_powertools.metrics.provider import cold_start
from mangum.types import LambdaContext

__all__ = ["Fault", "count", "count_fault", "count_request", "published"]

type Fault = Literal["bug", "unavailable"]


class Invocation:
    """The metrics of one invocation: one blob per set of dimensions, because all metrics of a blob share them.

    Powertools' `Metrics` has one set of dimensions for the whole process, which every metric would get.
    """

    def __init__(self) -> None:
        self._blobs: dict[tuple[tuple[str, str], ...], EphemeralMetrics] = {}

    def add(self, name: str, unit: MetricUnit, value: float, **dimensions: str) -> None:
        """Add one value; every blob also has the dimension `service`."""
        key = tuple(dimensions.items())
        if key not in self._blobs:
            self._blobs[key] = EphemeralMetrics()
            for dimension in key:
                self._blobs[key].add_dimension(*dimension)
        self._blobs[key].add_metric(name, unit, value)

    def publish(self) -> None:
        """Write the blobs."""
        for blob in self._blobs.values():
            blob.flush_metrics()


# None outside an invocation, as in tests and under `make dev`, where counts would never be written.
CURRENT: Final = ContextVar[Invocation | None]("invocation", default=None)


def count(name: StrEnum) -> None:
    """Count an event of the domain, by a name that the service has declared."""
    _add(name.value, MetricUnit.Count, 1)


def count_fault(kind: Fault) -> None:
    """Count a fault of the service or of a dependency."""
    _add("Faults", MetricUnit.Count, 1, kind=kind)


def count_request(route: str, status: int, milliseconds: float) -> None:
    """Count a request by the template of its route, and a 5xx for the whole service as well."""
    _add("Latency", MetricUnit.Milliseconds, milliseconds, route=route)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        _add("5xx", MetricUnit.Count, 1, route=route)
        _add("5xx", MetricUnit.Count, 1)
    elif status >= HTTPStatus.BAD_REQUEST:
        _add("4xx", MetricUnit.Count, 1, route=route)


def expect_cold_start() -> None:
    """Count the next invocation as a cold start."""
    cold_start.is_cold_start = True


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
            # Powertools' own decorator loses the cold start of an invocation that raises, and warns if there are no
            # metrics.
            if cold_start.is_cold_start:
                EphemeralMetrics().add_cold_start_metric(context)  # type: ignore[arg-type]
                cold_start.is_cold_start = False
            invocation.publish()

    return publishing


def _add(name: str, unit: MetricUnit, value: float, **dimensions: str) -> None:
    invocation = CURRENT.get()
    if invocation is not None:
        invocation.add(name, unit, value, **dimensions)
