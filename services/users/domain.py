"""Users: what they are, the rules they keep, and the repository they need."""

import unicodedata
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, NamedTuple, Protocol

from common.failures import Busy, Conflict, NotFound

RANDOM_BITS: Final = 12
EPOCH_MS: Final = 1_767_225_600_000  # 2026-01-01T00:00:00Z


class UserNotFound(NotFound):
    """No user has this id, or the one who had it has been erased."""

    code = "user-not-found"
    title = "No such user"


class EmailTaken(Conflict):
    """Another user has this e-mail address, perhaps in other letter case."""

    code = "email-taken"
    title = "The e-mail address is taken"


class UserIdTaken(Busy):
    """Two users were to get the same id in the same millisecond."""

    code = "user-id-taken"
    title = "No free id was found"


class UserBusy(Busy):
    """The user was changed by others each time that this change was to be stored."""

    code = "user-busy"
    title = "The user is being changed by others"


@dataclass(frozen=True, kw_only=True, slots=True)
class User:
    """Someone who may use the library.

    Attributes:
        id: Below 2**53, so that JavaScript keeps it exactly; a later one is larger.
        is_active: Whether the user may do what needs a token.
        created_at: In UTC.
        version: Counts the changes, from 1.
        scopes: What the user may do beyond what every user may; never changed over HTTP.
    """

    id: int
    email: str
    username: str
    is_active: bool
    created_at: datetime
    version: int = 1
    scopes: frozenset[str] = frozenset()

    def changed(
        self, *, email: str | None = None, username: str | None = None, is_active: bool | None = None
    ) -> "User":
        """Return the user with what is given and the next version; the same user when nothing is different."""
        changed = replace(
            self,
            email=self.email if email is None else email,
            username=self.username if username is None else username,
            is_active=self.is_active if is_active is None else is_active,
        )
        return self if changed == self else replace(changed, version=self.version + 1)


class Listed(NamedTuple):
    """Some users of the list, and the position behind which the rest begins (None: that was all)."""

    items: list[User]
    next: str | None


class UserRepository(Protocol):
    """Where users are kept; every implementation passes `tests/users/test_repository_contract.py`.

    Each method raises `Unavailable` when nothing certain can be said about its outcome.
    """

    def add(self, user: User, password_hash: str | None = None) -> None:
        """Keep a new user, and with it the hash of its password if it has one.

        When two with one e-mail address arrive at once, exactly one is kept.

        Raises:
            EmailTaken: A user with the same `email_key` exists; nothing has changed.
            UserIdTaken: A user with the same id exists; nothing has changed.
        """

    def get(self, user_id: int) -> User:
        """Return the user; whatever a finished call has stored is seen.

        Raises:
            UserNotFound: No user has this id, or it has been erased.
        """

    def id_of(self, email: str) -> int | None:
        """Return who has an address with the same `email_key`, or None; whatever a finished call has stored is seen."""

    def page(self, *, limit: int, after: str | None) -> Listed:
        """Return at most `limit` users, the newest first, that come behind a position.

        Erased users are left out. What was stored a moment ago may be missing; what stays unchanged while pages are
        read is on exactly one of them.
        """

    def replace(self, known: User, changed: User) -> bool:
        """Keep `changed` in the place of `known`: e-mail address, username, whether it is active, and the version.

        Of several changes of one version exactly one is kept, and of several users that take one address exactly one
        gets it. The address that is given up is free again at the same moment. Scopes stay as they are stored.

        Returns:
            False, with nothing changed, when `known` is not what is stored any more.

        Raises:
            EmailTaken: Another user has the new address; nothing has changed.
        """

    def erase(self, user_id: int, now: datetime) -> None:
        """Forget who the user was, at once: address, username, scopes, password and counted logins.

        The id stays taken and the address is free again. To erase a user again changes nothing.

        Raises:
            UserNotFound: No user has ever had this id.
            UserBusy: Others kept changing the user meanwhile.
        """


def email_key(email: str) -> str:
    """Return what two spellings of one e-mail address share: letter case and composition do not count."""
    return unicodedata.normalize("NFC", email).casefold()


def account_key(user_id: int) -> str:
    """Return what stands for a user where else an e-mail address does; no address looks like it."""
    return f"user {user_id}"


def new_user_id(now: datetime, randomness: int) -> int:
    """Return an id that sorts by time: 41 bits of milliseconds since 2026 (until 2095), then 12 random bits."""
    milliseconds = int(now.timestamp() * 1000) - EPOCH_MS
    return milliseconds << RANDOM_BITS | randomness
