"""Lambda's metrics of a function, from the platform's records in its log, and the metrics that its code wrote there.

Names: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html. A metric has the time of the
invocation.
"""

import json
from collections.abc import Iterator
from contextlib import suppress

from local_aws.cloudwatch.datapoints import Metric, Sample
from local_aws.cloudwatch.embedded_metrics import MetricError, embedded_metrics


class FunctionLog:
    """The log of one function; `samples` gets its lines in order from the beginning."""

    def __init__(self, function: str) -> None:
        self._function = function
        self._under_way: dict[str, float] = {}

    def samples(self, text: str) -> Iterator[Sample]:
        """Read a line of the function's log file; a line that CloudWatch would reject has no metrics."""
        line = json.loads(text)
        message = line["message"]
        if '"_aws"' in message:
            yield from _embedded(message)
        elif '"platform.' in message:
            yield from self._platform(message, line["timestamp"] / 1000)

    def _platform(self, message: str, time: float) -> Iterator[Sample]:
        try:
            event = json.loads(message)
            kind, record = event["type"], event["record"]
        except (ValueError, LookupError, TypeError):
            return  # A line of the function, not a record.
        match kind:
            case "platform.start":
                self._under_way[record["requestId"]] = time
                yield self._sample("ConcurrentExecutions", time, len(self._under_way))
            case "platform.report":
                began = self._under_way.pop(record["requestId"], time)
                yield self._sample("Invocations", began, 1)
                yield self._sample("Errors", began, record["status"] != "success")
                yield self._sample("Throttles", began, 0)
                yield self._sample("Duration", began, record["metrics"]["durationMs"], "Milliseconds")

    def _sample(self, name: str, time: float, value: float, unit: str = "Count") -> Sample:
        return function_sample(self._function, name, time, value, unit)


def function_sample(function: str, name: str, time: float, value: float, unit: str = "Count") -> Sample:
    """Return a value of one of Lambda's metrics of a function, over all its versions."""
    return Sample(Metric.of("AWS/Lambda", name, {"FunctionName": function}), unit, time, (float(value),))


def _embedded(message: str) -> Iterator[Sample]:
    with suppress(MetricError):
        for metric in embedded_metrics(message):
            identity = Metric.of(metric.namespace, metric.name, metric.dimensions)
            yield Sample(identity, metric.unit, metric.time, metric.values)
