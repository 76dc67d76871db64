"""Attempts with a password: each is counted as failed before its password is compared, and refunded if it succeeds."""

import base64
import hashlib
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Final, NamedTuple

from common.failures import Unavailable
from users.addresses import email_key
from users.failed_logins import (
    ANONYMOUS,
    KNOWN_NETWORKS,
    NETWORK,
    WAIT,
    WITH_TOKEN,
    Callers,
    FailureRepository,
    Failures,
    TooManyAttempts,
    counted,
    renewed,
    succeeded,
)

# Each lost write is an attempt of somebody else that was counted. Even if every allowance is whole, the others run out
# of them before an attempt from a known network runs out of tries.
COUNTING_TRIES: Final = ANONYMOUS.together.at_once + WITH_TOKEN.together.at_once + 2 * KNOWN_NETWORKS * NETWORK.at_once
NAME_BYTES: Final = 6


def network_name(key: str, network: str) -> str:
    """Return the name of a network in the failures of one account or address: eight characters of a salted hash.

    The salt keeps a network from having the same name with two accounts. It does not hide the network from a reader of
    the table, who can try all networks.
    """
    digest = hashlib.sha256(f"{email_key(key)} {network}".encode()).digest()
    return base64.urlsafe_b64encode(digest[:NAME_BYTES]).decode()


def used_from(key: str, network: str, now: datetime) -> Failures:
    """Return the failures of a new account, whose owner has used one network: it is known from the beginning."""
    return Failures(known={network_name(key, network): int(now.timestamp())})


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

        If other attempts win each time, or the repository fails, this one stays counted. If the failures were erased
        meanwhile, nothing is stored.
        """
        _change(self.repository, self.key, self.stored, self._succeeded)

    def _succeeded(self, stored: Failures) -> Failures:
        return succeeded(stored, self.callers, self.network, self.at)


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


def end_delays(repository: FailureRepository, key: str, now: datetime) -> None:
    """Give each network its whole allowance again, after the password was reset; see `renewed`.

    If other attempts win each time, or the repository fails, nothing changes.
    """
    with suppress(Unavailable):
        _change(repository, key, repository.get(key), partial(renewed, now=now))


def forget(repository: FailureRepository, key: str) -> None:
    """Remove the failures of an account that was erased while an attempt was counted, unless the repository fails."""
    with suppress(Unavailable):
        repository.delete(key)


def _change(
    repository: FailureRepository, key: str, stored: Failures | None, changed: Callable[[Failures], Failures]
) -> None:
    """Replace the stored failures, as the last step of an operation that must not fail: it has had its effect."""
    # The repository logs why it is unavailable.
    with suppress(Unavailable):
        for _ in range(COUNTING_TRIES):
            if stored is None or repository.replace(key, stored, changed(stored)):
                return
            stored = repository.get(key)
