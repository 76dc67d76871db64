"""The time that an invocation has left, from which calls of AWS take their timeouts.

Lambda ends an invocation at its timeout, and then the caller gets API Gateway's response instead of ours.
"""

import math
import time
from typing import Final

# For what follows the last call: the response, log lines, metrics and spans, which may wait a second for their backend.
RESERVE_SECONDS: Final = 2.0


class _Invocation:
    """The invocation of this process, which serves one at a time; `calls_end_at` is on the monotonic clock."""

    calls_end_at: float = math.inf


def begin(milliseconds: int) -> None:
    """Begin an invocation that Lambda ends after this time."""
    _Invocation.calls_end_at = time.monotonic() + milliseconds / 1000 - RESERVE_SECONDS


def end() -> None:
    """End the invocation: there is no deadline until the next one begins, as outside Lambda."""
    _Invocation.calls_end_at = math.inf


def remaining() -> float:
    """Return for how many seconds the invocation may still wait for AWS; infinity without a deadline."""
    return _Invocation.calls_end_at - time.monotonic()
