"""Declares the span and the domain metric of an operation."""

import functools
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

from common.failures import Failure
from common.idempotency import Replayed
from common.telemetry import metrics, traces


class CommonMetric(StrEnum):
    """Names of the domain metrics that every service has."""

    IDEMPOTENT_REPLAYS = "IdempotentReplays"  # requests that were served before


type Metric = StrEnum | Callable[[Any], StrEnum]


def operation[**Parameters, Result](
    span: str, *, counts: Metric | None = None, counts_failures: Mapping[type[Failure], StrEnum] | None = None
) -> Callable[[Callable[Parameters, Result]], Callable[Parameters, Result]]:
    """Return the decorator of an operation.

    `Replayed` is a success of which `CommonMetric.IDEMPOTENT_REPLAYS` is counted, and then raised.

    Args:
        span: Unique name of the span, `<noun>.<verb>`. A failure marks the span as an error; an unavailable dependency
            or a bug marks it as a fault.
        counts: Domain metric of a success, or a function that chooses it by the result.
        counts_failures: Failure => domain metric that is counted when the operation raises it.
    """

    def declared(function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
        @functools.wraps(function)
        def traced(*arguments: Parameters.args, **named: Parameters.kwargs) -> Result:
            result: Result | Replayed
            try:
                with traces.operation(span):
                    try:
                        result = function(*arguments, **named)
                    except Replayed as replayed:
                        result = replayed  # a success, which the span must not see as a bug
            except Failure as failure:
                if counts_failures and type(failure) in counts_failures:
                    metrics.count(counts_failures[type(failure)])
                raise
            if isinstance(result, Replayed):
                metrics.count(CommonMetric.IDEMPOTENT_REPLAYS)
                raise result
            if counts is not None:
                metrics.count(counts if isinstance(counts, StrEnum) else counts(result))
            return result

        return traced

    return declared
