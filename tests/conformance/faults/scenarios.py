"""The faults that every operation meets."""

from dataclasses import dataclass
from typing import Any, Final

# Longer than the functions wait for a response of DynamoDB, and longer than an invocation may take.
SLOW_SECONDS: Final = 4
FROZEN_SECONDS: Final = 40


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """A fault, as the table describes it.

    Attributes:
        name: What happens, in words.
        fault: Members of the plan.
        cold: Whether the function must not have read its secret before.
        slow: Whether it takes seconds, so that only one operation of each kind meets it.
    """

    name: str
    fault: dict[str, Any]
    cold: bool = False
    slow: bool = False

    def __str__(self) -> str:
        return self.name


def _once(kind: str, name: str, **members: Any) -> Scenario:
    return Scenario(name=name, fault={"kind": kind, "service": "dynamodb", **members})


def _always(kind: str, name: str, **members: Any) -> Scenario:
    return Scenario(name=name, fault={"kind": kind, "service": "dynamodb", "count": None, **members})


SCENARIOS: Final = (
    _once("throttle", "DynamoDB throttles one attempt"),
    _always("throttle", "DynamoDB throttles every attempt"),
    _once("error", "DynamoDB fails once with 500"),
    _always("error", "DynamoDB fails with 500"),
    _once("reset", "One connection is reset before the call"),
    _always("reset", "Every connection is reset before the call"),
    _once("lost", "One response is lost after the call was applied"),
    _always("lost", "Every response is lost after the call was applied"),
    _once("conflict", "One call conflicts with a transaction"),
    _always("conflict", "Every call conflicts with a transaction"),
    Scenario(
        name=f"One call is applied after {SLOW_SECONDS} s",
        fault={"kind": "delay", "service": "dynamodb", "seconds": SLOW_SECONDS},
        slow=True,
    ),
    Scenario(
        name="No call is responded to",
        fault={"kind": "delay", "service": "dynamodb", "seconds": FROZEN_SECONDS, "count": None},
        slow=True,
    ),
    _always("table-missing", "The table is missing"),
    _always("item", "An item does not decode"),
    Scenario(name="The secret is missing", fault={"kind": "secret-missing", "count": None}, cold=True),
    Scenario(name="The secret is not JSON", fault={"kind": "secret-not-json", "count": None}, cold=True),
    Scenario(
        name="Secrets Manager throttles every attempt",
        fault={"kind": "throttle", "service": "secretsmanager", "count": None},
        cold=True,
    ),
    Scenario(
        name="Secrets Manager throttles one attempt",
        fault={"kind": "throttle", "service": "secretsmanager"},
        cold=True,
    ),
)
