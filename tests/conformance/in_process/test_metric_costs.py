"""The page about how many metrics there are, and what they cost."""

from collections.abc import Callable

import pytest

from tests.conformance.found import DESCRIBED
from tests.conformance.in_process.conftest import Exchanges
from tests.conformance.in_process.metric_costs import DOCUMENT, Metric, document, metrics_of
from tests.conformance.in_process.pages import assert_current


def test_page_is_as_make_metric_costs_writes_it() -> None:
    assert_current(DOCUMENT, document(DOCUMENT.read_text()), "make metric-costs")


@pytest.mark.parametrize("service", DESCRIBED)
def test_every_recorded_metric_has_a_price(service: str, exchanges: Callable[[str], Exchanges]) -> None:
    priced = set(metrics_of(service))
    for exchange in exchanges(service).values():
        for blob in exchange.metrics:
            dimensions = dict(blob.dimensions, service=service)
            if "function_name" in dimensions:
                dimensions["function_name"] = service
            assert {Metric(name, frozenset(dimensions.items())) for name in blob.metrics} <= priced
