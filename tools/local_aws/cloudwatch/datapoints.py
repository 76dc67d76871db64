"""Values of metrics over time, stored as in CloudWatch: by namespace, name and exact set of dimensions."""

from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from local_aws.cloudwatch.statistic import statistic

type Points = Mapping[int, float]
"""A time series: a value for each period that has one, by its beginning in seconds since the epoch."""


@dataclass(frozen=True, slots=True)
class Metric:
    """The identity of a metric: another set of dimensions is another metric."""

    namespace: str
    name: str
    dimensions: frozenset[tuple[str, str]]

    @classmethod
    def of(cls, namespace: str, name: str, dimensions: Mapping[str, str]) -> "Metric":
        """Return the metric with these dimensions."""
        return cls(namespace, name, frozenset(dimensions.items()))


@dataclass(frozen=True, slots=True)
class Sample:
    """Values of a metric at one time, in seconds since the epoch."""

    metric: Metric
    unit: str
    time: float
    values: tuple[float, ...]


class Datapoints:
    """The values of all metrics, in periods of `period` seconds that begin at its multiples."""

    def __init__(self, period: int) -> None:
        self.period = period
        self._values: dict[Metric, dict[int, array[float]]] = {}  # An array takes a quarter of a list's memory.
        self._units: dict[Metric, str] = {}

    def add(self, samples: Iterable[Sample]) -> None:
        """Add values in any order."""
        for sample in samples:
            periods = self._values.setdefault(sample.metric, {})
            periods.setdefault(self.start(sample.time), array("d")).extend(sample.values)
            self._units[sample.metric] = sample.unit

    def forget(self, before: int) -> None:
        """Drop the periods that begin before that time, and metrics without other periods."""
        for metric, periods in list(self._values.items()):
            for start in [start for start in periods if start < before]:
                del periods[start]
            if not periods:
                del self._values[metric], self._units[metric]

    def start(self, time: float) -> int:
        """Return the start of a time's period."""
        return int(time // self.period) * self.period

    def metrics(self) -> list[Metric]:
        """Return the metrics that have values, by name and dimensions."""
        return sorted(self._values, key=lambda metric: (metric.name, sorted(metric.dimensions)))

    def unit(self, metric: Metric) -> str | None:
        """Return a metric's unit, or None when it has no values."""
        return self._units.get(metric)

    def first(self) -> int | None:
        """Return the start of the first period with values, or None."""
        return min((start for periods in self._values.values() for start in periods), default=None)

    def values(self, metric: Metric) -> Mapping[int, Sequence[float]]:
        """Return a metric's values for each period in which it has values, in no order."""
        return self._values.get(metric, {})

    def points(self, metric: Metric, name: str) -> dict[int, float]:
        """Return a statistic of a metric for each period in which it has values."""
        compute = statistic(name)
        return {start: compute(values) for start, values in sorted(self._values.get(metric, {}).items())}
