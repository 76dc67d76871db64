"""The metrics that CloudWatch would have of a local run, read from its log files and calls, each line once."""

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from local_aws.cloudwatch.api_metrics import api_samples
from local_aws.cloudwatch.datapoints import Datapoints, Metric
from local_aws.cloudwatch.function_metrics import FunctionLog
from local_aws.cloudwatch.table_metrics import table_samples
from local_aws.iam import calls
from local_aws.iam.calls import Call
from local_aws.model.deployment import Deployment

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
    """The metrics of the embedded AWS in the folder `work`; `deployment` returns its current deployment."""

    def __init__(self, work: Path, deployment: Callable[[], Deployment]) -> None:
        self._logs = work / "logs"
        self._calls = _Tail(work / calls.FILE)
        self._deployment = deployment
        self._functions: dict[str, tuple[_Tail, FunctionLog]] = {}
        self._access: dict[str, _Tail] = {}
        self._datapoints = Datapoints(PERIOD)

    def datapoints(self, now: float) -> Datapoints:
        """Read the lines since the last call, and return the latest KEPT periods."""
        deployment = self._deployment()
        for name in {function.name for function in deployment.functions.values()} - self._functions.keys():
            self._functions[name] = _Tail(self._logs / f"{name}.jsonl"), FunctionLog(name)
        for tail, log in self._functions.values():
            for line in tail.lines():
                self._datapoints.add(log.samples(line))
        if group := deployment.api.access_log_group:
            name = f"{group.rpartition('/')[2]}.access.jsonl"
            for line in self._access.setdefault(name, _Tail(self._logs / name)).lines():
                self._datapoints.add(api_samples(deployment, line))
        self._datapoints.add(table_samples(_calls(self._calls.lines())))
        self._datapoints.forget(self._datapoints.start(now) - KEPT * PERIOD)
        return self._datapoints


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
