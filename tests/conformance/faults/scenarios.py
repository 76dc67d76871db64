"""The faults that every operation meets."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from common.aws_calls import ATTEMPTS
from local_aws.faults.fault import ONLY, Kind

# Longer than the functions wait for a response of DynamoDB, and longer than an invocation may take.
SLOW_SECONDS: Final = 4
FROZEN_SECONDS: Final = 40
WRITES: Final = frozenset({"DeleteItem", "PutItem", "TransactWriteItems", "UpdateItem"})


class Result(StrEnum):
    """What the client gets."""

    SERVED = "served as without the fault"
    UNAVAILABLE = "503"
    BUG = "500"


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """A fault, as the table describes it.

    Attributes:
        name: What happens, in words.
        kind: Of the fault.
        result: What the client gets; an item that does not decode may also be served, if nothing reads it.
        service: The AWS service, by its SigV4 signing name.
        always: Whether it hits every attempt of the request, not only the first.
        repeated_first: Whether the client sends the request again before a late call is applied.
        seconds: How long a call is delayed.
    """

    name: str
    kind: Kind
    result: Result
    service: str = "dynamodb"
    always: bool = False
    repeated_first: bool = False
    seconds: float | None = None

    def __str__(self) -> str:
        return self.name

    def fault(self, operation: str, after: int) -> dict[str, Any]:
        """Return the members of the plan for calls of an operation of AWS, of which the first `after` succeed."""
        found: dict[str, Any] = {"kind": self.kind, "service": self.service, "operation": operation, "after": after}
        if self.always:
            found["count"] = ATTEMPTS if self.repeated_first else None
        return found if self.seconds is None else found | {"seconds": self.seconds}

    def happens_to(self, operation: str) -> bool:
        """Return whether AWS can fail in this way in the operation, and whether that differs from other ways."""
        if self.kind in (Kind.DELAY, Kind.LATE):
            return operation in WRITES
        return self.kind not in ONLY or operation in ONLY[self.kind][1]


def _both(kind: Kind, once: str, always: str) -> tuple[Scenario, Scenario]:
    return (
        Scenario(name=once, kind=kind, result=Result.SERVED),
        Scenario(name=always, kind=kind, result=Result.UNAVAILABLE, always=True),
    )


# Each call of each operation of the API meets them.
DATABASE: Final = (
    *_both(Kind.THROTTLE, "DynamoDB throttles one attempt", "DynamoDB throttles every attempt"),
    *_both(Kind.ERROR, "DynamoDB responds 500 once", "DynamoDB responds 500 always"),
    *_both(Kind.RESET, "One connection is reset before the call", "Every connection is reset before the call"),
    *_both(
        Kind.LOST, "One response is lost after the call was applied", "Every response is lost, the calls are applied"
    ),
    *_both(Kind.CONFLICT, "One call conflicts with a transaction", "Every call conflicts with a transaction"),
    *_both(
        Kind.IN_PROGRESS,
        "One call finds its own transaction still in progress",
        "Every call finds its own transaction still in progress",
    ),
    Scenario(name="One call is applied after its repeat", kind=Kind.LATE, result=Result.SERVED),
    Scenario(name="Every call is applied after the 503", kind=Kind.LATE, result=Result.UNAVAILABLE, always=True),
    Scenario(
        name="Every call is applied after the client has sent the request again",
        kind=Kind.LATE,
        result=Result.UNAVAILABLE,
        always=True,
        repeated_first=True,
    ),
    Scenario(
        name=f"One call is applied after {SLOW_SECONDS} s",
        kind=Kind.DELAY,
        result=Result.SERVED,
        seconds=SLOW_SECONDS,
    ),
    Scenario(name="The table is missing", kind=Kind.TABLE_MISSING, result=Result.BUG, always=True),
    Scenario(name="An item does not decode", kind=Kind.ITEM, result=Result.BUG, always=True),
)
# One operation of the API of each kind meets it, because it takes seconds.
SLOW: Final = (
    Scenario(
        name="DynamoDB does not respond",
        kind=Kind.RESET,
        result=Result.UNAVAILABLE,
        always=True,
        seconds=FROZEN_SECONDS,
    ),
)
# Each operation of the API that requires a token meets them, in a new environment.
SECRET: Final = (
    Scenario(
        name="Secrets Manager throttles one attempt",
        kind=Kind.THROTTLE,
        result=Result.SERVED,
        service="secretsmanager",
    ),
    Scenario(
        name="Secrets Manager throttles every attempt",
        kind=Kind.THROTTLE,
        result=Result.UNAVAILABLE,
        service="secretsmanager",
        always=True,
    ),
    Scenario(
        name="The secret is missing",
        kind=Kind.SECRET_MISSING,
        result=Result.UNAVAILABLE,
        service="secretsmanager",
        always=True,
    ),
    Scenario(
        name="The secret is not JSON",
        kind=Kind.SECRET_NOT_JSON,
        result=Result.UNAVAILABLE,
        service="secretsmanager",
        always=True,
    ),
)
