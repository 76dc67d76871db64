"""The plan of faults: the faults in their order, and what they have hit."""

import json
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from local_aws.faults.fault import Call, Fault, FaultError

REMEMBERED = 100  # calls that were hit, for each fault


class Plan:
    """The faults in their order; safe with threads."""

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        self._lock = threading.Condition()
        self._held = 0
        self._entries = [_Entry(fault) for fault in faults]

    def __bool__(self) -> bool:
        """Return whether any fault is planned."""
        return bool(self._entries)

    def add(self, faults: Iterable[Fault]) -> None:
        """Add faults after those that are planned."""
        with self._lock:
            self._entries = [*self._entries, *map(_Entry, faults)]

    def clear(self) -> None:
        """Remove every fault, and return when the calls that were held have been applied."""
        with self._lock:
            self._entries = []
            self._lock.notify_all()
            self._lock.wait_for(lambda: self._held == 0)

    @contextmanager
    def held(self, fault: Fault) -> Iterator[Callable[[], None]]:
        """Hold a call that a fault hits: yield what waits until the plan is cleared. `clear` waits for the block."""
        with self._lock:
            self._held += 1
        try:
            yield partial(self._wait_for_the_end_of, fault)
        finally:
            with self._lock:
                self._held -= 1
                self._lock.notify_all()

    def _wait_for_the_end_of(self, fault: Fault) -> None:
        with self._lock:
            self._lock.wait_for(lambda: not any(entry.fault is fault for entry in self._entries))

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
