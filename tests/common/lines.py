"""The log lines of a function and their keys."""

from collections.abc import Callable
from typing import Any

type Line = dict[str, Any]
type Lines = Callable[[], list[Line]]

# On every line that is written during a request. An authenticated caller adds `principal_id`.
COMMON = frozenset(
    {
        "level",
        "location",
        "message",
        "timestamp",
        "service",
        "environment",
        "version",
        "cold_start",
        "function_name",
        "function_memory_size",
        "function_arn",
        "function_request_id",
        "xray_trace_id",
        "request_id",
        "correlation_id",
        "traceparent",
    }
)
ACCESS = COMMON | {"method", "route", "status", "duration_ms"}
ERROR = COMMON | {"exception", "exception_name", "stack_trace"}
# A call of AWS that failed has these.
CALL = frozenset({"aws_service", "aws_operation", "aws_attempts", "aws_error"})
# A bug after a call that succeeded, such as one that read an item which does not decode.
BUG = ERROR | CALL - {"aws_error"}
LIBRARY = COMMON | {"logger"}


def logged(found: list[Line]) -> list[Line]:
    """Return the lines that are not metrics."""
    return [line for line in found if "_aws" not in line]


def messages(lines: Lines) -> list[str]:
    """Return the messages of the lines since the last call."""
    return [line["message"] for line in logged(lines())]
