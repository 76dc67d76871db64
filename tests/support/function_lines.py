"""The log lines and metrics of the deployed functions, for tests that deploy no real code.

`tests/e2e/test_alarms.py` compares this description with the lines of the packaged functions.
"""

import importlib
import json
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Any

from common.telemetry.operations import CommonMetric
from monorepo.product import product
from monorepo.services import Service, services

TEMPLATE = Path(__file__).with_suffix(".json").read_text()


def function_lines() -> list[dict[str, Any]]:
    """Return one line of each kind for each service, metrics among them."""
    return [line for service in services() for line in (*_lines(service), *_domain_metrics(service))]


def _lines(service: Service) -> list[dict[str, Any]]:
    text = TEMPLATE
    for placeholder, value in {
        "<prefix>": f"{product().name}-dev",
        "<service>": service.name,
        "<namespace>": f"{product().title}/dev",
        "<address>": service.paths[0],
    }.items():
        text = text.replace(placeholder, value)
    lines: list[dict[str, Any]] = json.loads(text)
    return lines


def _domain_metrics(service: Service) -> Iterator[dict[str, Any]]:
    for name in (*_declared(service.name), *_replays(service.name)):
        directive = {
            "Namespace": f"{product().title}/dev",
            "Dimensions": [["service"]],
            "Metrics": [{"Name": name, "Unit": "Count"}],
        }
        yield {"_aws": {"Timestamp": 0, "CloudWatchMetrics": [directive]}, "service": service.name, name: [1.0]}


def _declared(service: str) -> list[str]:
    """Return the names of the domain metrics that a service declares."""
    declared = vars(importlib.import_module(f"{service}.domain_metrics")).values()
    enums = [one for one in declared if isinstance(one, type) and issubclass(one, StrEnum) and one is not StrEnum]
    return [str(member) for enum in enums for member in enum]


def _replays(service: str) -> list[str]:
    """Return the name of the metric of replays if the service has an operation that replays."""
    operations = importlib.import_module(f"tests.{service}.profile").PROFILE.operations
    replays = any(case.is_replay for operation in operations for case in operation.cases)
    return [CommonMetric.IDEMPOTENT_REPLAYS] if replays else []
