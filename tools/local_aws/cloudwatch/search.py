"""Search expressions, limited to what our Terraform module uses.

Syntax: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/search-expression-syntax.html. A namespace
with other characters than letters and digits is quoted. A term is `Name="value"`, which is an exact
match, or `NOT` one; terms are joined by AND.
"""

import re
from dataclasses import dataclass

from local_aws.cloudwatch.datapoints import Metric
from local_aws.cloudwatch.statistic import statistic

_SEARCH = re.compile(r"SEARCH\('\{\"([^\"{}']+)\",([^\s\"{}']+)\}((?: (?:NOT )?\w+=\"[^\"']*\")+)', '([^']+)'\)")
_TERM = re.compile(r" (NOT )?(\w+)=\"([^\"]*)\"")
_PROPERTY = re.compile(r"\$\{PROP\('(?:(MetricName)|Dim\.(\w+))'\)\}")


class SearchError(ValueError):
    """A search or a label has an unsupported form."""


@dataclass(frozen=True, slots=True)
class Search:
    """Finds a namespace's metrics with exactly these dimensions; `terms` are (name, value, must be equal)."""

    namespace: str
    dimensions: frozenset[str]
    terms: tuple[tuple[str, str, bool], ...]
    statistic: str

    @classmethod
    def parsed(cls, text: str) -> "Search":
        """Read an expression.

        Raises:
            SearchError: It is not a supported search.
        """
        found = _SEARCH.fullmatch(text)
        if not found:
            raise SearchError(f"{text!r} is not a supported search")
        namespace, dimensions, terms, name = found.groups()
        try:
            statistic(name)
        except ValueError as error:
            raise SearchError(str(error)) from None
        parts = tuple((term[2], term[3], not term[1]) for term in _TERM.finditer(terms))
        return cls(namespace, frozenset(dimensions.split(",")), parts, name)

    def finds(self, metric: Metric) -> bool:
        """Return whether the search finds the metric."""
        dimensions = dict(metric.dimensions)
        properties = {**dimensions, "MetricName": metric.name}
        return (
            metric.namespace == self.namespace
            and self.dimensions == dimensions.keys()
            and all((properties.get(name) == value) is wanted for name, value, wanted in self.terms)
        )


def check_label(label: str) -> None:
    """Check that a label can be filled in.

    Raises:
        SearchError: A dynamic part of it is not supported.
    """
    if "${" in _PROPERTY.sub("", label):
        raise SearchError(f"the label {label!r} has a dynamic part that is not supported")


def filled_label(label: str, metric: Metric) -> str:
    """Fill in the name and the dimensions of a metric.

    Form: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/graph-dynamic-labels.html.
    """
    dimensions = dict(metric.dimensions)
    return _PROPERTY.sub(lambda found: metric.name if found[1] else dimensions.get(found[2], ""), label)
