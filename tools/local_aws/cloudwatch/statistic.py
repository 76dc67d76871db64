"""CloudWatch's statistics of the values in one period.

Definitions: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Statistics-definitions.html. How percentiles
are interpolated is not documented: here linearly between the two nearest of the sorted values.
"""

import math
import re
from collections.abc import Callable, Sequence

_PERCENTILE = re.compile(r"p(\d{1,2}(?:\.\d{1,10})?|100)")


def statistic(name: str) -> Callable[[Sequence[float]], float]:
    """Return the function that computes a statistic of at least one value.

    Raises:
        ValueError: The statistic is not supported.
    """
    match name:
        case "Sum":
            return math.fsum
        case "Average":
            return lambda values: math.fsum(values) / len(values)
        case "Minimum":
            return min
        case "Maximum":
            return max
        case "SampleCount":
            return lambda values: float(len(values))
    if found := _PERCENTILE.fullmatch(name):
        fraction = float(found[1]) / 100
        return lambda values: _percentile(sorted(values), fraction)
    raise ValueError(f"{name!r} is not a supported statistic")


def _percentile(values: Sequence[float], fraction: float) -> float:
    position = fraction * (len(values) - 1)
    low = math.floor(position)
    return values[low] + (values[math.ceil(position)] - values[low]) * (position - low)
