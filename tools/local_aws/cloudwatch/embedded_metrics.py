"""Extracts the CloudWatch metrics that a function wrote into its log.

Format: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_DIMENSIONS = 30  # of a set
_DIMENSION_CHARACTERS = 1024
_METRICS = 100  # of a directive
_VALUES = 100  # of a metric
_AMOUNTS = (
    "Bytes",
    "Kilobytes",
    "Megabytes",
    "Gigabytes",
    "Terabytes",
    "Bits",
    "Kilobits",
    "Megabits",
    "Gigabits",
    "Terabits",
    "Count",
)
_TIMES = ("Seconds", "Microseconds", "Milliseconds")
_UNITS = frozenset([*_AMOUNTS, *(f"{amount}/Second" for amount in _AMOUNTS), *_TIMES, "Percent", "None"])
_RESOLUTIONS = (1, 60)


class MetricError(ValueError):
    """A log line has metric metadata that does not follow the specification: CloudWatch would extract no metric."""


@dataclass(frozen=True, slots=True)
class Metric:
    """Values of one metric; each set of dimensions is a metric of its own.

    `resolution` is in seconds, `time` in seconds since the epoch.
    """

    namespace: str
    dimensions: Mapping[str, str]
    name: str
    values: tuple[float, ...]
    unit: str
    resolution: int
    time: float


def embedded_metrics(message: str) -> list[Metric]:
    """Read a log line's metrics; a line that is not a JSON object with the member `_aws` has none.

    Raises:
        MetricError: a part of the document is not as specified.
    """
    try:
        root = json.loads(message, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return []
    if not isinstance(root, dict) or "_aws" not in root:
        return []
    metadata = _checked(root["_aws"], dict, "_aws")
    timestamp = _number(metadata.get("Timestamp"))
    if timestamp is None:
        raise MetricError("Timestamp is not a number of milliseconds")
    directives = _checked(metadata.get("CloudWatchMetrics"), list, "CloudWatchMetrics")
    return [
        metric
        for directive in directives
        for metric in _metrics(root, _checked(directive, dict, "a directive"), timestamp / 1000)
    ]


def _metrics(root: Mapping[str, Any], directive: Mapping[str, Any], time: float) -> Iterator[Metric]:
    namespace = _checked(directive.get("Namespace"), str, "Namespace")
    sets = _checked(directive.get("Dimensions"), list, "Dimensions")
    definitions = _checked(directive.get("Metrics"), list, "Metrics")
    if not namespace or not sets:
        raise MetricError("Namespace and Dimensions must not be empty")
    if len(definitions) > _METRICS:
        raise MetricError(f"more than {_METRICS} metrics")
    for definition in definitions:
        name = _checked(_checked(definition, dict, "a metric").get("Name"), str, "a metric's Name")
        values = _values(root, name)
        unit = _checked(definition.get("Unit", "None"), str, f"{name}: Unit")
        resolution = _checked(definition.get("StorageResolution", 60), int, f"{name}: StorageResolution")
        if unit not in _UNITS:
            raise MetricError(f"{name}: {unit!r} is not a unit")
        if resolution not in _RESOLUTIONS:
            raise MetricError(f"{name}: StorageResolution must be 1 or 60")
        for keys in sets:
            dimensions = _dimensions(root, _checked(keys, list, "a set of dimensions"))
            yield Metric(namespace, dimensions, name, values, unit, resolution, time)


def _dimensions(root: Mapping[str, Any], keys: list[Any]) -> dict[str, str]:
    if len(keys) > _DIMENSIONS:
        raise MetricError(f"more than {_DIMENSIONS} dimensions")
    dimensions = {}
    for key in keys:
        value = root.get(_checked(key, str, "a dimension"))
        if not isinstance(value, str) or len(value) > _DIMENSION_CHARACTERS:
            raise MetricError(f"dimension {key} has no text of at most {_DIMENSION_CHARACTERS} characters")
        dimensions[key] = value
    return dimensions


def _values(root: Mapping[str, Any], name: str) -> tuple[float, ...]:
    target = root.get(name)
    values = [_number(value) for value in (target if isinstance(target, list) else [target])]
    if not 0 < len(values) <= _VALUES:
        raise MetricError(f"{name}: an array must hold 1 to {_VALUES} numbers")
    if None in values:
        raise MetricError(f"{name} has no numeric value")
    return tuple(value for value in values if value is not None)


def _number(value: object) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return value if is_number else None  # type: ignore[return-value]


def _checked[T](value: object, kind: type[T], name: str) -> T:
    if not isinstance(value, kind):
        raise MetricError(f"{name} is missing or of the wrong type")
    return value


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant} is not JSON")
