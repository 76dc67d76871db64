"""One request with a fault, and what came of it."""

import time
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import Any, NamedTuple

import httpx2

from tests.conformance.faults.target import Change, Target, changes
from tests.conformance.found import Row
from tests.e2e.successes import Prepared
from tests.support.services import deployed_name

RETRIES = 10


class Effect(StrEnum):
    """How much of what the operation stores is stored."""

    NOTHING = "nothing"
    ALL = "all"
    PART = "a part"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a client sees and what is stored.

    Attributes:
        status: Of the response that the request gets without a fault.
        response: To the request with the fault.
        seconds: How long it took.
        hit: How many calls the fault hit.
        effect: What is stored after it.
        changed: These changes, with those of calls that were applied late, before the client sends it again.
        again: The response to the same request after the fault has gone.
        final: What both have changed.
    """

    status: int
    response: httpx2.Response
    seconds: float
    hit: int
    effect: Effect
    changed: Counter[Change]
    again: httpx2.Response
    final: Counter[Change]

    def is_right(self, found: "Reference", repeated: frozenset[str]) -> bool:
        """Return whether nothing is half written, and the same request again leads to what it stores without a fault.

        If the row says so (`repeated`), the second response may say that it was done before: a deleted thing is not
        found, and the current password is wrong. Such a request may be counted as well.
        """
        if self.effect is Effect.ALL and code_of(self.again) in repeated:
            return not _without_content(found.changed) - _without_content(self.final)
        return self.again.is_success and found.is_all(self.final) and (self.effect is not Effect.PART or found.several)

    @property
    def code(self) -> str | None:
        """Return the code of the problem, or None."""
        return code_of(self.response)


def code_of(response: httpx2.Response) -> str | None:
    """Return the code of a response's problem, or None."""
    if not response.is_error or "problem" not in response.headers.get("content-type", ""):
        return None
    return str(response.json()["type"]).rpartition(":")[2]


class Reference(NamedTuple):
    """What an operation does without a fault: its calls of DynamoDB in their order, and what it stores."""

    calls: list[str]
    changed: Counter[Change]

    @property
    def numbered(self) -> list[tuple[str, int]]:
        """Return each call, and how many calls of the same operation are before it."""
        return [(call, self.calls[:at].count(call)) for at, call in enumerate(self.calls)]

    @property
    def several(self) -> bool:
        """Return whether it writes several times, so that it may end in between."""
        return sum(call not in {"GetItem", "Query"} for call in self.calls) > 1

    def is_all(self, changed: Counter[Change]) -> bool:
        """Return whether this is what it stores; of an operation that writes several times, a time may be a content."""
        if self.several:
            return _without_content(changed) == _without_content(self.changed)
        return changed == self.changed


def reference(target: Target, row: Row) -> Reference:
    """Return what the operation does without a fault."""
    request = target.prepared(row)
    before = target.stored(row.service)
    observer = {"kind": "delay", "seconds": 0, "count": None, "service": "dynamodb"}
    target.plan.replace({"caller": deployed_name(row.service), **observer})
    response = request.send(target.deployment.api)
    [report] = target.plan.report()
    target.plan.clear()
    assert response.status_code == request.status, response.text
    calls = [call.rpartition(":")[2] for call in report["calls"]]
    return Reference(calls, changes(before, target.stored(row.service)))


def met(
    target: Target,
    row: Row,
    fault: dict[str, Any],
    found: Reference,
    *,
    cold: bool = False,
    repeated_first: bool = False,
) -> Outcome:
    """Send a request of the operation with the fault, and again without it.

    Args:
        target: The deployment.
        row: The operation.
        fault: Members of the plan.
        found: What the operation does without a fault.
        cold: Whether nothing is cached.
        repeated_first: Whether the request is sent again before late calls are applied.
    """
    request = target.prepared(row)
    if cold:
        target.end_environments(row.service)
    before = target.stored(row.service)
    target.plan.replace({"caller": deployed_name(row.service), **fault})
    began = time.monotonic()
    response = request.send(target.deployment.api)
    seconds = time.monotonic() - began
    [report] = target.plan.report()
    if not repeated_first:
        target.plan.clear()
    changed = changes(before, target.stored(row.service))
    again = response if response.is_success else sent_until_served(target, request)
    target.plan.clear()
    final = changes(before, target.stored(row.service))
    return Outcome(
        status=request.status,
        response=response,
        seconds=seconds,
        hit=report["hit"],
        effect=_effect(changed, found),
        changed=changed,
        again=again,
        final=final,
    )


def sent_until_served(target: Target, request: Prepared) -> httpx2.Response:
    """Send a request as a client does: after a 5xx again, as late as `Retry-After` says."""
    response = request.send(target.deployment.api)
    for _ in range(RETRIES):
        if response.status_code < HTTPStatus.INTERNAL_SERVER_ERROR:
            break
        time.sleep(float(response.headers.get("retry-after", 0)))
        response = request.send(target.deployment.api)
    return response


def _without_content(found: Counter[Change]) -> Counter[tuple[str, str]]:
    return Counter((sign, kinds) for sign, kinds, _ in found.elements())


def _effect(changed: Counter[Change], found: Reference) -> Effect:
    if not changed:
        return Effect.NOTHING
    return Effect.ALL if found.is_all(changed) else Effect.PART
