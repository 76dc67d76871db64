"""Medians and ratios of medians with the intervals that hold 95 % of bootstrap samples."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

_SAMPLES: Final = 2_000
_SEED: Final = 1


@dataclass(frozen=True)
class Interval:
    """An estimate, and the ends of its interval."""

    value: float
    low: float
    high: float


def quantile(values: Sequence[float], part: float) -> float:
    """Return the value below which this part of the values is."""
    ordered = sorted(values)
    at = (len(ordered) - 1) * part
    low = int(at)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (at - low)


def of_median(values: Sequence[float]) -> Interval:
    """Return the median."""
    return _bootstrapped(lambda draw: median(draw(values)))


def of_ratio(numerator: Sequence[float], denominator: Sequence[float]) -> Interval:
    """Return the ratio of the medians."""
    return _bootstrapped(lambda draw: median(draw(numerator)) / median(draw(denominator)))


def of_difference(values: Sequence[float], base: Sequence[float]) -> Interval:
    """Return the median of the differences of pairs: values of the same round."""
    differences = [value - other for value, other in zip(values, base, strict=True)]
    return of_median(differences)


def _bootstrapped(estimate: Callable[[Callable[[Sequence[float]], Sequence[float]]], float]) -> Interval:
    source = random.Random(_SEED)  # noqa: S311 - samples need not be secret

    def drawn(values: Sequence[float]) -> Sequence[float]:
        return source.choices(values, k=len(values))

    samples = [estimate(drawn) for _ in range(_SAMPLES)]
    return Interval(estimate(lambda values: values), quantile(samples, 0.025), quantile(samples, 0.975))
