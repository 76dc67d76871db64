"""Failed logins: they delay the next attempts and never lock an account."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from common.failures import Throttled

FREE_FAILURES: Final = 5
LONGEST_DELAY: Final = timedelta(seconds=60)
FORGOTTEN_AFTER: Final = timedelta(hours=24)
WAIT: Final = "There were too many failed attempts: wait as long as Retry-After says, then try again."


class TooManyAttempts(Throttled):
    """There were too many failed attempts with this address recently."""

    code = "too-many-attempts"
    title = "Too many failed attempts"


@dataclass(frozen=True, slots=True)
class Failures:
    """The failed attempts with an account, or with an address that has no account.

    Attributes:
        count: Number of attempts since the last success.
        last_at: Time of the last attempt, in UTC and whole milliseconds.
    """

    count: int
    last_at: datetime

    @property
    def expires_at(self) -> datetime:
        """The time from which they are ignored."""
        return self.last_at + FORGOTTEN_AFTER

    @property
    def delay(self) -> timedelta:
        """How long after the last attempt the next one is rejected: 0 s below five failures, then 1, 2, 4 ... 60 s."""
        exponent = self.count - FREE_FAILURES
        return min(timedelta(seconds=2 ** min(exponent, 6)), LONGEST_DELAY) if exponent >= 0 else timedelta()


def counted(known: Failures | None, now: datetime) -> Failures:
    """Return the failures including an attempt at `now`, which counts as failed until it succeeds.

    Raises:
        TooManyAttempts: The next attempt is not due yet.
    """
    at = now.replace(microsecond=now.microsecond // 1000 * 1000)
    if known is None or known.expires_at <= now:
        return Failures(1, at)
    wait = known.last_at + known.delay - now
    # Clocks differ a little, so an attempt may seem to precede the last one. Without a delay it is still accepted.
    if known.delay and wait > timedelta():
        raise TooManyAttempts(WAIT, retry_after=math.ceil(wait.total_seconds()))
    return Failures(known.count + 1, max(at, known.last_at))


class FailureRepository(Protocol):
    """Counts failures by `account_key`, or by `email_key` for an address without an account.

    Failures are counted by account instead of address, because a user could reset the count by changing the address.
    Implementations pass `tests/users/test_login_contract.py`; each method raises `Unavailable` when its outcome is
    unknown.
    """

    def get(self, key: str) -> Failures | None:
        """Return the failures, or None; every finished write is seen."""

    def replace(self, key: str, known: Failures | None, counted: Failures) -> bool:
        """Replace `known` by `counted`; of concurrent replacements exactly one is stored.

        Returns:
            False, with nothing changed, when another value is stored.
        """

    def forget(self, key: str) -> None:
        """Reset the count."""
