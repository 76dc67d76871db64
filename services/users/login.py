"""Logging in: proving by a password who one is, more slowly after each failure, but never locked out."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from common.failures import Forbidden, Invalid, Throttled, Unauthenticated
from users.domain import User, UserNotFound, UserRepository, account_key

FREE_FAILURES: Final = 5
LONGEST_DELAY: Final = timedelta(seconds=60)
FORGOTTEN_AFTER: Final = timedelta(hours=24)
COUNTING_ATTEMPTS: Final = 10
NOBODY: Final = 0  # no user's id


class InvalidCredentials(Unauthenticated):
    """The address and the password are not those of an active user; which of them is wrong is not said."""

    code = "invalid-credentials"
    title = "The e-mail address or the password is wrong"

    def __init__(self) -> None:
        super().__init__("No active user has this e-mail address and this password.")


class TooManyAttempts(Throttled):
    """Too many passwords for this address were wrong lately."""

    code = "too-many-attempts"
    title = "Too many failed attempts"


class CurrentPasswordRequired(Invalid):
    """Who changes a password of its own has to show the present one."""

    code = "current-password-required"
    title = "The current password is missing"


class CurrentPasswordWrong(Forbidden):
    """The password that was shown is not the present one."""

    code = "current-password-wrong"
    title = "The current password is wrong"


@dataclass(frozen=True, slots=True)
class Failures:
    """Attempts with one account, or with an address that nobody has, that have not succeeded.

    Attributes:
        count: How many of them, without a success between them.
        last_at: When the last of them began, in UTC and whole milliseconds.
    """

    count: int
    last_at: datetime

    @property
    def expires_at(self) -> datetime:
        """When they count no more."""
        return self.last_at + FORGOTTEN_AFTER

    @property
    def delay(self) -> timedelta:
        """How long after the last attempt the next one is refused: 0 up to five failures, then 1, 2, 4 ... 60 s."""
        exponent = self.count - FREE_FAILURES
        return min(timedelta(seconds=2 ** min(exponent, 6)), LONGEST_DELAY) if exponent >= 0 else timedelta()


def counted(known: Failures | None, now: datetime) -> Failures:
    """Return the failures with an attempt at `now`, which counts as one until it has succeeded.

    Raises:
        TooManyAttempts: The next attempt is not due yet.
    """
    at = now.replace(microsecond=now.microsecond // 1000 * 1000)
    if known is None or known.expires_at <= now:
        return Failures(1, at)
    wait = known.last_at + known.delay - now
    # Clocks differ a little: without a delay, an attempt that seems to come before the last one is none too early.
    if known.delay and wait > timedelta():
        raise TooManyAttempts("Please wait before you try again.", retry_after=math.ceil(wait.total_seconds()))
    return Failures(known.count + 1, max(at, known.last_at))


class FailureRepository(Protocol):
    """Where failures are counted: by `account_key`, or by `email_key` for an address that no user has.

    The account counts and not its address, because its user may change that, and a new one would begin at none.
    Implementations pass `tests/users/test_login_contract.py`; each method raises `Unavailable` when its outcome is
    unknown.
    """

    def get(self, who: str) -> Failures | None:
        """Return what is counted, or None; whatever a finished call has stored is seen."""

    def replace(self, who: str, known: Failures | None, counted: Failures) -> bool:
        """Keep `counted` in the place of `known`; of several that replace the same, exactly one is kept.

        Returns:
            False, with nothing changed, when `known` is not what is stored any more.
        """

    def forget(self, who: str) -> None:
        """Let the next failure be the first one again."""


class PasswordRepository(Protocol):
    """Where hashes of passwords are kept, by user; the same suite and the same `Unavailable` as above."""

    def get(self, user_id: int) -> str | None:
        """Return the hash, or None; whatever a finished call has stored is seen."""

    def set(self, user_id: int, password_hash: str) -> None:
        """Keep a hash, in the place of the one that is there.

        Raises:
            UserNotFound: There is no such user, or it has been erased.
        """

    def replace(self, user_id: int, known: str | None, password_hash: str) -> bool:
        """Keep a hash in the place of `known` (None: there is none); of several that replace one, exactly one is kept.

        Returns:
            False, with nothing changed, when `known` is not what is stored any more.

        Raises:
            UserNotFound: There is no such user, or it has been erased.
        """


class Hasher(Protocol):
    """Makes of passwords what can be kept."""

    def hash(self, password: str) -> str:
        """Return a hash that says by which method and parameters it was made."""

    def matches(self, password: str, password_hash: str | None) -> bool:
        """Return whether the hash is of this password; None is of none, and takes as much work as one of today's."""

    def is_outdated(self, password_hash: str) -> bool:
        """Return whether today the hash would be made with other parameters."""


class TokenSigner(Protocol):
    """Signs tokens with one key."""

    def issue(self, user_id: int, scopes: frozenset[str], now: datetime) -> str:
        """Return a token for the user that is valid from `now` on."""


class TokenIssuer(Protocol):
    """Knows the current signing key."""

    def signer(self) -> TokenSigner:
        """Return what signs with the current key.

        Raises:
            Unavailable: The key could not be read.
        """


@dataclass(frozen=True, slots=True)
class Authenticator:
    """Authenticates users by password."""

    users: UserRepository
    passwords: PasswordRepository
    failures: FailureRepository
    hasher: Hasher

    def authenticate(self, email: str, password: str, now: datetime) -> User:
        """Return the active user who has this address and this password.

        For every refusal the same is read, counted and computed, so that neither the answer nor the time that it
        takes tells whether anyone has the address. The user is read last: who has been deactivated before that is
        refused.

        Raises:
            TooManyAttempts: The next attempt with this address is not due yet.
            InvalidCredentials: There is no such user.
            Unavailable: A repository did not answer.
        """
        owner = self.users.id_of(email)
        user_id = NOBODY if owner is None else owner
        who = email if owner is None else account_key(owner)
        self._count(who, now)
        known = self.passwords.get(user_id)
        proved = self.hasher.matches(password, known)
        user = self._find(user_id)
        if user is None or known is None or not (proved and user.is_active):
            raise InvalidCredentials
        self.failures.forget(who)
        if self.hasher.is_outdated(known):
            self._rehash(user_id, known, password)
        return user

    def change_password(self, user: User, current: str | None, new: str, now: datetime) -> None:
        """Give a user who asks for it another password, or a first one.

        Wrong ones are counted like failed logins: a stolen token is no way to guess faster.

        Raises:
            CurrentPasswordRequired: The user has a password, and none was shown.
            TooManyAttempts: The next attempt with this account is not due yet.
            CurrentPasswordWrong: Another one was shown, or it has been changed meanwhile.
            UserNotFound: The user has been erased meanwhile.
            Unavailable: A repository did not answer.
        """
        known = self.passwords.get(user.id)
        if known is not None:
            if current is None:
                raise CurrentPasswordRequired("Send current_password too.")
            self._count(account_key(user.id), now)
            if not self.hasher.matches(current, known):
                raise CurrentPasswordWrong("This is not the password of this account.")
        if not self.passwords.replace(user.id, known, self.hasher.hash(new)):
            raise CurrentPasswordWrong("The password has been changed meanwhile.")
        if known is not None:
            self.failures.forget(account_key(user.id))

    def set_password(self, user_id: int, new: str) -> None:
        """Give a user another password, whatever it was.

        Raises:
            UserNotFound: There is no such user.
            Unavailable: A repository did not answer.
        """
        self.users.get(user_id)  # or nothing is hashed
        self.passwords.set(user_id, self.hasher.hash(new))
        self.failures.forget(account_key(user_id))

    def _count(self, who: str, now: datetime) -> None:
        # Before the password is looked at: guesses that arrive at once are bounded as well.
        for _ in range(COUNTING_ATTEMPTS):
            known = self.failures.get(who)
            if self.failures.replace(who, known, counted(known, now)):
                return
        raise TooManyAttempts("Please wait before you try again.", retry_after=1)

    def _rehash(self, user_id: int, known: str, password: str) -> None:
        try:
            # Who has changed the password meanwhile has done the same.
            self.passwords.replace(user_id, known, self.hasher.hash(password))
        except UserNotFound:
            raise InvalidCredentials from None

    def _find(self, user_id: int) -> User | None:
        try:
            return self.users.get(user_id)
        except UserNotFound:
            return None
