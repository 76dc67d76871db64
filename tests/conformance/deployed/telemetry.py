"""Reads the lines, metrics, traces and alarms of a run back from AWS, which delivers them late."""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from tests.conformance.deployed.sending import Sender
from tests.conformance.deployed.target import Function, Target
from tests.support.deployed.spans import Trace

PAUSE: Final = 2.0  # seconds between two calls for what has not arrived
TRACES: Final = 5  # of a function, which BatchGetTraces returns in one call
CLOCKS: Final = 60.0  # seconds by which this machine's clock may differ from AWS's


@dataclass
class ReadBack:
    """What has arrived of a run.

    Attributes:
        target: The deployment.
        sender: Which sent the requests.
        deadline: By when everything must have arrived (s, monotonic).
        lines: The access line of each request, by service and request id.
        init_milliseconds: How long INIT took for each cold start of the run, by service.
        alarms: The number of alarms in each state.
        seconds: How long each kind took to arrive, from the last request.
    """

    target: Target
    sender: Sender
    deadline: float
    lines: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    init_milliseconds: dict[str, list[float]] = field(default_factory=dict)
    alarms: dict[str, int] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._began = time.monotonic()

    def logs(self) -> Iterator[str]:
        """Yield the requests without exactly one line of API Gateway, and one of a function if it responded."""
        client = self.target.aws("logs")
        functions = {(each.function_id, each.method, each.status) for each in self.sender.sent if each.marked}
        functions = {each for each in functions if each[0] is not None}
        gateway = {(each.gateway_id, str(each.status)) for each in self.sender.sent if each.marked and each.gateway_id}
        found: list[tuple[Any, ...]] = []
        passed: list[tuple[Any, ...]] = []

        def missing() -> list[str]:
            self.lines = {each.service: self._access_lines(client, each) for each in self.target.functions}
            every = [line for lines in self.lines.values() for line in lines.values()]
            found[:] = [(line["request_id"], line["method"], line["status"]) for line in every]
            lines = self._find(client, self.target.access_log_group, self.sender.run)
            passed[:] = [(line["requestId"], line["status"]) for line in lines]
            return [
                *(f"no line of a function for {each}" for each in functions - set(found)),
                *(f"no line of API Gateway for {each}" for each in gateway - set(passed)),
            ]

        yield from self._awaited("logs", missing)
        if len(passed) != len(set(passed)):
            yield "API Gateway has several lines for one request"

    def metrics(self) -> Iterator[str]:
        """Yield the metrics of AWS and of the services that count fewer requests than were sent."""
        expected = self._expected_metrics()
        queries = [
            {
                "Id": f"m{number}",
                "MetricStat": {
                    "Metric": {
                        "Namespace": namespace,
                        "MetricName": name,
                        "Dimensions": [{"Name": key, "Value": value} for key, value in dimensions.items()],
                    },
                    "Period": 60,
                    "Stat": statistic,
                },
            }
            for number, (namespace, name, statistic, dimensions, _) in enumerate(expected)
        ]
        client = self.target.aws("cloudwatch")

        def missing() -> list[str]:
            start = datetime.fromtimestamp(self.sender.started - CLOCKS, UTC).replace(second=0, microsecond=0)
            end = datetime.now(UTC) + timedelta(seconds=2 * CLOCKS)
            pages = client.get_paginator("get_metric_data").paginate(
                MetricDataQueries=queries, StartTime=start, EndTime=end
            )
            sums = dict.fromkeys((query["Id"] for query in queries), 0.0)
            for page in pages:
                for result in page["MetricDataResults"]:
                    sums[str(result["Id"])] += sum(result["Values"])
            return [
                f"{namespace} {name} {dimensions} counts {sums[f'm{number}']:.0f} of {count} requests"
                for number, (namespace, name, _, dimensions, count) in enumerate(expected)
                if sums[f"m{number}"] < count
            ]

        yield from self._awaited("metrics", missing)

    def traces(self) -> Iterator[str]:
        """Yield the traced functions without a whole trace of a request of this run."""
        client = self.target.aws("xray")
        for function in (each for each in self.target.functions if each.traced):
            lines = self.lines.get(function.service, {}).values()
            # Lambda samples one request per second at least, and the line says whether it was this one.
            sampled = [line for line in lines if "xray_trace_id" in line and line["traceparent"].endswith("-01")]
            if not sampled:
                yield f"no request to {function.name} was sampled"
                continue
            latest = sorted(sampled, key=lambda line: str(line["timestamp"]))[-TRACES:]
            routes = {line["xray_trace_id"]: line["route"] for line in latest}
            yield from self._awaited("traces", lambda routes=routes: _incomplete(client, routes))  # type: ignore[misc]

    def alarm_states(self) -> Iterator[str]:
        """Yield the alarms of the deployment that are still on at the deadline.

        After a rollback, the alarm that was the reason for it stays on for its periods.
        """
        paginator = self.target.aws("cloudwatch").get_paginator("describe_alarms")

        def on() -> list[str]:
            pages = paginator.paginate(AlarmNamePrefix=f"{self.target.prefix}-")
            alarms = [alarm for page in pages for alarm in (*page["MetricAlarms"], *page.get("CompositeAlarms", ()))]
            self.alarms = dict(Counter(alarm["StateValue"] for alarm in alarms))
            if not alarms:
                return [f"there is no alarm {self.target.prefix}-..."]
            return [
                f"{alarm['AlarmName']} is in ALARM: {alarm['StateReason']}"
                for alarm in alarms
                if alarm["StateValue"] == "ALARM"
            ]

        yield from self._awaited("alarms", on)

    def _expected_metrics(self) -> list[tuple[str, str, str, dict[str, str], int]]:
        """Return namespace, name, statistic, dimensions and the least count of each metric."""
        sent = self.sender.sent
        gateway = len([each for each in sent if each.gateway_id])
        expected = [("AWS/ApiGateway", "Count", "Sum", {"ApiId": self.target.api_id}, gateway)]
        for function in self.target.functions:
            lines = self.lines.get(function.service, {}).values()
            route = f"{function.address}/health"
            dimensions = {"service": function.service, "route": route}
            count = len([line for line in lines if line["route"] == route])
            expected += [
                ("AWS/Lambda", "Invocations", "Sum", {"FunctionName": function.name}, len(lines)),
                (self.target.namespace, "Latency", "SampleCount", dimensions, count),
            ]
        return expected

    def _awaited(self, kind: str, missing: Callable[[], list[str]]) -> Iterator[str]:
        """Ask until nothing is missing or the deadline has passed, and yield what is missing then."""
        while (left := missing()) and time.monotonic() < self.deadline:
            time.sleep(min(PAUSE, max(0.0, self.deadline - time.monotonic())))
        self.seconds[kind] = time.monotonic() - self._began
        yield from left

    def _access_lines(self, client: Any, function: Function) -> dict[str, dict[str, Any]]:
        lines = self._find(client, function.log_group, self.sender.run)
        return {line["request_id"]: line for line in lines if line.get("message") == "request"}

    def read_inits(self) -> Iterator[str]:
        """Read how long INIT took from Lambda's own record of the first invocation of each environment.

        It may be missing, such as after a restore by SnapStart, so nothing is yielded.
        """
        client = self.target.aws("logs")
        for function in self.target.functions:
            lines = self.lines.get(function.service, {}).values()
            for line in (line for line in lines if line["cold_start"]):
                for found in self._find(client, function.log_group, line["function_request_id"]):
                    metrics = found.get("record", {}).get("metrics", {})
                    took = metrics.get("initDurationMs", metrics.get("restoreDurationMs"))
                    if found.get("type") == "platform.report" and took is not None:
                        self.init_milliseconds.setdefault(function.service, []).append(took)
        yield from ()

    def _find(self, client: Any, group: str, text: str) -> list[dict[str, Any]]:
        """Return the JSON lines of a group that contain a text, since the run began."""
        pages = client.get_paginator("filter_log_events").paginate(
            logGroupName=group, filterPattern=f'"{text}"', startTime=int((self.sender.started - CLOCKS) * 1000)
        )
        messages = [event["message"] for page in pages for event in page["events"]]
        return [json.loads(message) for message in messages if message.startswith("{")]


def _incomplete(client: Any, routes: dict[str, str]) -> list[str]:
    """Return the traces, by id with the route of each, that are missing or lack a part."""
    found = {
        trace["Id"]: Trace(json.loads(segment["Document"]) for segment in trace["Segments"])
        for trace in client.batch_get_traces(TraceIds=list(routes))["Traces"]
    }
    absent = [
        f"the trace {trace_id} is incomplete" for trace_id in routes if not found.get(trace_id, Trace(())).is_complete()
    ]
    return absent or [
        f"the trace {trace_id} is of {annotated} instead of {route}"
        for trace_id, route in routes.items()
        if (annotated := found[trace_id].one("## handler").get("annotations", {}).get("route")) != route
    ]
