"""Loads: times at which requests arrive, drawn as a Poisson process whose rate changes."""

import math
import random
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

DAY: Final = 86_400.0


class Load(NamedTuple):
    """A load: its name, its length in seconds, its largest rate, and the rate at a time, in requests a second."""

    name: str
    seconds: float
    largest: float
    rate: Callable[[float], float]

    def arrivals(self, seed: int = 1) -> Iterator[float]:
        """Yield the times of the requests, by thinning (Lewis and Shedler, 1979)."""
        source = random.Random(f"arrivals {seed}")  # noqa: S311 - a simulation
        now = source.expovariate(self.largest)
        while now < self.seconds:
            if source.random() * self.largest <= self.rate(now):
                yield now
            now += source.expovariate(self.largest)


def steady(rate: float, seconds: float) -> Load:
    """Return a load of one rate."""
    return Load("steady", seconds, rate, lambda _: rate)


def daily(mean: float, seconds: float = DAY) -> Load:
    """Return a day: nearly nothing at its ends, and nearly twice the mean in its middle."""
    return Load("daily", seconds, 2 * mean, lambda now: mean * (1 - math.cos(2 * math.pi * now / seconds)))


def burst(base: float, peak: float, start: float, length: float, seconds: float) -> Load:
    """Return a base rate with a peak that begins at once."""
    return Load("burst", seconds, peak, lambda now: peak if start <= now < start + length else base)
