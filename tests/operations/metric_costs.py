"""Write into docs/telemetry.md how many custom metrics there can be, and what they cost."""

import importlib
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, NamedTuple

from fastapi.routing import iter_route_contexts

from common.http.documentation import base_path
from tests.support.tables import ROOT

if TYPE_CHECKING:
    from enum import StrEnum

DOCUMENT: Final = ROOT / "docs/telemetry.md"
SERVICES: Final = sorted(path.parent.name for path in ROOT.glob("services/*/app.py"))
# To which API Gateway sends every path that no route names, the documentation's among them (terraform/services.tf).
DEFAULT: Final = "users"
# USD a month for each of the first 10,000: https://aws.amazon.com/cloudwatch/pricing/, us-east-1.
PRICE: Final = 0.30
PLACE: Final = re.compile(r"(?<=<!-- make metric-costs -->\n).*?(?=<!-- end -->)", re.DOTALL)


class Metric(NamedTuple):
    """What CloudWatch charges for: a name with one set of dimensions, values included."""

    name: str
    dimensions: frozenset[tuple[str, str]]


def metrics_of(service: str) -> Iterator[Metric]:
    """Yield every metric that a service can have."""
    of_service = {"service": service}
    yield _metric("ColdStart", function_name=f"bookshelf-dev-{service}", **of_service)
    for route in routes_of(service):
        for name in ("Latency", "4xx", "5xx"):
            yield _metric(name, route=route, **of_service)
    tallies: type[StrEnum] = importlib.import_module(f"{service}.domain_metrics").DomainMetric
    for name in (*tallies, "5xx"):
        yield _metric(name, **of_service)
    for kind in ("bug", "unavailable"):
        yield _metric("Faults", kind=kind, **of_service)


def routes_of(service: str) -> list[str]:
    """The templates of a service's routes that requests can reach, and what stands for none."""
    app = importlib.import_module(f"{service}.app").app
    paths = {str(route.path) for route in iter_route_contexts(app.routes)}
    return [*sorted(path for path in paths if service == DEFAULT or path.startswith(base_path(service))), "unmatched"]


def table() -> str:
    """The table, in Markdown."""
    rows = ["| dimensions | metrics | " + " | ".join(SERVICES) + " |", "|---|---|" + "---|" * len(SERVICES)]
    counted: dict[tuple[str, ...], dict[str, list[str]]] = {}
    total = 0
    for service in SERVICES:
        for metric in metrics_of(service):
            dimensions = ("service", *sorted({name for name, _ in metric.dimensions} - {"service"}))
            counted.setdefault(dimensions, {}).setdefault(service, []).append(metric.name)
            total += 1
    for dimensions, by_service in counted.items():
        names = list(dict.fromkeys(name for found in by_service.values() for name in found))
        numbers = " | ".join(str(len(by_service.get(service, []))) for service in SERVICES)
        rows.append(f"| {', '.join(dimensions)} | {', '.join(names)} | {numbers} |")
    routes = ", ".join(f"{len(routes_of(service))} for {service}" for service in SERVICES)
    return "\n".join(
        [
            *rows,
            "",
            f"Routes, `unmatched` included: {routes}.",
            f"**At most {total} metrics, USD {total * PRICE:.2f} a month**, if each of them is recorded in every hour.",
            "",
        ]
    )


def document(page: str) -> str:
    """The page with the table as it is now."""
    written, places = PLACE.subn(lambda _: table(), page)
    assert places == 1, "the page has no place for the table"
    return written


def _metric(name: str, **dimensions: str) -> Metric:
    return Metric(str(name), frozenset(dimensions.items()))


if __name__ == "__main__":
    DOCUMENT.write_text(document(DOCUMENT.read_text()))
