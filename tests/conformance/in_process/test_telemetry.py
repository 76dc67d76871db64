"""What each case leaves in metrics, spans and log lines."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from common.telemetry.operations import CommonMetric
from tests.common.lines import ACCESS, BUG, COMMON
from tests.conformance.found import CASES, DESCRIBED, CaseOfService, profile
from tests.conformance.in_process.conftest import BROKEN, Exchanges
from tests.support.problem import assert_problem
from tests.support.profile import ANONYMOUS, FORGED

EMAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+")
TOKEN = re.compile(r"eyJ[\w-]{8,}")
every_case = pytest.mark.parametrize("case", CASES, ids=str)


@every_case
def test_case_counts_exactly_the_domain_metric_of_its_row(
    case: CaseOfService, exchanges: Callable[[str], Exchanges]
) -> None:
    counted = exchanges(case.service)[str(case)].counted()
    domain = {name: value for name, value in counted.items() if name not in {"5xx", "Faults"}}
    metric = case.operation.metric(case.case.status, case.case.problem)
    if case.case.is_replay:
        metric = CommonMetric.IDEMPOTENT_REPLAYS
    assert domain == ({metric: 1} if metric else {})


@every_case
def test_case_has_exactly_the_span_of_its_row(case: CaseOfService, exchanges: Callable[[str], Exchanges]) -> None:
    below = exchanges(case.service)[str(case)].tree["## handler"]
    own = {name for name in below if name not in {"dynamodb", "secretsmanager"}}
    expected = {case.operation.span} - {None}
    # A caller may be rejected before the operation begins.
    assert own == expected if case.case.status < 400 else own <= expected


@every_case
def test_case_logs_one_access_line_with_exactly_these_keys(
    case: CaseOfService, exchanges: Callable[[str], Exchanges]
) -> None:
    _, operation, sent = case
    access = exchanges(case.service)[str(case)].line("request")
    expected = set(ACCESS)
    if operation.access.takes_token and operation.sender(sent) not in {ANONYMOUS, FORGED}:
        expected.add("principal_id")
    if sent.problem:
        expected.add("problem")
    assert access.keys() == expected
    assert (access["method"], access["route"], access["status"]) == (operation.method, operation.path, sent.status)
    assert access.get("problem") == sent.problem


@every_case
def test_every_line_of_a_case_has_the_common_keys(case: CaseOfService, exchanges: Callable[[str], Exchanges]) -> None:
    for line in exchanges(case.service)[str(case)].lines:
        assert line.keys() >= COMMON, line


@pytest.mark.parametrize("service", DESCRIBED)
def test_bug_is_one_error_line_and_a_500(service: str, exchanges: Callable[[str], Exchanges]) -> None:
    exchange = exchanges(service)[BROKEN]
    assert_problem(exchange.response, 500, "internal-error")
    error, access = exchange.line("Unhandled exception"), exchange.line("request")
    assert error.keys() == BUG
    assert error["level"] == "ERROR"
    assert access.keys() == ACCESS | {"problem"}
    assert access["level"] == "INFO"
    assert (access["route"], access["problem"]) == (profile(service).broken.route, "internal-error")
    assert error["request_id"] == access["request_id"] == exchange.response.json()["request_id"]


@pytest.mark.parametrize("service", DESCRIBED)
def test_bug_is_a_5xx_of_route_and_service_and_a_fault(service: str, exchanges: Callable[[str], Exchanges]) -> None:
    blobs = exchanges(service)[BROKEN].metrics
    counted = {
        (name, *sorted(set(blob.dimensions) - {"service"})): blob.dimensions.get("kind", value)
        for blob in blobs
        for name, value in blob.counted().items()
        if name != "Latency"
    }
    assert counted == {("5xx", "route"): 1, ("5xx",): 1, ("Faults", "kind"): "bug"}


@pytest.mark.parametrize("service", DESCRIBED)
def test_bug_is_a_fault_with_type_and_stack_and_without_message(
    service: str, exchanges: Callable[[str], Exchanges]
) -> None:
    exchange = exchanges(service)[BROKEN]
    span = exchange.span("## handler")
    assert span["fault"]
    [thrown] = span["cause"]["exceptions"]
    assert thrown["type"] == exchange.line("Unhandled exception")["exception_name"]
    assert thrown["stack"]
    assert not thrown.get("message")


def texts(value: Any) -> Iterator[str]:
    """Yield every text in what a request carries."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from texts(each)


@pytest.mark.parametrize("service", DESCRIBED)
def test_no_line_holds_an_email_address_or_a_token(service: str, exchanges: Callable[[str], Exchanges]) -> None:
    for name, exchange in exchanges(service).items():
        assert not EMAIL.search(exchange.written), f"{name} logs an e-mail address"
        assert not TOKEN.search(exchange.written), f"{name} logs a token"
        for pattern in profile(service).secrets:
            assert not re.search(pattern, exchange.written), f"{name} logs {pattern}"


@every_case
def test_no_line_holds_a_text_of_the_body_or_a_header(
    case: CaseOfService, exchanges: Callable[[str], Exchanges]
) -> None:
    sent = case.operation.send(0) if case.case.sent is None else case.case.sent
    written = exchanges(case.service)[str(case)].written
    for text in (*texts(sent.get("json")), *texts(sent.get("data")), *texts(sent.get("headers"))):
        # A shorter one may be a word of the line.
        assert len(text) < 8 or json.dumps(text)[1:-1] not in written, f"{case} logs what was sent"
