"""The metrics and log fields that the services and AWS emit, for checks of alarms, graphs and queries."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

# A percentile of a count is not useful, and neither is a sum of durations.
STATISTICS = {
    "Count": frozenset({"Sum", "SampleCount"}),
    "Milliseconds": frozenset({"Average", "Minimum", "Maximum", "SampleCount", "percentile"}),
}


# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html has more; these are used.
OPERATIONS = frozenset({"DeleteItem", "GetItem", "PutItem", "Query", "TransactWriteItems", "UpdateItem"})


@dataclass(frozen=True)
class Metric:
    """A metric with one full set of its dimensions' names, its unit, and its useful statistics."""

    namespace: str
    name: str
    dimensions: frozenset[str]
    unit: str
    statistics: frozenset[str]


@dataclass(frozen=True)
class Emitted:
    """Metrics, known values of their dimensions, and fields of log lines.

    `fields` has the keys of the lines in the log groups of `function` and of `access`. `messages` has the messages that
    functions log.
    """

    metrics: frozenset[Metric] = frozenset()
    values: Mapping[str, frozenset[str]] = field(default_factory=dict)
    fields: Mapping[str, frozenset[str]] = field(default_factory=dict)
    messages: frozenset[str] = frozenset()

    @classmethod
    def read(cls, function_lines: Iterable[Mapping[str, Any]], access_lines: Iterable[Mapping[str, Any]]) -> Self:
        """Read lines of functions, including metrics, and lines of API Gateway's access log."""
        metrics: set[Metric] = set()
        values: dict[str, set[str]] = {}
        fields: set[str] = set()
        messages: set[str] = set()
        for line in function_lines:
            if "_aws" not in line:
                fields |= line.keys()
                if isinstance(message := line.get("message"), str):
                    messages.add(message)
                continue
            for directive in line["_aws"]["CloudWatchMetrics"]:
                for names in directive["Dimensions"]:
                    for name in names:
                        values.setdefault(name, set()).add(line[name])
                    metrics |= {
                        Metric(
                            directive["Namespace"], one["Name"], frozenset(names), one["Unit"], STATISTICS[one["Unit"]]
                        )
                        for one in directive["Metrics"]
                    }
        return cls(
            metrics=frozenset(metrics),
            values={name: frozenset(known) for name, known in values.items()},
            fields={"function": frozenset(fields), "access": frozenset(name for line in access_lines for name in line)},
            messages=frozenset(messages),
        )

    def __or__(self, other: Self) -> Self:
        """Return the union."""
        return type(self)(
            metrics=self.metrics | other.metrics,
            values=_merged(self.values, other.values),
            fields=_merged(self.fields, other.fields),
            messages=self.messages | other.messages,
        )


def _merged(one: Mapping[str, frozenset[str]], other: Mapping[str, frozenset[str]]) -> dict[str, frozenset[str]]:
    nothing: frozenset[str] = frozenset()
    return {name: one.get(name, nothing) | other.get(name, nothing) for name in one.keys() | other.keys()}


def recorded_by_aws() -> Emitted:
    """Return the metrics of AWS from `aws_metrics.json`, which names the source of each."""
    pages = json.loads((Path(__file__).parent / "aws_metrics.json").read_text())
    return Emitted(
        metrics=frozenset(
            Metric(page["namespace"], name, frozenset(dimensions), metric["unit"], frozenset(metric["statistics"]))
            for page in pages
            for name, metric in page["metrics"].items()
            for dimensions in metric["dimensions"]
        )
    )


def named_by_resources(api_id: str, functions: Any, dynamodb: Any) -> Emitted:
    """Return the values of AWS's dimensions in the account of these clients."""
    tables = [dynamodb.describe_table(TableName=name)["Table"] for name in dynamodb.list_tables()["TableNames"]]
    indexes = [index["IndexName"] for table in tables for index in table["GlobalSecondaryIndexes"]]
    return Emitted(
        values={
            "ApiId": frozenset({api_id}),
            "FunctionName": frozenset(one["FunctionName"] for one in functions.list_functions()["Functions"]),
            "TableName": frozenset(table["TableName"] for table in tables),
            "GlobalSecondaryIndexName": frozenset(indexes),
            "Operation": OPERATIONS,
        }
    )
