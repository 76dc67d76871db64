"""Lines of a local run: of a function's log, of the access log, and of the recorded calls."""

import json
from pathlib import Path
from typing import Any

from local_aws.cloudwatch.datapoints import Sample
from local_aws.iam.calls import Call
from local_aws.model.observed import Observed
from tests.local_aws.page.seen_requests import BEGAN, a_call

START = int(BEGAN) // 5 * 5
FORMAT = {
    "requestId": "$context.requestId",
    "routeKey": "$context.routeKey",
    "status": "$context.status",
    "took": "$context.responseLatency",
    "integrationLatency": "$context.integrationLatency",
    "integrationStatus": "$context.integrationStatus",
}


def a_log_line(message: object, time: float = BEGAN) -> str:
    text = message if isinstance(message, str) else json.dumps(message)
    return json.dumps({"timestamp": int(time * 1000), "logStreamName": "2026/11/21/[1]8", "message": text})


def a_start(request_id: str, time: float = BEGAN) -> str:
    return a_log_line({"time": "", "type": "platform.start", "record": {"requestId": request_id}}, time)


def a_report(request_id: str, time: float = BEGAN, status: str = "success", took: float = 12.5) -> str:
    record = {"requestId": request_id, "status": status, "metrics": {"durationMs": took, "billedDurationMs": 13}}
    return a_log_line({"time": "", "type": "platform.report", "record": record}, time)


def some_metrics(name: str, *values: float, time: float = BEGAN, unit: str = "Count", **dimensions: str) -> str:
    definition = {"Name": name, "Unit": unit}
    directive = {"Namespace": "Shop/dev", "Dimensions": [list(dimensions)], "Metrics": [definition]}
    metadata = {"Timestamp": int(time * 1000), "CloudWatchMetrics": [directive]}
    return a_log_line({"_aws": metadata, name: list(values), **dimensions}, time)


def an_access_line(status: int = 200, time: float = BEGAN, **changes: str) -> str:
    line = {"requestId": "id", "routeKey": "$default", "status": str(status), "took": "20", "integrationLatency": "15"}
    return a_log_line(line | {"integrationStatus": "200"} | changes, time)


def an_observed(
    work: Path = Path("work"), template: str | None = json.dumps(FORMAT), function: str = "orders"
) -> Observed:
    return Observed(
        work=str(work),
        api="a1b2c3",
        stage="$default",
        access_log_group="/aws/apigateway/shop",
        access_log_format=template,
        routes={"$default": function},
    )


def calls_of_one(operation: str, *resources: str, **changes: Any) -> list[Call]:
    prefix = "arn:aws:dynamodb:eu-central-1:123456789012:table/"
    return [a_call(operation=operation, resource=prefix + resource, **changes) for resource in resources]


def summaries(samples: list[Sample]) -> list[tuple[str, dict[str, str], float]]:
    """Return the names, dimensions and values of samples."""
    return [
        (sample.metric.name, dict(sample.metric.dimensions), value) for sample in samples for value in sample.values
    ]
