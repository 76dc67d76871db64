"""A write whose response is lost changes no response of a service, and nothing of what it stores."""

import importlib
import itertools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

import pytest

from common.dynamodb.writes import WRITE_ID
from common.runtime import runtime_of
from tests.conformance.found import CASES, CaseOfService, profile
from tests.conformance.in_process.recorder import Call, Item, Touched, kind_of
from tests.conformance.in_process.service_under_test import Response, ServiceUnderTest, serving
from tests.support.lost_responses import LostResponses
from tests.support.problem import assert_problem

READS: Final = ("GetItem", "Query")


class LostWrite(NamedTuple):
    """A case, and the number of the call whose response is lost."""

    case: CaseOfService
    number: int

    @property
    def call(self) -> str:
        """The call, as the profile has it."""
        return self.case.case.calls[self.number - 1]

    def __str__(self) -> str:
        return f"{self.case}, call {self.number}"


WRITES: Final = [
    LostWrite(case, number)
    for case in CASES
    for number, call in enumerate(case.case.calls, 1)
    if not call.startswith(READS)
]


class Outcome(NamedTuple):
    """A response, and what it tells and is stored by then, as parts that are compared."""

    response: Response
    parts: dict[str, Any]


class Played(NamedTuple):
    """A case without and with the lost response.

    Attributes:
        call: The call whose response is lost, as it is without that.
        plain: Two outcomes without it, which differ in what is random.
        lossy: The outcome with it.
        repeated: Whether the next call is the same.
        added: How many calls the lost response has added.
        refused: Whether a condition did not hold.
    """

    call: Call
    plain: tuple[Outcome, Outcome]
    lossy: Outcome
    repeated: bool
    added: int
    refused: bool


@pytest.fixture(scope="module")
def remembered() -> dict[str, dict[str, Played]]:
    """What each service has done, once it has been run."""
    return {}


@pytest.fixture
def played(
    function_environment: Mapping[str, str], remembered: dict[str, dict[str, Played]]
) -> Callable[[LostWrite], Played]:
    """Return a function that plays a case with its lost response."""

    def of(lost: LostWrite) -> Played:
        service = lost.case.service
        if service not in remembered:
            remembered[service] = run(service, function_environment)
        return remembered[service][str(lost)]

    return of


def run(service: str, function_environment: Mapping[str, str]) -> dict[str, Played]:
    """Play every case of a service that writes, with each lost response."""
    found: dict[str, Played] = {}
    writes = [lost for lost in WRITES if lost.case.service == service]
    for variables, alike in itertools.groupby(writes, lambda lost: lost.case.operation.environment):
        with serving(service, function_environment, variables) as under_test:
            responses = LostResponses(runtime_of(importlib.import_module(f"{service}.app").app).dynamodb)
            for _, group in itertools.groupby(alike, lambda lost: str(lost.case)):
                found |= play(under_test, responses, list(group))
    return found


def play(under_test: ServiceUnderTest, responses: LostResponses, losses: Sequence[LostWrite]) -> dict[str, Played]:
    """Play a case twice without a lost response, and once with each."""
    _, operation, case = losses[0].case
    first = under_test.play(operation, case)
    plain = outcome(under_test, first.response)
    again = outcome(under_test, under_test.play(operation, case).response)
    found = {}
    for lost in losses:
        exchange = under_test.play(operation, case, during=responses.losing(lost.number))
        call = first.calls[lost.number - 1]
        found[str(lost)] = Played(
            call=call,
            plain=(plain, again),
            lossy=outcome(under_test, exchange.response),
            repeated=[str(each) for each in exchange.calls[lost.number - 1 : lost.number + 1]] == [str(call)] * 2,
            added=len(exchange.calls) - len(first.calls),
            refused=call.refused,
        )
    return found


def outcome(under_test: ServiceUnderTest, response: Response) -> Outcome:
    """Return what a response tells, and all attributes of all items, by their places."""
    parts: dict[str, Any] = {"status": response.status_code}
    parts |= {f"header {name}": value for name, value in response.headers.items()}
    body = response.json() if response.body else None
    parts |= {f"body {name}": value for name, value in body.items()} if isinstance(body, dict) else {"body": body}
    items = under_test.table._client.scan(TableName=under_test.table._name)["Items"]
    parts |= {f"{item['pk']} {item['sk']} {name}": value for item in items for name, value in item.items()}
    return Outcome(response, {name: value for name, value in parts.items() if not name.endswith(WRITE_ID)})


def test_profiles_have_writes() -> None:
    assert len(WRITES) > 20


@pytest.mark.parametrize("lost", WRITES, ids=str)
def test_response_and_items_are_as_without_the_lost_response(
    lost: LostWrite, played: Callable[[LostWrite], Played]
) -> None:
    found = played(lost)
    plain, again = (each.parts for each in found.plain)
    lossy = found.lossy.parts
    assert found.repeated
    # A lost attempt may still arrive after the refusal of another one, unless the record of the request is stored.
    if found.refused and not any(item.before and kind_of(item.before) == "ONCE" for item in found.call.touched):
        assert_problem(found.lossy.response, 503, "database-unavailable")
        return
    assert found.added == 1
    assert lossy.keys() == plain.keys()
    random = {name for name in plain if plain[name] != again[name]}
    assert {name: lossy[name] for name in lossy.keys() - random} == {
        name: plain[name] for name in plain.keys() - random
    }


CONDITIONAL: Final = [lost for lost in WRITES if " if" in lost.call or "ConditionCheck" in lost.call]


@pytest.mark.parametrize("lost", CONDITIONAL, ids=str)
def test_condition_of_a_write_fails_for_ever_once_it_is_applied(
    lost: LostWrite, played: Callable[[LostWrite], Played]
) -> None:
    """Otherwise an attempt that is repeated, or arrives late, undoes what others wrote in between.

    This cannot see whether an item that was new is deleted later, such as a guard, and so may be new a second time.
    """
    call = played(lost).call
    if call.refused or lost.call in profile(lost.case.service).applied_twice:
        return
    writes = list(zip((request for _, request in call.requests), call.touched, strict=True))
    assert any(fails_for_ever(request, touched) for request, touched in writes), (
        f"{call}: no condition names a version that the write increases, or a new item"
    )


def fails_for_ever(request: Mapping[str, Any], touched: Touched) -> bool:
    """Return whether a write ends what its own condition demands, for ever."""
    condition = request.get("ConditionExpression", "")
    before, after = touched.before, touched.after
    if before is None or after is None:
        return "attribute_not_exists" in condition if before is None else bool(condition)
    return any(number(after, place) > number(before, place) for place in versions(request))


def versions(request: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    """Yield the places of the numbers that a condition compares, or of which it says that there is none yet."""
    names, values = request.get("ExpressionAttributeNames", {}), request.get("ExpressionAttributeValues", {})
    for clause in request.get("ConditionExpression", "").split(" AND "):
        if found := re.fullmatch(r"attribute_not_exists\((\S+)\)|(\S+) = (:\S+)", clause):
            missing, equal, value = found.groups()
            if missing or "N" in values[value]:
                yield tuple(names[part] for part in (missing or equal).split("."))


def number(item: Item, place: tuple[str, ...]) -> int:
    """Return the number at a place of a stored item, 0 if it has none."""
    found: Any = {"M": item}
    for name in place:
        found = found["M"].get(name, {})
    return int(found.get("N", 0))
