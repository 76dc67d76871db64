"""One request with a fault, and what came of it."""

import time
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import Any

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
        response: To the request with the fault.
        seconds: How long it took.
        hit: How many calls the fault hit.
        effect: What is stored after it.
        changed: These changes.
        again: The response to the same request after the fault has gone.
        final: What both have changed.
    """

    response: httpx2.Response
    seconds: float
    hit: int
    effect: Effect
    changed: Counter[Change]
    again: httpx2.Response
    final: Counter[Change]

    @property
    def code(self) -> str | None:
        """Return the code of the problem, or None."""
        return code_of(self.response)


def code_of(response: httpx2.Response) -> str | None:
    """Return the code of a response's problem, or None."""
    if not response.is_error or "problem" not in response.headers.get("content-type", ""):
        return None
    return str(response.json()["type"]).rpartition("/")[2].rpartition(":")[2]


def reference(target: Target, row: Row) -> Counter[Change]:
    """Return what the operation stores without a fault."""
    request = target.prepared(row)
    before = target.stored(row.service)
    response = request.send(target.deployment.api)
    assert response.status_code == request.status, response.text
    return changes(before, target.stored(row.service))


def met(target: Target, row: Row, fault: dict[str, Any], expected: Counter[Change], *, cold: bool = False) -> Outcome:
    """Send a request of the operation with the fault, and again without it."""
    request = target.prepared(row)
    if cold:
        target.end_environments(row.service)
    before = target.stored(row.service)
    with target.plan.planned({"caller": deployed_name(row.service), **fault}):
        began = time.monotonic()
        response = request.send(target.deployment.api)
        seconds = time.monotonic() - began
        [report] = target.plan.report()
    changed = changes(before, target.stored(row.service))
    again = response if response.is_success else sent_until_served(target, request)
    return Outcome(
        response=response,
        seconds=seconds,
        hit=report["hit"],
        effect=_effect(changed, expected),
        changed=changed,
        again=again,
        final=changes(before, target.stored(row.service)),
    )


def sent_until_served(target: Target, request: Prepared) -> httpx2.Response:
    """Send a request as a client does: after a 5xx again, as late as `Retry-After` says."""
    for _ in range(RETRIES):
        response = request.send(target.deployment.api)
        if response.status_code < HTTPStatus.INTERNAL_SERVER_ERROR:
            return response
        time.sleep(float(response.headers.get("retry-after", 0)))
    raise AssertionError(f"still {response.status_code} after {RETRIES} retries: {response.text}")


def _effect(changed: Counter[Change], expected: Counter[Change]) -> Effect:
    if changed == expected:
        return Effect.ALL if changed else Effect.NOTHING
    return Effect.PART if changed else Effect.NOTHING
