"""The events that a query of CloudWatch Logs Insights runs over, and what it computes of their values."""

import json
import operator
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from local_aws.cloudwatch.statistic import statistic

type Row = dict[str, Any]
type Value = Callable[[Row], Any]
type Aggregate = Callable[[Sequence[Row], Value], Any]

_OF_NUMBERS = {"sum": "Sum", "avg": "Average", "min": "Minimum", "max": "Maximum"}


def row(group: str, stream: str, timestamp: int, message: str) -> Row:
    """Return an event's fields: CloudWatch's, and those of a message that is JSON, nested ones with dots."""
    time = datetime.fromtimestamp(timestamp / 1000, UTC)
    found: Row = {
        "@timestamp": f"{time:%Y-%m-%d %H:%M:%S}.{timestamp % 1000:03}",
        "@message": message,
        "@logStream": stream,
        "@log": group,
    }
    try:
        document = json.loads(message)
    except ValueError:
        return found
    return found | (_flat(document) if isinstance(document, dict) else {})


def _flat(document: Mapping[str, Any], prefix: str = "") -> Row:
    found: Row = {}
    for name, value in document.items():
        if isinstance(value, dict):
            found |= _flat(value, f"{prefix}{name}.")
        elif value is not None and not isinstance(value, list):
            found[prefix + name] = value
    return found


def compared(compare: Callable[[Any, Any], bool], one: Any, other: Any) -> bool:
    """Compare as numbers if both are, else as texts. A missing value differs from every other."""
    if one is None or other is None:
        return compare is operator.ne
    numbers = _number(one), _number(other)
    return compare(*(numbers if None not in numbers else (text(one), text(other))))


def _number(value: Any) -> float | None:
    try:
        return None if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        return None


def rank(value: Any) -> tuple[int, float, str]:
    """Return the position of a value in an order: none before numbers, and those before texts."""
    number = _number(value)
    if value is None:
        return 0, 0.0, ""
    return (1, number, "") if number is not None else (2, 0.0, text(value))


def of_numbers(name: str) -> Aggregate:
    """Return the function that computes a statistic of the values that are numbers.

    Raises:
        ValueError: The statistic is not supported.
    """
    compute = statistic(name)

    def of(rows: Sequence[Row], value: Value) -> float | None:
        numbers = [number for one in rows if (number := _number(value(one))) is not None]
        return compute(numbers) if numbers else None

    return of


def _count(rows: Sequence[Row], value: Value) -> int:
    return sum(value(one) is not None for one in rows)


def _latest(rows: Sequence[Row], value: Value) -> Any:
    found = [one for one in rows if value(one) is not None]
    return value(max(found, key=lambda one: one["@timestamp"])) if found else None


AGGREGATES: Mapping[str, Aggregate] = {
    "count": _count,
    "latest": _latest,
    **{name: of_numbers(of) for name, of in _OF_NUMBERS.items()},
}


def text(value: Any) -> str:
    """Return a value as results show it."""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else str(round(value, 4))
    return value if isinstance(value, str) else json.dumps(value)
