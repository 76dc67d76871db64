"""Each case leads to exactly the response and the DynamoDB calls of its row."""

from collections.abc import Callable

import pytest

from tests.conformance.found import CASES, CaseOfService
from tests.conformance.in_process.conftest import Exchanges
from tests.support.problem import assert_problem


@pytest.mark.parametrize("case", CASES, ids=str)
def test_case_has_its_status_and_problem(case: CaseOfService, exchanges: Callable[[str], Exchanges]) -> None:
    response = exchanges(case.service)[str(case)].response
    assert response.status_code == case.case.status, response.body
    if case.case.status >= 400:
        assert_problem(response, case.case.status, case.case.problem)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_case_makes_exactly_its_calls(case: CaseOfService, exchanges: Callable[[str], Exchanges]) -> None:
    assert tuple(map(str, exchanges(case.service)[str(case)].calls)) == case.case.calls


@pytest.mark.parametrize("case", CASES, ids=str)
def test_case_touches_its_own_table_only(case: CaseOfService, exchanges: Callable[[str], Exchanges]) -> None:
    exchange = exchanges(case.service)[str(case)]
    assert {table for call in exchange.calls for table in call.tables} <= {exchange.table_name}


@pytest.mark.parametrize("case", [case for case in CASES if case.case.page], ids=str)
def test_measured_page_is_full(case: CaseOfService, exchanges: Callable[[str], Exchanges]) -> None:
    [query] = [call for call in exchanges(case.service)[str(case)].calls if call.operation == "Query"]
    assert query.scanned == len(query.found) == 21


@pytest.mark.parametrize(
    "case", [case for case in CASES if any(call.startswith("Query") for call in case.case.calls)], ids=str
)
def test_case_that_queries_reads_a_full_page(case: CaseOfService) -> None:
    assert case.case.page, f"{case}: say page=True, so that its calls are compared with a table of 10,000 items"
