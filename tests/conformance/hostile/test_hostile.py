"""Hostile requests get the responses that the OpenAPI document declares, and leave the function as it was."""

import importlib
import time
from collections.abc import Callable, Iterator, Mapping

import pytest

from tests.conformance.found import ROWS, Row
from tests.conformance.hostile.cases import CASES
from tests.conformance.hostile.judgement import Judge
from tests.conformance.hostile.variants import Sample
from tests.conformance.in_process.service_under_test import ServiceUnderTest, serving, succeeded
from tests.support.filling import StoredItems

type Mistakes = Mapping[tuple[str, str], list[str]]
"""What went wrong, by row and group of cases."""

# Responses after which everything is stored as before: others may have been counted, such as logins.
UNCHANGED = frozenset({304, 400, 404, 405, 412, 413, 415, 422})
OWN_ROWS = [row for row in ROWS if not row.operation.environment]


@pytest.fixture(scope="session")
def remembered() -> dict[str, Mistakes]:
    """What went wrong with each service, once it has been run."""
    return {}


@pytest.fixture
def mistakes(function_environment: Mapping[str, str], remembered: dict[str, Mistakes]) -> Callable[[str], Mistakes]:
    def of(service: str) -> Mistakes:
        if service not in remembered:
            with serving(service, function_environment, {}) as under_test:
                remembered[service] = run(under_test)
        return remembered[service]

    return of


def run(under_test: ServiceUnderTest) -> Mistakes:
    """Send every case to every operation."""
    found: dict[tuple[str, str], list[str]] = {}
    judge = Judge(importlib.import_module(f"{under_test.name}.app").app.openapi())
    for row in OWN_ROWS:
        if row.service == under_test.name:
            first = row.operation.cases[0]
            # A full page would only take longer.
            under_test.store(under_test.profile.before if first.page else first.before or under_test.profile.before)
            stored = under_test.stored()
            sample = Sample(
                row.operation,
                judge.document,
                {**under_test.profile.parameters, **first.parameters},
                row.operation.send(0) if first.sent is None else first.sent,
                under_test.headers(row.operation.sender(first)),
                first.status,
            )
            for group in CASES:
                found[str(row), group] = list(_wrong(under_test, judge, sample, group, stored))
    return found


def _wrong(
    under_test: ServiceUnderTest, judge: Judge, sample: Sample, group: str, stored: StoredItems
) -> Iterator[str]:
    """Yield what is wrong with the responses to the cases of a group, and with that to a valid request afterwards."""
    for variant in (variant for case in CASES[group] for variant in sample.variants(case)):
        event = variant.request.event(under_test.next_id())
        began = time.process_time()
        try:
            exchange = under_test.invoke(event)
        except Exception as error:  # noqa: BLE001 - whatever leaves the handler is Lambda's 500
            yield f"{variant}: the handler raises {type(error).__name__}: {str(error)[:200]}"
        else:
            yield from (f"{variant}: {each}" for each in judge.mistakes(variant, exchange, time.process_time() - began))
            if exchange.response.status_code in UNCHANGED:
                continue
        under_test.restore(stored)
    if not succeeded(under_test.invoke(sample.request().event(under_test.next_id()))):
        yield "a valid request fails afterwards"
    under_test.restore(stored)


@pytest.mark.parametrize("group", CASES)
@pytest.mark.parametrize("row", OWN_ROWS, ids=str)
def test_hostile_request_gets_a_declared_response(row: Row, group: str, mistakes: Callable[[str], Mistakes]) -> None:
    found = mistakes(row.service)[str(row), group]
    assert not found, "\n".join(found)


def test_cases_have_different_names() -> None:
    for group, cases in CASES.items():
        names = [case.name for case in cases]
        assert len(set(names)) == len(names), group
