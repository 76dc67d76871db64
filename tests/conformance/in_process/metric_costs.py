"""How many custom metrics a service can have, and what they cost."""

import importlib
from collections.abc import Iterator
from typing import Final, NamedTuple

from fastapi.routing import iter_route_contexts

from common.telemetry.operations import CommonMetric
from tests.conformance.found import profile, service_file

# USD a month for each of the first 10,000: https://aws.amazon.com/cloudwatch/pricing/, us-east-1.
PRICE: Final = 0.30
NOT_COUNTED: Final = "The documentation's routes of the default service are\nnot counted."


class Metric(NamedTuple):
    """What CloudWatch charges for: a name with one set of dimensions, values included."""

    name: str
    dimensions: frozenset[tuple[str, str]]


def metrics_of(service: str) -> Iterator[Metric]:
    """Yield every metric that a service can have."""
    of_service = {"service": service}
    yield _metric("ColdStart", function_name=service, **of_service)
    for route in routes_of(service):
        for name in ("Latency", "4xx", "5xx"):
            yield _metric(name, route=route, **of_service)
    operations = profile(service).operations
    domain = [name for operation in operations for name in operation.metrics.values()]
    if any(case.is_replay for operation in operations for case in operation.cases):
        domain.append(CommonMetric.IDEMPOTENT_REPLAYS)
    for name in (*dict.fromkeys(domain), "5xx"):
        yield _metric(name, **of_service)
    for kind in ("bug", "unavailable"):
        yield _metric("Faults", kind=kind, **of_service)


def routes_of(service: str) -> list[str]:
    """Return the templates of a service's own routes, and what stands for no route."""
    paths = service_file(service).paths
    app = importlib.import_module(f"{service}.app").app
    found = {str(route.path_format) for route in iter_route_contexts(app.routes)}
    return [*sorted(path for path in found if path.startswith(paths)), "unmatched"]


def table_of_metrics(service: str) -> str:
    """Return the service's metrics by their dimensions, in Markdown."""
    counted: dict[tuple[str, ...], list[str]] = {}
    for metric in metrics_of(service):
        dimensions = ("service", *sorted({name for name, _ in metric.dimensions} - {"service"}))
        counted.setdefault(dimensions, []).append(metric.name)
    rows = ["| dimensions | metrics | number |", "|---|---|---|"]
    for dimensions, names in counted.items():
        rows.append(f"| {', '.join(dimensions)} | {', '.join(dict.fromkeys(names))} | {len(names)} |")
    total = sum(map(len, counted.values()))
    return "\n".join(
        [
            *rows,
            "",
            f"Routes, `unmatched` included: {len(routes_of(service))}. {NOT_COUNTED}",
            f"**At most {total} metrics, USD {total * PRICE:.2f} a month**, if each of them is recorded in every hour.",
            "",
        ]
    )


def _metric(name: str, **dimensions: str) -> Metric:
    return Metric(str(name), frozenset(dimensions.items()))
