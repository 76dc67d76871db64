"""Authentication by password, and the ports that it needs."""

from collections.abc import Callable
from datetime import datetime
from typing import Final, NamedTuple, Protocol

from common.auth.principal import Principal
from common.failures import Forbidden, Invalid, Unavailable
from users.addresses import email_key
from users.attempts import begin, end_delays, forget
from users.domain import User, UserBusy, UserNotFound, UserRepository, account_key
from users.failed_logins import ANONYMOUS, WITH_TOKEN, FailureRepository
from users.passwords import PasswordHashing
from users.token_failures import InvalidCredentials

SETTING_ATTEMPTS: Final = 5
NOBODY: Final = 0  # not the id of any user


class CurrentPasswordRequired(Invalid):
    """Changing one's own password requires the current one."""

    code = "current-password-required"
    title = "The current password is missing"


class CurrentPasswordWrong(Forbidden):
    """The password that was sent is not the current one."""

    code = "current-password-wrong"
    title = "The current password is wrong"


class PasswordRepository(Protocol):
    """Stores password hashes by user; has the same contract tests and `Unavailable` as `FailureRepository`."""

    def get(self, user_id: int) -> str | None:
        """Return the hash, or None; every finished write is seen."""

    def set(self, known: User, password_hash: str, *, by: int, at: int) -> bool:
        """Store a hash of a user, replacing the stored one.

        Args:
            known: The user, who gets the next version.
            password_hash: The hash.
            by: The user's `set_by`.
            at: The user's `password_set_at`.

        Returns:
            False, with nothing changed, when another version of the user is stored.

        Raises:
            UserNotFound: The user does not exist or has been erased.
        """

    def replace(self, user_id: int, known: str | None, password_hash: str, at: int | None = None) -> bool:
        """Replace the hash `known` (None if the user has no hash); of concurrent replacements exactly one is stored.

        Args:
            user_id: The user, whose version stays.
            known: The stored hash.
            password_hash: The new hash.
            at: The user's `password_set_at`; None: the hash is of the same password.

        Returns:
            False, with nothing changed, when another value is stored.

        Raises:
            UserNotFound: The user does not exist or has been erased.
        """


class TokenSigner(Protocol):
    """Signs tokens with one key."""

    def issue(self, principal: Principal, now: datetime) -> str:
        """Return a token for the user that is valid for 15 minutes from `now`."""


class TokenIssuer(Protocol):
    """Provides signers with the current key."""

    def signer(self) -> TokenSigner:
        """Return a signer with the current key.

        Raises:
            Unavailable: The key could not be read.
        """


class Authenticator(NamedTuple):
    """Authenticates users by password."""

    users: UserRepository
    passwords: PasswordRepository
    failures: FailureRepository
    hashing: PasswordHashing

    def authenticate(self, email: str, password: str, network: str, now: datetime) -> User:
        """Return the active user with this address and this password.

        Every failure does the same reads, writes and hashing, so that neither the response nor its time tells whether
        the address has an account. The user is read last, so that a user deactivated meanwhile is rejected.

        Raises:
            TooManyAttempts: The next attempt with this address from this network is not due yet.
            InvalidCredentials: No active user has this address and this password.
            Unavailable: A repository failed.
        """
        owner = self.users.id_of(email)
        user_id = NOBODY if owner is None else owner
        key = email if owner is None else account_key(owner)
        # Read before the attempt is counted, so that faults of these reads do not delay the owner.
        known = self.passwords.get(user_id)
        attempt = begin(self.failures, key, ANONYMOUS, network, now)
        comparison = self.hashing.compare(password, known)
        try:
            user = self._find(user_id)
        except Unavailable:
            if comparison.matches:
                attempt.succeed()
            raise
        if user is None and owner is not None:
            # The user was erased, possibly before the attempt was counted.
            forget(self.failures, key)
        if user is None or known is None or not (comparison.matches and user.is_active):
            raise InvalidCredentials
        # An earlier version may have reserved the address for a user with another one.
        if email_key(user.email) != email_key(email):
            raise InvalidCredentials
        attempt.succeed()
        if comparison.is_outdated:
            self._rehash(user_id, known, password)
        return user

    def change_password(
        self,
        user: User,
        current: str | None,
        new: str,
        network: str,
        now: datetime,
        *,
        check_login: Callable[[], None],
    ) -> None:
        """Change the caller's own password, or set the first one.

        Wrong passwords are counted as those of callers with a token, so that whoever guesses at the login cannot keep
        the owner from this, and whoever guesses with a stolen token cannot keep the owner from logging in.

        Args:
            user: The caller.
            current: The current password, if the caller sent one; it is ignored if the user has none.
            new: The new password.
            network: The caller's network, as `network_of` returns it.
            now: The time of the change, in UTC.
            check_login: Raises unless the caller's login is recent. Without it, a stolen token could set a first
                password, and so take the account over.

        Raises:
            PasswordRejected: The new password breaks a rule.
            CurrentPasswordRequired: The user has a password, and `current` is None.
            TooManyAttempts: The next attempt with this account from this network is not due yet.
            CurrentPasswordWrong: `current` is wrong, or the password was changed concurrently.
            UserNotFound: The user was erased concurrently.
            Unavailable: A repository failed.
        """
        self.hashing.check_new(new, email=user.email, username=user.username)
        known = self.passwords.get(user.id)
        if known is None:
            check_login()
        else:
            if current is None:
                raise CurrentPasswordRequired(
                    "Changing your own password requires the current one: send current_password."
                )
            attempt = begin(self.failures, account_key(user.id), WITH_TOKEN, network, now)
            if not self.hashing.compare(current, known).matches:
                raise CurrentPasswordWrong("current_password is not the password of this account.")
            # Before the change, so that the attempt does not stay counted if the change fails.
            attempt.succeed()
        try:
            replaced = self.passwords.replace(user.id, known, self.hashing.hash(new), int(now.timestamp()))
        except UserNotFound:
            # The user was erased, possibly before the attempt was counted.
            forget(self.failures, account_key(user.id))
            raise
        if not replaced:
            raise CurrentPasswordWrong("The password was changed concurrently: log in again.")

    def set_password(self, user_id: int, new: str, *, by: int, now: datetime, check: Callable[[User], None]) -> None:
        """Set a user's password without knowing the current one, and end the delays of its networks.

        Args:
            user_id: The user.
            new: The new password.
            by: Id of the caller.
            now: The time of the change, in UTC.
            check: Raises unless the caller may set the password of the user as stored when the password is set.

        Raises:
            UserNotFound: The user does not exist.
            PasswordRejected: The new password breaks a rule.
            UserBusy: Concurrent changes of the user won five times in a row.
            Unavailable: A repository failed.
        """
        password_hash = None
        for _ in range(SETTING_ATTEMPTS):
            user = self.users.get(user_id)
            check(user)
            self.hashing.check_new(new, email=user.email, username=user.username)
            password_hash = password_hash or self.hashing.hash(new)
            if self.passwords.set(user, password_hash, by=by, at=int(now.timestamp())):
                end_delays(self.failures, account_key(user_id), now)
                return
        raise UserBusy("Please try again.")

    def _rehash(self, user_id: int, known: str, password: str) -> None:
        try:
            # A concurrent change of the password has stored a new hash as well.
            self.passwords.replace(user_id, known, self.hashing.hash(password))
        except UserNotFound:
            raise InvalidCredentials from None
        except Unavailable:
            return  # The next login tries again.

    def _find(self, user_id: int) -> User | None:
        try:
            return self.users.get(user_id)
        except UserNotFound:
            return None
