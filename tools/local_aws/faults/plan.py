"""The plan of faults: which calls of AWS fail, how, and how often."""

import json
import threading
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

from local_aws.faults.names import SERVICES, fits, operations_of

OPERATOR = "operator"
LONGEST = 600.0  # seconds
REMEMBERED = 100  # calls that were hit, for each fault


class FaultError(Exception):
    """The plan is not valid; the message is one line that says what to change."""


class Kind(StrEnum):
    """What happens to a call. Only `delay`, `lost`, `item`, `secret-not-json` and `kill-applied` apply it."""

    THROTTLE = "throttle"
    ERROR = "error"
    DELAY = "delay"
    RESET = "reset"
    LOST = "lost"
    CONFLICT = "conflict"
    TABLE_MISSING = "table-missing"
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


class Plan:
    """The faults in their order; safe with threads."""

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        self._lock = threading.Lock()
        self._entries = [_Entry(fault) for fault in faults]

    def __bool__(self) -> bool:
        """Return whether any fault is planned."""
        return bool(self._entries)

    def add(self, faults: Iterable[Fault]) -> None:
        """Add faults after those that are planned."""
        with self._lock:
            self._entries = [*self._entries, *map(_Entry, faults)]

    def clear(self) -> None:
        """Remove every fault."""
        with self._lock:
            self._entries = []

    def take(self, call: Call) -> Fault | None:
        """Return the first fault that hits the call, or None. Faults after that one do not count the call."""
        with self._lock:
            return next((entry.fault for entry in self._entries if entry.hits(call)), None)

    def report(self) -> list[dict[str, Any]]:
        """Return each fault with the numbers of matching (`seen`) and hit calls (`hit`), and the latest of these."""
        with self._lock:
            return [entry.report() for entry in self._entries]


class _Entry:
    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        self._seen = 0
        self._hit = 0
        self._calls: list[Call] = []

    def hits(self, call: Call) -> bool:
        fault = self.fault
        if not fault.matches(call):
            return False
        self._seen += 1
        number = self._seen - fault.after
        if number < 1 or number % fault.every or (fault.count is not None and self._hit >= fault.count):
            return False
        self._hit += 1
        self._calls = [*self._calls, call][-REMEMBERED:]
        return True

    def report(self) -> dict[str, Any]:
        calls = [f"{call.callers[-1]} {call.service}:{call.operation}" for call in self._calls]
        return asdict(self.fault) | {"seen": self._seen, "hit": self._hit, "calls": calls}


def load(text: str | bytes) -> Any:
    """Return the value of a JSON text.

    Raises:
        ValueError: It is not JSON, an object has two members of one name, or it is nested too deeply.
    """

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(found := dict(pairs)) != len(pairs):
            raise ValueError("an object has two members of one name")
        return found

    try:
        return json.loads(text, object_pairs_hook=unique)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def parse_faults(document: object) -> list[Fault]:
    """Return the faults of a JSON value: one fault, or a list of them.

    Raises:
        FaultError: One of them is not valid.
    """
    if not isinstance(document, list):
        return [Fault.parse(document)]
    faults = []
    for number, one in enumerate(document, 1):
        try:
            faults.append(Fault.parse(one))
        except FaultError as error:
            raise FaultError(f"fault {number}: {error}") from None
    return faults


def read_faults(path: Path) -> list[Fault]:
    """Return the faults of a JSON file.

    Raises:
        FaultError: The file cannot be read, or is not valid.
    """
    try:
        return parse_faults(load(path.read_bytes()))
    except (OSError, ValueError) as error:
        raise FaultError(f"{path} cannot be read: {error}") from None
    except FaultError as error:
        raise FaultError(f"{path}: {error}") from None


def _check(document: dict[str, Any], name: str, rule: str, is_valid: Any) -> None:
    if name in document and not is_valid(document[name]):
        raise FaultError(f"{name} {rule}")


def _is_whole(value: object, smallest: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= smallest


def _is_duration(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= LONGEST
