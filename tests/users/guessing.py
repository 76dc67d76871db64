"""Simulates a guesser and the owner of the account on the real code, with a clock of its own and without hashing."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from tests.users.examples import recent, user
from tests.users.fake_logins import authenticator
from tests.users.fake_repository import FakeUserRepository
from users.failed_logins import TooManyAttempts
from users.login import Authenticator, CurrentPasswordWrong
from users.networks import network_of
from users.token_adapter import LIFETIME
from users.token_failures import InvalidCredentials

START: Final = datetime(2026, 11, 21, 12, tzinfo=UTC)
PASSWORD: Final = "correct horse battery staple"
OWNER: Final = user(1)
HOME: Final = network_of("192.0.2.1")
PER_SECOND: Final = 7
OWNER_EVERY: Final = timedelta(minutes=10)

type Try = Callable[[Authenticator, str, str, datetime], None]


def log_in(login: Authenticator, password: str, network: str, now: datetime) -> None:
    """Try to log in."""
    login.authenticate(OWNER.email, password, network, now)


def change_password(login: Authenticator, password: str, network: str, now: datetime) -> None:
    """Try to change the password, with a token."""
    login.change_password(OWNER, password, PASSWORD, network, now, check_login=recent)


@dataclass(frozen=True)
class Guesser:
    """Sends requests at a steady rate from each of its networks in turn."""

    name: str
    guess: Try
    networks: tuple[str, ...]
    lasts: timedelta


def many(count: int) -> tuple[str, ...]:
    """Return networks that nobody else has."""
    return tuple(network_of(f"10.{number // 256}.{number % 256}.1") for number in range(count))


DAY: Final = timedelta(hours=24)
GUESSERS: Final = (
    Guesser("at the login, one network", log_in, many(1), DAY),
    Guesser("at the login, 1,000 networks", log_in, many(1000), DAY),
    Guesser("at the login, the owner's network", log_in, (HOME,), DAY),
    Guesser("stolen token, one network", change_password, many(1), LIFETIME),
    Guesser("stolen token, 1,000 networks", change_password, many(1000), LIFETIME),
)
# A guesser at the login and one with a stolen token for each number of networks.
CROWDS: Final = {
    count: (
        Guesser(f"at the login, {count} networks", log_in, many(count), DAY),
        Guesser(f"stolen token, {count} networks", change_password, many(count), LIFETIME),
    )
    for count in range(1, 9)
}


def home(_: int) -> str:
    """Return the network that the owner has logged in from before."""
    return HOME


def elsewhere(number: int) -> str:
    """Return a network that the owner has not been in before."""
    return network_of(f"198.51.{number}.1")


def abroad(number: int) -> str:
    """Return another one."""
    return network_of(f"203.0.{number}.1")


OWNERS: Final[dict[str, tuple[Try, Callable[[int], str]]]] = {
    "login, known network": (log_in, home),
    "login, another network": (log_in, elsewhere),
    "change of the password, known network": (change_password, home),
    "change of the password, another network": (change_password, abroad),
}


@dataclass
class Outcome:
    """Of the guesser: the times of the guesses that were evaluated. Of the owner: tries, and those that succeeded."""

    evaluated: list[datetime] = field(default_factory=list)
    tries: Counter[str] = field(default_factory=Counter)
    successes: Counter[str] = field(default_factory=Counter)

    @property
    def worst_hour(self) -> int:
        """The largest number of evaluated guesses in an hour."""
        hour = timedelta(hours=1)
        return max(sum(first <= at <= first + hour for at in self.evaluated) for first in self.evaluated)


def steady(lasts: timedelta) -> Iterator[datetime]:
    """Yield the time of each request at the steady rate."""
    for number in range(int(lasts.total_seconds()) * PER_SECOND):
        yield START + timedelta(seconds=number / PER_SECOND)


def abridged(lasts: timedelta) -> Iterator[datetime]:
    """Yield the same for 18 seconds, then times that are 18 seconds apart.

    As many guesses are evaluated, in less time: a rejected attempt changes nothing, and every interval of an allowance
    is a multiple of 18 seconds.
    """
    yield from steady(timedelta(seconds=18))
    for seconds in range(18, int(lasts.total_seconds()), 18):
        yield START + timedelta(seconds=seconds)


def simulate(guesser: Guesser, moments: Iterable[datetime]) -> Outcome:
    """Return what the guesser and the owner achieve, who logged in from home the day before."""
    users = FakeUserRepository(OWNER)
    users.hashes[OWNER.id] = f"fast:{PASSWORD}"
    login = authenticator(users)
    log_in(login, PASSWORD, HOME, START - timedelta(days=1))
    outcome = Outcome()
    due = START + OWNER_EVERY / 2
    for number, now in enumerate(moments):
        try:
            guesser.guess(login, "wrong", guesser.networks[number % len(guesser.networks)], now)
        except (InvalidCredentials, CurrentPasswordWrong):
            outcome.evaluated.append(now)
        except TooManyAttempts:
            pass
        if now >= due:
            due += OWNER_EVERY
            for name, (attempt, network) in OWNERS.items():
                outcome.tries[name] += 1
                before = dict(users.failures)
                try:
                    attempt(login, PASSWORD, network(outcome.tries[name]), now)
                except TooManyAttempts:
                    continue
                outcome.successes[name] += 1
                # Each try is the first one: the network that it came from is not known afterwards.
                users.failures = before
    return outcome
