"""Lines of a function's log, with their source and level."""

import json
import re
from collections.abc import Iterable
from typing import Any

from local_aws.awslambda.invocation import LogEvent
from local_aws.cloudwatch.embedded_metrics import MetricError, embedded_metrics

_PLATFORM = re.compile(r"(START|END|REPORT) RequestId: |INIT_(START|REPORT) ")
_BRACKETED = re.compile(r"\[(\w+)\]")
_LEVELS = {"WARNING": "WARN", "CRITICAL": "FATAL"}  # Python's names to Lambda's


def log_view(events: Iterable[LogEvent]) -> list[dict[str, Any]]:
    """Return each line with its source (`platform`, `metrics` or `function`) and its level, None without one."""
    return [{"timestamp": event.timestamp, "message": event.message} | _classified(event.message) for event in events]


def metrics_view(events: Iterable[LogEvent]) -> list[dict[str, Any]]:
    """Return the metrics in the lines, or the `problem` of lines whose metrics CloudWatch would reject."""
    views: list[dict[str, Any]] = []
    for event in events:
        try:
            metrics = embedded_metrics(event.message)
        except MetricError as error:
            views.append({"problem": str(error)})
        else:
            views += [
                {
                    "namespace": metric.namespace,
                    "dimensions": dict(metric.dimensions),
                    "name": metric.name,
                    "values": list(metric.values),
                    "unit": metric.unit,
                    "resolution": metric.resolution,
                }
                for metric in metrics
            ]
    return views


def _classified(message: str) -> dict[str, str | None]:
    try:
        line = json.loads(message)
    except (ValueError, RecursionError):
        line = None
    if not isinstance(line, dict):
        if _PLATFORM.match(message):
            return {"source": "platform", "level": None}
        bracketed = _BRACKETED.match(message)
        return {"source": "function", "level": _level(bracketed[1]) if bracketed else None}
    if str(line.get("type")).startswith("platform."):
        record = line.get("record")
        failed = isinstance(record, dict) and record.get("status", "success") != "success"
        return {"source": "platform", "level": "WARN" if failed else None}
    return {"source": "metrics" if "_aws" in line else "function", "level": _level(line.get("level"))}


def _level(name: object) -> str | None:
    return _LEVELS.get(name.upper(), name.upper()) if isinstance(name, str) else None
