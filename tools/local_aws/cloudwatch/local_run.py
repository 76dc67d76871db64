"""The metrics that CloudWatch would have of a local run, read from its log files and calls, each line once."""

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from local_aws.cloudwatch.api_metrics import api_samples
from local_aws.cloudwatch.datapoints import Datapoints, Metric, Sample
from local_aws.cloudwatch.function_metrics import FunctionLog
from local_aws.cloudwatch.table_metrics import table_samples
from local_aws.iam import calls
from local_aws.iam.calls import Call
from local_aws.model.observed import Observed

PERIOD = 5  # seconds: a local run lasts minutes
KEPT = 180  # periods

# AWS's own metrics that a local run records. All metrics that functions write are recorded.
_KNOWN = {
    "AWS/ApiGateway": {"4xx", "5xx", "Count", "IntegrationLatency", "Latency"},
    "AWS/DynamoDB": {"SuccessfulRequestLatency", "SystemErrors"},
    "AWS/Lambda": {"ConcurrentExecutions", "Duration", "Errors", "Invocations", "Throttles"},
}


def is_known(metric: Metric) -> bool:
    """Return whether a local run records this metric."""
    return not metric.namespace.startswith("AWS/") or metric.name in _KNOWN.get(metric.namespace, ())


class LocalRun:
    """The metrics of a run, with those that `add` gets.

    Args:
        observed: Returns what is served now, or None if nothing is.
        kept: How many periods are stored.
    """

    def __init__(self, observed: Callable[[], Observed | None], kept: int = KEPT) -> None:
        self._observed = observed
        self._kept = kept
        self._tails: dict[Path, _Tail] = {}
        self._functions: dict[Path, FunctionLog] = {}
        self._datapoints = Datapoints(PERIOD)

    def add(self, samples: Iterable[Sample]) -> None:
        """Add values that are not in a file."""
        self._datapoints.add(samples)

    def datapoints(self, now: float) -> Datapoints:
        """Read the lines since the last call, and return the latest periods."""
        observed = self._observed()
        if observed is not None:
            self._read(observed, Path(observed.work))
        self._datapoints.forget(self._datapoints.start(now) - self._kept * PERIOD)
        return self._datapoints

    def _read(self, observed: Observed, work: Path) -> None:
        for name in observed.routes.values():
            self._functions.setdefault(work / "logs" / f"{name}.jsonl", FunctionLog(name))
        for path, log in self._functions.items():
            for line in self._lines(path):
                self._datapoints.add(log.samples(line))
        if group := observed.access_log_group:
            for line in self._lines(work / "logs" / f"{group.rpartition('/')[2]}.access.jsonl"):
                self._datapoints.add(api_samples(observed, line))
        self._datapoints.add(table_samples(_calls(self._lines(work / calls.FILE))))

    def _lines(self, path: Path) -> list[str]:
        return self._tails.setdefault(path, _Tail(path)).lines()


def _calls(lines: Iterable[str]) -> Iterator[Call]:
    return (Call(**json.loads(line)) for line in lines)


class _Tail:
    """A growing file; each complete line is returned once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read = 0

    def lines(self) -> list[str]:
        try:
            with self._path.open("rb") as file:
                file.seek(self._read)
                complete, newline, _ = file.read().rpartition(b"\n")
        except FileNotFoundError:
            return []
        self._read += len(complete) + len(newline)
        return complete.decode().split("\n") if newline else []
