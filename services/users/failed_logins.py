"""Failed logins: they delay the next attempts from the same network, and never lock an account.

Each network has an allowance of its own. All networks from which nobody has logged in to the account share a second
one, much larger than that of one network, so that one of them cannot use up what the others have.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, NamedTuple, Protocol

from common.failures import Throttled

HOUR: Final = 3600
KNOWN_NETWORKS: Final = 8
# Of these, the ones known longest of all that were used lately. So a thief of the password, who logs in from many
# networks for days, does not make those of the owner unknown.
OLDEST_NETWORKS: Final = 4
LATELY_SECONDS: Final = 14 * 24 * HOUR
SETTLED_SECONDS: Final = 24 * HOUR  # then a network stays known when the password is reset
KNOWN_SECONDS: Final = 90 * 24 * HOUR
# Stored beside the networks; their names have eight characters.
ALL_UNKNOWN: Final = "all"
IN_PROGRESS: Final = "now"
# An attempt succeeds or fails within this time, unless AWS is slow. Until then it may still be refunded.
PROGRESS_SECONDS: Final = 3
WAIT: Final = "There were too many failed attempts: wait as long as Retry-After says, then try again."


class TooManyAttempts(Throttled):
    """There were too many failed attempts with this address recently."""

    code = "too-many-attempts"
    title = "Too many failed attempts"


class Allowance(NamedTuple):
    """A number of attempts at once, then one for each interval in seconds: the generic cell rate algorithm (GCRA).

    It needs one stored number, the second until which the attempts are spent. Attempts that succeed are refunded.
    """

    at_once: int
    interval: int

    @property
    def per_hour(self) -> int:
        """The largest number of attempts in any hour."""
        return self.at_once + HOUR // self.interval

    def wait(self, spent_until: int, now: int) -> int:
        """Return the seconds until the next attempt is due, or 0."""
        return max(spent_until - (self.at_once - 1) * self.interval - now, 0)

    def spend(self, spent_until: int, now: int) -> int:
        """Return the second until which the allowance is spent after one more attempt."""
        return max(spent_until, now) + self.interval


class Callers(NamedTuple):
    """Callers whose attempts are counted apart from those of others.

    Attributes:
        name: Name of their attempts in `Failures.spent`.
        together: The allowance of all their unknown networks together.
        unknown_networks: How many of their unknown networks are remembered. The one with the most left is dropped.
    """

    name: str
    together: Allowance
    unknown_networks: int


NETWORK: Final = Allowance(at_once=5, interval=360)
# Guesses at the login do not delay callers with a token, and guesses with a stolen token do not delay a login. Unknown
# networks get 80 and 20 attempts in any hour, together as many as OWASP's ASVS 4.0.3 allows with one account (2.2.1).
ANONYMOUS: Final = Callers("login", Allowance(at_once=40, interval=90), unknown_networks=16)
WITH_TOKEN: Final = Callers("token", Allowance(at_once=10, interval=360), unknown_networks=4)


@dataclass(frozen=True, slots=True)
class Failures:
    """The failed attempts with an account, or with an address that has no account.

    Networks have the names that `users.attempts` gives them. Times are whole seconds since 1970, in UTC.

    Attributes:
        known: Time of the last success from each network that is known.
        spent: For each kind of callers, the time until which the allowances are spent, by network. `ALL_UNKNOWN` is
            that of all unknown networks together, and `IN_PROGRESS` the time until which one may be refunded.
        since: Time of the first success from each network that has had several.
    """

    known: Mapping[str, int] = field(default_factory=dict)
    spent: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    since: Mapping[str, int] = field(default_factory=dict)

    def first(self, network: str) -> int:
        """Return the time of the first success from a known network."""
        return self.since.get(network, self.known[network])

    def knowing(self, networks: Collection[str]) -> "Failures":
        """Return the failures with only these networks known."""
        return replace(
            self,
            known={name: used for name, used in self.known.items() if name in networks},
            since={name: used for name, used in self.since.items() if name in networks},
        )

    @property
    def expires_at(self) -> int:
        """The time from which nothing of this is needed."""
        known = (used + KNOWN_SECONDS for used in self.known.values())
        return max([0, *known, *(until for spent in self.spent.values() for until in spent.values())])

    def still(self, now: int) -> "Failures":
        """Return what is needed at a time: allowances that are not whole, and networks that were used lately."""
        known = {network for network, used in self.known.items() if used + KNOWN_SECONDS > now}
        spent = {
            name: {network: until for network, until in spent.items() if until > now}
            for name, spent in self.spent.items()
        }
        return replace(self.knowing(known), spent={name: left for name, left in spent.items() if left})

    def paying(self, callers: Callers, network: str) -> dict[str, Allowance]:
        """Return the allowances that an attempt from a network spends."""
        return {network: NETWORK} if network in self.known else {network: NETWORK, ALL_UNKNOWN: callers.together}

    def spending(self, callers: Callers, spent: Mapping[str, int]) -> "Failures":
        """Return the failures with other allowances of these callers, without the unknown networks that are dropped."""
        names = spent.keys() - self.known.keys() - {ALL_UNKNOWN, IN_PROGRESS}
        unknown = sorted(names, key=lambda network: -spent[network])
        dropped = unknown[callers.unknown_networks :]
        left = {network: until for network, until in spent.items() if network not in dropped}
        return replace(self, spent={**self.spent, callers.name: left})


def counted(failures: Failures, callers: Callers, network: str, now: datetime) -> Failures:
    """Return the failures including an attempt at `now`, which counts as failed until it succeeds.

    Raises:
        TooManyAttempts: The next attempt of these callers from this network is not due yet.
    """
    second = int(now.timestamp())
    current = failures.still(second)
    spent = current.spent.get(callers.name, {})
    paying = current.paying(callers, network)
    wait = max(allowance.wait(spent.get(name, 0), second) for name, allowance in paying.items())
    if wait:
        # The others may be right ones at the same time, such as those of programs that share a network.
        raise TooManyAttempts(WAIT, retry_after=1 if IN_PROGRESS in spent else wait)
    paid = {name: allowance.spend(spent.get(name, 0), second) for name, allowance in paying.items()}
    return current.spending(callers, {**spent, **paid, IN_PROGRESS: second + PROGRESS_SECONDS})


def succeeded(failures: Failures, callers: Callers, network: str, now: datetime) -> Failures:
    """Return the failures after the success of a counted attempt: it is refunded, and its network is known.

    Other attempts stay counted, so that a guesser gains nothing when the owner logs in.
    """
    second = int(now.timestamp())
    current = failures.still(second)
    spent = dict(current.spent.get(callers.name, {}))
    for name, allowance in current.paying(callers, network).items():
        if name in spent:
            spent[name] -= allowance.interval
    again = {network: current.first(network)} if network in current.known else {}
    used = replace(current, known={**current.known, network: second}, since={**current.since, **again})
    return used.knowing(_remembered(used, network, second)).spending(callers, spent).still(second)


def _remembered(used: Failures, current: str, now: int) -> set[str]:
    """Return the networks that stay known: the oldest ones, the current one, those known for a day, and the last ones.

    A thief of the password has new networks only, in the first day. Meanwhile they replace each other.
    """
    lately = [network for network, at in used.known.items() if at + LATELY_SECONDS > now]
    kept = {*sorted(lately, key=used.first)[:OLDEST_NETWORKS], current}

    def distrust(network: str) -> tuple[bool, int]:
        return used.first(network) + SETTLED_SECONDS > now, -used.known[network]

    others = sorted(used.known.keys() - kept, key=distrust)
    return kept | {*others[: KNOWN_NETWORKS - len(kept)]}


def renewed(failures: Failures, now: datetime) -> Failures:
    """Return the failures after the password was reset: each network has its whole allowance again.

    Networks that have been known for a day stay known, and so does the one known longest. The others may be those of a
    thief, because of whom it was reset. What all unknown ones have spent together stays spent: otherwise a guesser
    would gain by the reset, and keep the owner out of the known networks too.
    """
    settled = int(now.timestamp()) - SETTLED_SECONDS
    oldest = sorted(failures.known, key=failures.first)[:1]
    kept = {name for name in failures.known if name in oldest or failures.first(name) <= settled}
    together = {
        name: {ALL_UNKNOWN: spent[ALL_UNKNOWN]} for name, spent in failures.spent.items() if ALL_UNKNOWN in spent
    }
    return replace(failures.knowing(kept), spent=together)


class FailureRepository(Protocol):
    """Stores failures by `account_key`, or by `email_key` for an address without an account.

    Failures are counted by account instead of address, because a user could reset them by changing the address.
    Implementations pass `tests/users/test_login_contract.py`; each method raises `Unavailable` when its outcome is
    unknown.
    """

    def get(self, key: str) -> Failures | None:
        """Return the failures, or None; every finished write is seen."""

    def replace(self, key: str, known: Failures | None, changed: Failures) -> bool:
        """Replace `known` by `changed`; of concurrent replacements exactly one is stored.

        Returns:
            False, with nothing changed, when another value is stored.
        """

    def delete(self, key: str) -> None:
        """Remove the failures, if there are any."""
