import json

import pytest

from local_aws.cloudwatch.api_metrics import api_samples
from tests.local_aws.cloudwatch.local_lines import FORMAT, a_log_line, an_access_line, an_observed, summaries
from tests.local_aws.page.seen_requests import BEGAN

API = {"ApiId": "a1b2c3"}
STAGE = API | {"Stage": "$default"}


def test_request_is_counted_with_and_without_its_stage() -> None:
    samples = list(api_samples(an_observed(), an_access_line()))
    names = {"Count": 1, "4xx": 0, "5xx": 0, "Latency": 20, "IntegrationLatency": 15}
    assert summaries(samples) == [(name, of, value) for name, value in names.items() for of in (API, STAGE)]
    assert {(sample.metric.namespace, sample.time) for sample in samples} == {("AWS/ApiGateway", BEGAN)}
    assert {sample.unit for sample in samples if "Latency" in sample.metric.name} == {"Milliseconds"}


@pytest.mark.parametrize(("status", "four", "five"), [(304, 0, 0), (404, 1, 0), (429, 1, 0), (500, 0, 1), (503, 0, 1)])
def test_error_is_counted_by_its_class(status: int, four: int, five: int) -> None:
    samples = summaries(list(api_samples(an_observed(), an_access_line(status))))
    assert ("4xx", API, four) in samples
    assert ("5xx", API, five) in samples


def test_gateway_response_has_no_integration_latency() -> None:
    line = an_access_line(404, routeKey="-", integrationLatency="-", integrationStatus="-")
    assert "IntegrationLatency" not in {name for name, _, _ in summaries(list(api_samples(an_observed(), line)))}


def test_throttled_invocation_counts_for_the_routes_function() -> None:
    def throttles(line: str) -> list[tuple[str, dict[str, str], float]]:
        return [summary for summary in summaries(list(api_samples(an_observed(), line))) if summary[0] == "Throttles"]

    assert throttles(an_access_line(429, integrationStatus="429")) == [("Throttles", {"FunctionName": "orders"}, 1)]
    assert throttles(an_access_line(429, integrationStatus="-")) == []
    assert throttles(an_access_line(429, integrationStatus="429", routeKey="GET /gone")) == []


def test_stage_with_an_incomplete_log_format_has_no_metrics() -> None:
    lacking = {key: variable for key, variable in FORMAT.items() if key != "took"}
    for template in (None, "$context.requestId $context.status", json.dumps(lacking)):
        assert list(api_samples(an_observed(template=template), an_access_line())) == []
    assert list(api_samples(an_observed(), a_log_line("200 of an older format"))) == []
