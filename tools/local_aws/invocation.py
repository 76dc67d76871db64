"""One invocation of a function, and what came of it."""

import json
import uuid
from dataclasses import dataclass, field

from local_aws.xray import TraceHeader


@dataclass(frozen=True, slots=True)
class Invocation:
    """The event to hand to a function (JSON), and the trace that the request belongs to."""

    payload: bytes
    trace: TraceHeader
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))


@dataclass(frozen=True, slots=True)
class Outcome:
    """The function's answer, or, with `error_type`, the error object that Lambda gives to the caller.

    Kinds: https://docs.aws.amazon.com/lambda/latest/dg/python-exceptions.html for errors of the function's own; the
    platform's are `Runtime.ExitError`, `Sandbox.Timedout`, `Function.ResponseSizeTooLarge`.
    """

    payload: bytes
    error_type: str | None = None
    cause: str | None = None  # the runtime's description of an exception for X-Ray, JSON

    @classmethod
    def error(cls, kind: str, text: str) -> "Outcome":
        """Make an error of the platform's own."""
        return cls(json.dumps({"errorType": kind, "errorMessage": text}).encode(), kind)
