"""The page that tells how many metrics there are, and what they cost."""

import pytest

from tests.operations.metric_costs import DOCUMENT, SERVICES, Metric, document, metrics_of
from tests.support.telemetry import watched
from tests.support.tokens import bearer


def test_the_page_is_as_make_metric_costs_writes_it() -> None:
    page = DOCUMENT.read_text()
    assert page == document(page), "run: make metric-costs"


@pytest.mark.parametrize("service", SERVICES)
def test_what_a_service_counts_has_a_price(
    service: str,
    function_environment: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert function_environment
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", service)
    address = f"/api/v1/{service}"
    counted = []
    with watched(service, monkeypatch, capsys) as function:
        for method, path in (
            ("GET", address),
            ("POST", address),
            ("GET", f"{address}/openapi.json"),
            ("GET", f"{address}/health"),
            ("GET", f"{address}/no/such/thing"),
            ("DELETE", f"{address}/me"),
        ):
            function.ask(method, path, headers=bearer(1))
            counted += function.counted
    priced = set(metrics_of(service))
    assert counted
    for each in counted:
        if "function_name" in each.dimensions:
            each.dimensions["function_name"] = f"bookshelf-dev-{service}"
        assert {Metric(name, frozenset(each.dimensions.items())) for name in each.metrics} <= priced
