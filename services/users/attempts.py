"""Attempts with a password: each is counted as failed before its password is compared, and refunded if it succeeds."""

import base64
import hashlib
from datetime import datetime
from typing import Final, NamedTuple

from users.addresses import email_key
from users.failed_logins import (
    ANONYMOUS,
    WAIT,
    WITH_TOKEN,
    Callers,
    FailureRepository,
    Failures,
    TooManyAttempts,
    counted,
    succeeded,
)

# Each lost write is an attempt of somebody else that was counted. Even if every allowance is whole, the others run out
# of them before an attempt from a known network runs out of tries.
COUNTING_TRIES: Final = ANONYMOUS.together.at_once + WITH_TOKEN.together.at_once + 4
NAME_BYTES: Final = 6


def network_name(key: str, network: str) -> str:
    """Return the name of a network in the failures of one account or address: eight characters of a salted hash.

    The salt keeps a network from having the same name with two accounts. It does not hide the network from a reader of
    the table, who can try all networks.
    """
    digest = hashlib.sha256(f"{email_key(key)} {network}".encode()).digest()
    return base64.urlsafe_b64encode(digest[:NAME_BYTES]).decode()


class Attempt(NamedTuple):
    """A counted attempt, whose outcome is not known yet."""

    repository: FailureRepository
    key: str
    callers: Callers
    network: str
    at: datetime
    stored: Failures

    def succeed(self) -> None:
        """Refund the attempt, and make its network known.

        If other attempts win each time, this one stays counted. If the failures were forgotten or erased meanwhile,
        nothing is stored.

        Raises:
            Unavailable: The repository failed.
        """
        stored: Failures | None = self.stored
        for _ in range(COUNTING_TRIES):
            if stored is None:
                return
            if self.repository.replace(self.key, stored, succeeded(stored, self.callers, self.network, self.at)):
                return
            stored = self.repository.get(self.key)


def begin(repository: FailureRepository, key: str, callers: Callers, network: str, now: datetime) -> Attempt:
    """Count an attempt. Do so before the password is compared, so that concurrent guesses are bounded as well.

    A rejected attempt writes nothing, so that attempts without end cannot make the write of another one fail.

    Args:
        repository: Stores the failures.
        key: The `account_key`, or the address if it has no account.
        callers: The kind of caller.
        network: The caller's network, as `network_of` returns it.
        now: The time of the attempt, in UTC.

    Raises:
        TooManyAttempts: The next attempt is not due yet.
        Unavailable: The repository failed.
    """
    name = network_name(key, network)
    for _ in range(COUNTING_TRIES):
        stored = repository.get(key)
        changed = counted(stored or Failures(), callers, name, now)
        if repository.replace(key, stored, changed):
            return Attempt(repository, key, callers, name, now, changed)
    raise TooManyAttempts(WAIT, retry_after=1)
