"""Reads lines in CloudWatch's embedded metric format."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final, NamedTuple

from jsonschema import Draft7Validator

from common.product import PRODUCT

# https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
SCHEMA: Final = Draft7Validator(json.loads(Path(__file__).with_name("emf_schema.json").read_text()))
MOST_VALUES: Final = 100
# The namespaces of the in-process tests and of the end-to-end deployment.
NAMESPACES: Final = {"Things/test", f"{PRODUCT.title}/dev"}


class Blob(NamedTuple):
    """The dimensions of a line with their values, and its metrics with unit and values."""

    dimensions: dict[str, str]
    metrics: dict[str, tuple[str, list[float]]]

    def counted(self) -> dict[str, float]:
        """Return the sum of each metric."""
        return {name: sum(values) for name, (_, values) in self.metrics.items()}


def blob(line: dict[str, Any]) -> Blob:
    """Return the metrics of a line. Assert that it is valid by schema and specification, and has no other keys."""
    SCHEMA.validate(line)
    [directive] = line["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] in NAMESPACES
    [names] = directive["Dimensions"]
    dimensions = {name: line[name] for name in names}
    assert all(isinstance(value, str) for value in dimensions.values())
    metrics = {}
    for metric in directive["Metrics"]:
        values = line[metric["Name"]]
        assert values
        assert len(values) <= MOST_VALUES
        assert all(isinstance(value, float) for value in values)
        metrics[metric["Name"]] = (metric["Unit"], values)
    assert metrics
    assert set(line) == {"_aws", *dimensions, *metrics}
    return Blob(dimensions, metrics)


def blobs(lines: Iterable[dict[str, Any]]) -> list[Blob]:
    """Return the metrics among the lines. No two may have the same dimensions."""
    found = [blob(line) for line in lines if "_aws" in line]
    sets = [each.dimensions for each in found]
    assert all(sets.count(dimensions) == 1 for dimensions in sets)
    return found
