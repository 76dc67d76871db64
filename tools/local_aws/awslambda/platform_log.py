"""A function's log: the lines of its code, and the platform's records in the function's log format.

Records: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-formats (JSON and text) and
https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html.
"""

import json
import re
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from local_aws.awslambda.invocation import LogEvent, Record, status_of
from local_aws.logs.delivery import Deliver
from local_aws.model.deployment import Function, InitializationType

LEVELS = ("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL")
_ALIASES = {"WARNING": "WARN", "CRITICAL": "FATAL"}  # names of Python's logging
_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")
_EVENT_WEIGHT = 100  # overhead of a stored event, in characters
KEPT_BYTES = 256 * 1024  # of an invocation's lines, for its record


class FunctionLog:
    """One log stream of a function: a line of JSON per event, with CloudWatch Logs' field names.

    Every event goes to `<folder>/<function>.jsonl`, to `deliver`, and, up to a bound, into the invocation's record.
    """

    def __init__(
        self,
        folder: Path,
        function: Function,
        stream: str,
        deliver: Deliver,
        kind: InitializationType = "on-demand",
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._file = (folder / f"{function.name}.jsonl").open("a", buffering=1, encoding="utf-8")
        self._function = function
        self._kind = kind
        self._deliver = deliver
        self._events: list[LogEvent] = []
        self._kept = 0
        self.stream = stream

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def take(self) -> tuple[LogEvent, ...]:
        """Return the lines since the last call, at most KEPT_BYTES of them."""
        events, self._events, self._kept = tuple(self._events), [], 0
        return events

    def write(self, line: str) -> None:
        """Log one line of the function, unless `application_log_level` hides it."""
        logging = self._function.logging
        if logging.format != "JSON" or shown(line, logging.application_level):
            self._write(line)

    def _write(self, line: str) -> None:
        now = int(time.time() * 1000)
        self._file.write(json.dumps({"timestamp": now, "logStreamName": self.stream, "message": line}) + "\n")
        self._deliver(self._function.logging.group, self.stream, now, line)
        self._kept += len(line) + _EVENT_WEIGHT
        if self._kept <= KEPT_BYTES:
            self._events.append(LogEvent(now, line))

    def start(self, request_id: str) -> None:
        """Log the start of an invocation."""
        self._record("INFO", "platform.start", {"requestId": request_id, "version": self._function.version})
        if self._function.logging.format != "JSON":
            self._write(f"START RequestId: {request_id} Version: {self._function.version}")

    def init_start(self, phase: str, instance: str, runtime_version: str) -> None:
        """Log the start of INIT, in the phase `init` or, at the second attempt, `invoke`; JSON only."""
        record = {"initializationType": self._kind, "phase": phase} | self._instance(instance, runtime_version)
        self._record("INFO", "platform.initStart", record)

    def _instance(self, instance: str, runtime_version: str) -> dict[str, Any]:
        function = self._function
        return {
            "runtimeVersion": runtime_version,
            "functionName": function.name,
            "functionVersion": function.version,
            "instanceId": instance,
            "instanceMaxMemory": function.memory,
        }

    def restore_start(self, instance: str, runtime_version: str) -> None:
        """Log the start of a restore from a snapshot; JSON only."""
        self._record("INFO", "platform.restoreStart", self._instance(instance, runtime_version))

    def restore_end(self, milliseconds: float, error_type: str | None) -> None:
        """Log the end of a restore; in text format only if it failed."""
        status = status_of(error_type)
        record: dict[str, Any] = {"status": status} | ({"errorType": error_type} if error_type else {})
        level = "WARN" if error_type else "DEBUG"
        self._record(level, "platform.restoreRuntimeDone", record)
        self._record(level, "platform.restoreReport", record | {"metrics": {"durationMs": round(milliseconds, 3)}})
        if error_type and self._function.logging.format != "JSON":
            self._write(
                f"RESTORE_REPORT Restore Duration: {milliseconds:.2f} ms\tStatus: {status}\tError Type: {error_type}"
            )

    def init_end(self, milliseconds: float, phase: str, error_type: str | None) -> None:
        """Log the end of INIT; in text format only if it failed."""
        status = status_of(error_type)
        record: dict[str, Any] = {"initializationType": self._kind, "phase": phase, "status": status}
        if error_type:
            record["errorType"] = error_type
        level = "WARN" if error_type else "DEBUG"
        self._record(level, "platform.initRuntimeDone", record)
        self._record(level, "platform.initReport", record | {"metrics": {"durationMs": round(milliseconds, 3)}})
        if error_type and self._function.logging.format != "JSON":
            self._write(
                f"INIT_REPORT Init Duration: {milliseconds:.2f} ms\tPhase: {phase}\tStatus: {status}"
                f"\tError Type: {error_type}"
            )

    def failure(self, request_id: str, text: str) -> None:
        """Log the platform's text about a timeout or an exit; with JSON the report contains it."""
        if self._function.logging.format != "JSON":
            self._write(f"{datetime.now(UTC).isoformat(timespec='milliseconds')[:23]}Z {request_id} {text}")

    def report(self, record: Record, segment_id: str, produced: int) -> None:
        """Log the report of an invocation: durations, memory, and the function's segment in its trace.

        Its response has `produced` bytes.
        """
        if self._function.logging.format == "JSON":
            self._json_report(record, segment_id, produced)
        else:
            self._write(f"END RequestId: {record.request_id}")
            self._write(self._text_report(record, segment_id))

    def _json_report(self, record: Record, segment_id: str, produced: int) -> None:
        duration = {"durationMs": round(record.duration_ms, 3)}
        metrics: dict[str, float] = duration | {
            "billedDurationMs": record.billed_ms,
            "memorySizeMB": self._function.memory,
            "maxMemoryUsedMB": record.max_memory,
        }
        if record.init_ms is not None:
            metrics["initDurationMs"] = round(record.init_ms, 3)
        if record.restore_ms is not None:
            metrics["restoreDurationMs"] = round(record.restore_ms, 3)
        said: dict[str, Any] = {"requestId": record.request_id, "status": record.status}
        if record.error_type:
            said["errorType"] = record.error_type
        value = f"Root={record.trace_id};Parent={segment_id};Sampled={int(record.sampled)}"
        said["tracing"] = {"spanId": segment_id, "type": "X-Amzn-Trace-Id", "value": value}
        done = said | {"metrics": duration | {"producedBytes": produced}}
        self._record("WARN" if record.error_type else "DEBUG", "platform.runtimeDone", done)
        self._record("WARN" if record.error_type else "INFO", "platform.report", said | {"metrics": metrics})

    def _text_report(self, record: Record, segment_id: str) -> str:
        parts = [
            f"REPORT RequestId: {record.request_id}",
            f"Duration: {record.duration_ms:.2f} ms",
            f"Billed Duration: {record.billed_ms} ms",
            f"Memory Size: {self._function.memory} MB",
            f"Max Memory Used: {record.max_memory} MB",
        ]
        if record.init_ms is not None:
            parts.append(f"Init Duration: {record.init_ms:.2f} ms")
        if record.restore_ms is not None:
            parts.append(f"Restore Duration: {record.restore_ms:.2f} ms")
        if record.status != "success":
            parts.append(f"Status: {record.status}")
        if record.error_type:
            parts.append(f"Error Type: {record.error_type}")
        if record.sampled:
            parts.append(f"\nXRAY TraceId: {record.trace_id}\tSegmentId: {segment_id}\tSampled: true")
        return "\t".join(parts)

    def _record(self, level: str, kind: str, record: dict[str, Any]) -> None:
        """Log a record unless the log's format is text, or `system_log_level` hides it.

        Levels: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html.
        """
        logging = self._function.logging
        if logging.format == "JSON" and LEVELS.index(level) >= LEVELS.index(logging.system_level):
            now = datetime.now(UTC).isoformat(timespec="milliseconds")[:23] + "Z"
            self._write(json.dumps({"time": now, "type": kind, "record": record}))


def shown(line: str, level: str) -> bool:
    """Return whether a line that the function wrote is of `level` or above.

    A line is INFO unless it is a JSON object with a valid `level` and an RFC 3339 `timestamp`:
    https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html.
    """
    least = LEVELS.index(level)
    return least == 0 or LEVELS.index(_level_of(line)) >= least


def _level_of(line: str) -> str:
    try:
        said = json.loads(line)
        if not _RFC_3339.fullmatch(said["timestamp"]):
            return "INFO"
        level = _ALIASES.get(said["level"].upper(), said["level"].upper())
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return "INFO"
    return level if level in LEVELS else "INFO"
