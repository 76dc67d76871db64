"""What requests left behind, held to what they must leave: request by request, and nothing besides."""

from collections import Counter
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, NamedTuple, Self

from tests.common.lines import ACCESS, BUG
from tests.conformance.soak.callers import Callers
from tests.conformance.soak.environments import FUNCTIONS
from tests.conformance.soak.kinds import BUGS, Kind
from tests.conformance.soak.load import Answer
from tests.conformance.soak.written import Invocation, Line

type Dimensions = frozenset[tuple[str, str]]
type Series = tuple[str, str]
"""A service and a route: the dimensions of `Latency`."""


class Ledger(NamedTuple):
    """The invocations of a load's requests.

    Attributes:
        answered: With their answers, those that a function answered.
        cut_short: Those whose environment was killed before its answer was taken.
    """

    answered: list[tuple[Answer, Invocation]]
    cut_short: list[Invocation]

    @classmethod
    def of(cls, answers: Sequence[Answer], written: Sequence[Invocation]) -> Self:
        """Join answers and invocations by the id in the access line; each answer must have exactly one."""
        by_function = {answer.request_id: answer for answer in answers if answer.by_function}
        answered = []
        cut_short = []
        for invocation in written:
            ids = [line["request_id"] for line in invocation.access]
            if ids and ids[0] in by_function:
                assert len(ids) == 1
                answered.append((by_function.pop(ids[0]), invocation))
            else:
                cut_short.append(invocation)
        assert not by_function, f"answered, but no access line or a second one: {by_function}"
        return cls(answered, cut_short)

    def requests(self) -> Counter[Series]:
        """The requests that a function answered."""
        return Counter((answer.kind.service, answer.kind.route) for answer, _ in self.answered)

    def access_lines(self) -> Counter[Series]:
        """The access lines that these wrote."""
        lines = (line for _, invocation in self.answered for line in invocation.access)
        return Counter((line["service"], line["route"]) for line in lines)

    def latencies(self) -> Counter[Series]:
        """The samples of `Latency` that these wrote."""
        return sum((samples(invocation) for _, invocation in self.answered), Counter[Series]())

    def mistakes(self, callers: Callers) -> list[str]:
        """What differs, in keys, in values or in metrics, from what the requests must leave."""
        return [mistake for answer, invocation in self.answered for mistake in _mistakes(answer, invocation, callers)]


def samples(invocation: Invocation) -> Counter[Series]:
    """How many values of `Latency` an invocation wrote."""
    found: Counter[Series] = Counter()
    for blob in invocation.blobs:
        if "Latency" in blob.metrics:
            _, values = blob.metrics["Latency"]
            found[blob.dimensions["service"], blob.dimensions["route"]] += len(values)
    return found


def _mistakes(answer: Answer, invocation: Invocation, callers: Callers) -> list[str]:
    kind = answer.kind
    lines = [line for line in invocation.lines if "_aws" not in line]
    [access] = invocation.access
    ids = callers.ids(kind, answer.number, access)
    found: list[tuple[object, object]] = [(invocation.torn, [])]
    messages = ["Unhandled exception", "request"] if kind in BUGS else ["request"]
    found.append(([line["message"] for line in lines], messages))
    for line in lines:
        keys = ACCESS if line is access else BUG
        keys |= ids.keys() | ({"problem"} if line is access and kind.problem else set())
        found.append((sorted(set(line) ^ keys), []))  # Only what is missing or too much.
        expected: dict[str, Any] = {"request_id": answer.request_id, "service": kind.service} | ids
        if line is access:
            expected |= _own(kind)
        found.append(({key: line.get(key) for key in expected}, expected))
    found.append((_counted(invocation), _countable(kind, first=invocation.first, duration_ms=access["duration_ms"])))
    return [f"{answer}: {one} is not {other}" for one, other in found if one != other]


def _own(kind: Kind) -> Line:
    return {"method": kind.method, "route": kind.route, "status": kind.status} | (
        {"problem": kind.problem} if kind.problem else {}
    )


def _counted(invocation: Invocation) -> dict[Dimensions, dict[str, list[float]]]:
    return {
        frozenset(blob.dimensions.items()): {name: values for name, (_, values) in blob.metrics.items()}
        for blob in invocation.blobs
    }


def _countable(kind: Kind, *, first: bool, duration_ms: float) -> dict[Dimensions, dict[str, list[float]]]:
    once = [1.0]
    service = ("service", kind.service)
    of_route = {"Latency": [duration_ms]}
    expected = {frozenset({service, ("route", kind.route)}): of_route}
    if kind in BUGS:
        of_route["5xx"] = once
        expected[frozenset({service})] = {"5xx": once}
        expected[frozenset({service, ("kind", "bug")})] = {"Faults": once}
    elif kind.status >= HTTPStatus.BAD_REQUEST:
        of_route["4xx"] = once
    if kind.metric:
        expected[frozenset({service})] = {kind.metric: once}
    if first:
        expected[frozenset({service, ("function_name", FUNCTIONS[kind.service])})] = {"ColdStart": once}
    return expected
