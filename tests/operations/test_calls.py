"""Which calls of DynamoDB each operation of the API makes: no more, no others, in this order."""

from collections.abc import Mapping

import pytest

from tests.operations import books_cases, login_cases, users_cases
from tests.operations.cases import Case
from tests.operations.costs import Played
from tests.operations.stage import APPS, operations

CASES = {"books": books_cases.CASES, "users": users_cases.CASES}
EVERY = [case for cases in CASES.values() for case in cases]


@pytest.mark.parametrize("service", APPS)
def test_each_operation_in_the_document_has_a_case_that_succeeds(service: str) -> None:
    succeeding = {case.operation for case in CASES[service] if case.status < 400}
    assert succeeding == operations(APPS[service])


def test_no_two_cases_have_one_name() -> None:
    assert len({str(case) for case in EVERY}) == len(EVERY)


@pytest.mark.parametrize("case", EVERY, ids=str)
def test_an_operation_makes_exactly_these_calls(case: Case, played: Mapping[str, Played]) -> None:
    outcome = played[str(case)]
    assert outcome.status == case.status
    assert tuple(map(str, outcome.calls)) == case.calls


@pytest.mark.parametrize("case", EVERY, ids=str)
def test_an_operation_asks_its_own_table_only(case: Case, played: Mapping[str, Played]) -> None:
    outcome = played[str(case)]
    assert {table for call in outcome.calls for table in call.tables} <= {outcome.table_name}


def test_all_refused_logins_make_the_same_calls(played: Mapping[str, Played]) -> None:
    told = {tuple(map(str, played[str(case)].calls)) for case in login_cases.REFUSED_LOGINS}
    assert len(told) == 1


@pytest.mark.parametrize("case", [case for case in EVERY if "page" in case.said], ids=str)
def test_a_page_whose_cost_is_told_is_full(case: Case, played: Mapping[str, Played]) -> None:
    [query] = [call for call in played[str(case)].calls if call.operation == "Query"]
    assert query.scanned == len(query.found) == 21
