"""One invocation of a function and its outcome."""

import json
import math
import uuid
from dataclasses import dataclass, field
from typing import Any

from local_aws.xray.trace import TraceHeader


@dataclass(frozen=True, slots=True)
class Invocation:
    """The event of a function (JSON), and the trace of the request."""

    payload: bytes
    trace: TraceHeader
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))


@dataclass(frozen=True, slots=True)
class LogEvent:
    """A log line: milliseconds since the epoch, and the text."""

    timestamp: int
    message: str


def status_of(error_type: str | None) -> str:
    """Return the status for an error type, or for None, as the platform's records name it."""
    if error_type is None:
        return "success"
    return "timeout" if error_type == "Sandbox.Timedout" else "error"


@dataclass(frozen=True, slots=True)
class Record:
    """The record of one invocation; times in seconds since the epoch, memory in MB.

    Attributes:
        environment: The name of its log stream, which is unique.
        access_key_id: The environment's access key, by which its AWS calls are found.
        init_ms: Milliseconds of initialisation, only for an environment's first invocation, and only if the invocation
            waited for it.
        logs: The lines since the environment's previous invocation.
        restore_ms: Milliseconds of the restore from a snapshot, only for an environment's first invocation.
    """

    function: str
    environment: str
    request_id: str
    access_key_id: str
    trace_id: str
    sampled: bool
    began: float
    ended: float
    init_ms: float | None
    max_memory: int
    error_type: str | None
    logs: tuple[LogEvent, ...] = ()
    restore_ms: float | None = None

    @property
    def duration_ms(self) -> float:
        """How long the invocation took, without the initialisation."""
        return (self.ended - self.began) * 1000

    @property
    def billed_ms(self) -> int:
        """Duration, initialisation and restore, rounded up (https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html)."""
        return math.ceil(self.duration_ms + (self.init_ms or 0.0) + (self.restore_ms or 0.0))

    @property
    def status(self) -> str:
        """The outcome, as the platform's report names it."""
        return status_of(self.error_type)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The function's response or, with `error_type`, the error object that Lambda returns to the caller.

    Types: https://docs.aws.amazon.com/lambda/latest/dg/python-exceptions.html for errors of the function; the
    platform's are `Runtime.ExitError`, `Sandbox.Timedout`, `Function.ResponseSizeTooLarge`.
    """

    payload: bytes
    error_type: str | None = None
    cause: str | None = None  # the runtime's description of an exception for X-Ray, JSON
    record: Record | None = None  # None when no environment took the invocation

    @property
    def throttled(self) -> bool:
        """Whether Lambda rejected the invocation; a function may raise an exception of the same name."""
        return self.error_type == "TooManyRequestsException" and self.record is None

    @property
    def failure(self) -> dict[str, Any] | None:
        """The cause of a failure for the segment document, empty when the runtime named no cause; None on success."""
        if self.error_type is None:
            return None
        try:
            cause = json.loads(self.cause or "{}")
        except ValueError:
            return {}
        return cause if isinstance(cause, dict) else {}

    @classmethod
    def error(cls, kind: str, text: str) -> "Outcome":
        """Return an error of the platform itself."""
        return cls(json.dumps({"errorType": kind, "errorMessage": text}).encode(), kind)
