"""What each case leaves in metrics, spans and log lines."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.conformance.found import CASES, DESCRIBED, CaseOfService
from tests.conformance.in_process.conftest import Exchanges

EMAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+")
TOKEN = re.compile(r"eyJ[\w-]{8,}")
every_case = pytest.mark.parametrize("case", CASES, ids=str)


@every_case
def test_case_counts_exactly_the_domain_metric_of_its_row(
    case: CaseOfService, exchanges: Callable[[str], Exchanges]
) -> None:
    counted = exchanges(case.service)[str(case)].counted()
    domain = {name: value for name, value in counted.items() if name not in {"5xx", "Faults"}}
    metric = case.operation.metrics.get(case.case.status)
    assert domain == ({metric: 1} if metric else {})


@every_case
def test_case_has_exactly_the_span_of_its_row(case: CaseOfService, exchanges: Callable[[str], Exchanges]) -> None:
    below = exchanges(case.service)[str(case)].tree["## handler"]
    own = {name for name in below if name not in {"dynamodb", "secretsmanager"}}
    expected = {case.operation.span} - {None}
    # A caller may be rejected before the operation begins.
    assert own == expected if case.case.status < 400 else own <= expected


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


@every_case
def test_no_line_holds_a_text_of_the_body(case: CaseOfService, exchanges: Callable[[str], Exchanges]) -> None:
    sent = case.operation.send(0) if case.case.sent is None else case.case.sent
    written = exchanges(case.service)[str(case)].written
    for text in (*texts(sent.get("json")), *texts(sent.get("data"))):
        # A shorter one may be a word of the line.
        assert len(text) < 8 or json.dumps(text)[1:-1] not in written, f"{case} logs what was sent"
