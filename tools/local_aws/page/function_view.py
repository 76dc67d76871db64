"""The JSON that shows a function and its execution environments, without the values of its variables."""

from collections.abc import Iterable
from typing import Any

from local_aws.awslambda.environment import View
from local_aws.model.deployment import Function


def function_view(function: Function, environments: Iterable[View], now: float) -> dict[str, Any]:
    """Return a function as JSON; ages and the timeout in seconds, memory in MB."""
    return {
        "name": function.name,
        "version": function.version,
        "handler": function.handler,
        "runtime": function.runtime,
        "memory_mb": function.memory,
        "timeout_s": function.timeout,
        "reserved_concurrency": function.reserved_concurrency,
        "tracing": function.active_tracing,
        "variables": sorted(function.variables),
        "environments": [
            {
                "name": environment.name,
                "state": environment.state,
                "age_s": round(max(0.0, now - environment.launched)),
                "invocations": environment.invocations,
                "max_memory_mb": environment.max_memory,
                "pid": environment.pid,
            }
            for environment in environments
        ],
    }
