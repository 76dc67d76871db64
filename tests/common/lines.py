"""What a function has written."""

from collections.abc import Callable
from typing import Any

type Line = dict[str, Any]
type Lines = Callable[[], list[Line]]

# On every line that is written during a request; who asks is there once it is known.
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
LIBRARY = COMMON | {"logger"}


def logged(found: list[Line]) -> list[Line]:
    """The lines that are no metrics."""
    return [line for line in found if "_aws" not in line]


def messages(lines: Lines) -> list[str]:
    """What the lines since the last call say."""
    return [line["message"] for line in logged(lines())]
