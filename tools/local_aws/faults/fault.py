"""A fault: which calls of AWS it hits, how they fail, and how often."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any, NamedTuple

from local_aws.faults.names import SERVICES, fits, operations_of

OPERATOR = "operator"
LONGEST = 600.0  # seconds


class FaultError(Exception):
    """A fault, or a plan, is not valid; the message is one line that says what to change."""


class Kind(StrEnum):
    """What happens to a call.

    Only `delay`, `lost`, `malformed`, `item`, `secret-not-json` and `kill-applied` apply it, and `late` when the plan
    is cleared.
    """

    THROTTLE = "throttle"
    ERROR = "error"
    DELAY = "delay"
    RESET = "reset"
    LOST = "lost"
    LATE = "late"
    CONFLICT = "conflict"
    IN_PROGRESS = "in-progress"
    TABLE_MISSING = "table-missing"
    MALFORMED = "malformed"
    ITEM = "item"
    SECRET_MISSING = "secret-missing"  # noqa: S105 - a kind of fault
    SECRET_NOT_JSON = "secret-not-json"  # noqa: S105 - a kind of fault
    KILL = "kill"
    KILL_APPLIED = "kill-applied"


_WRITES = frozenset({"DeleteItem", "PutItem", "UpdateItem", "TransactWriteItems"})
_READS = frozenset({"BatchGetItem", "GetItem", "Query", "Scan", "TransactGetItems"})
# The operations that a kind can happen to, where it is not any. A transaction of others collides with writes and with
# transactions, but not with other reads:
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html
ONLY: Mapping[Kind, tuple[str, frozenset[str]]] = {
    Kind.CONFLICT: ("dynamodb", _WRITES | {"TransactGetItems"}),
    Kind.IN_PROGRESS: ("dynamodb", frozenset({"TransactWriteItems"})),
    Kind.TABLE_MISSING: ("dynamodb", _WRITES | _READS | {"BatchWriteItem"}),
    Kind.ITEM: ("dynamodb", _WRITES | _READS),
    Kind.SECRET_MISSING: ("secretsmanager", frozenset({"GetSecretValue"})),
    Kind.SECRET_NOT_JSON: ("secretsmanager", frozenset({"GetSecretValue"})),
}


class Call(NamedTuple):
    """A call: the names by which its caller is known, the service's SigV4 signing name, and the operation."""

    callers: tuple[str, ...]
    service: str
    operation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A fault and the calls that it hits. Names may contain `*`.

    Attributes:
        kind: What happens.
        caller: Name of the role or of its session, which is a function's name; `operator` is the operator.
        service: The service's SigV4 signing name.
        operation: Of the service.
        after: How many matching calls are let through first.
        every: Of the calls that follow, each so many-th one is hit.
        count: How many calls are hit (None: until the plan is cleared).
        seconds: How long `delay` waits before it applies a call, and `reset` before it resets the connection.
    """

    kind: Kind
    caller: str = "*"
    service: str = "*"
    operation: str = "*"
    after: int = 0
    every: int = 1
    count: int | None = 1
    seconds: float | None = None

    @classmethod
    def parse(cls, document: object) -> "Fault":
        """Return the fault that a JSON value describes.

        Raises:
            FaultError: The value does not describe a fault.
        """
        if not isinstance(document, dict):
            raise FaultError("a fault must be a JSON object")
        names = [field.name for field in fields(cls)]
        if unknown := [name for name in document if name not in names]:
            raise FaultError(f"a fault has no member {unknown[0]!r}; its members are {', '.join(names)}")
        if document.get("kind") not in list(Kind):
            raise FaultError(f"kind must be one of {', '.join(Kind)}")
        for name in ("caller", "service", "operation"):
            _check(document, name, "must be a text that is not empty", lambda value: isinstance(value, str) and value)
        _check(document, "after", "must be a whole number from 0", lambda value: _is_whole(value, 0))
        _check(document, "every", "must be a whole number from 1", lambda value: _is_whole(value, 1))
        _check(
            document,
            "count",
            "must be a whole number from 1, or null",
            lambda value: value is None or _is_whole(value, 1),
        )
        kind = Kind(document["kind"])
        if kind is Kind.DELAY and "seconds" not in document:
            raise FaultError("seconds must be given for the kind delay")
        if kind not in (Kind.DELAY, Kind.RESET) and "seconds" in document:
            raise FaultError("seconds may be given for the kinds delay and reset only")
        _check(document, "seconds", f"must be a number from 0 to {LONGEST:.0f}", _is_duration)
        fault = cls(**document | {"kind": kind})
        fault._check_names()
        return fault

    def _check_names(self) -> None:
        """Raise FaultError if there is no such service or operation, so that nothing would be hit."""
        services = [name for name in SERVICES if fits(name, self.service)]
        if not services:
            raise FaultError(f"service {self.service!r} is none of {', '.join(sorted(SERVICES))}")
        if not any(fits(operation, self.operation) for name in services for operation in operations_of(name)):
            raise FaultError(f"there is no operation {self.operation!r} of {self.service}")
        if self.kind not in ONLY:
            return
        service, operations = ONLY[self.kind]
        if not fits(service, self.service):
            raise FaultError(f"the kind {self.kind} happens to {service} only")
        if not any(fits(operation, self.operation) for operation in operations):
            raise FaultError(f"the kind {self.kind} does not happen to {self.operation}")

    def matches(self, call: Call) -> bool:
        """Return whether the fault can hit the call. Without a caller's name it hits roles only."""
        if self.kind in ONLY and (call.service, True) != (ONLY[self.kind][0], call.operation in ONLY[self.kind][1]):
            return False
        if call.callers == (OPERATOR,):
            named = self.caller == OPERATOR
        else:
            named = any(fits(caller, self.caller) for caller in call.callers)
        return named and fits(call.service, self.service) and fits(call.operation, self.operation)


def _check(document: dict[str, Any], name: str, rule: str, is_valid: Any) -> None:
    if name in document and not is_valid(document[name]):
        raise FaultError(f"{name} {rule}")


def _is_whole(value: object, smallest: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= smallest


def _is_duration(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= LONGEST
