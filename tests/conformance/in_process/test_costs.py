"""Each service's page of costs."""

from collections.abc import Callable

import pytest

from tests.conformance.found import DESCRIBED
from tests.conformance.in_process.conftest import MISSING_ASSET, Exchanges
from tests.conformance.in_process.costs import document, path_of
from tests.conformance.in_process.metric_costs import Metric, metrics_of
from tests.conformance.in_process.pages import assert_current


@pytest.mark.parametrize("service", DESCRIBED)
def test_page_is_as_make_costs_writes_it(service: str, exchanges: Callable[[str], Exchanges]) -> None:
    assert_current(path_of(service), document(service, exchanges(service)), "make costs")


@pytest.mark.parametrize("service", DESCRIBED)
def test_every_recorded_metric_has_a_price(service: str, exchanges: Callable[[str], Exchanges]) -> None:
    priced = set(metrics_of(service))
    for name, exchange in exchanges(service).items():
        if name == MISSING_ASSET:
            continue  # the page says that the documentation's routes are not counted
        for blob in exchange.metrics:
            dimensions = dict(blob.dimensions, service=service)
            if "function_name" in dimensions:
                dimensions["function_name"] = service
            assert {Metric(name, frozenset(dimensions.items())) for name in blob.metrics} <= priced
