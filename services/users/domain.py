"""Users: what they are, the rules they keep, and the repository they need."""

import unicodedata
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, NamedTuple, Protocol

from common.failures import Busy, Conflict, NotFound

RANDOM_BITS: Final = 12
EPOCH_MS: Final = 1_767_225_600_000  # 2026-01-01T00:00:00Z


class UserNotFound(NotFound):
    """No user has this id, or the user has been erased."""

    code = "user-not-found"
    title = "User not found"


class EmailTaken(Conflict):
    """Another user has this e-mail address, possibly in other letter case."""

    code = "email-taken"
    title = "The e-mail address is taken"


class UserIdTaken(Busy):
    """Two users were given the same id in the same millisecond."""

    code = "user-id-taken"
    title = "The generated id is taken"


class UserBusy(Busy):
    """Concurrent changes of the user won each time."""

    code = "user-busy"
    title = "The user is being changed"


@dataclass(frozen=True, kw_only=True, slots=True)
class User:
    """A registered user.

    Attributes:
        id: Below 2**53, so that JavaScript keeps it exactly; a later one is larger.
        is_active: Whether the user may use operations that require a token.
        created_at: In UTC.
        version: Counts the changes, from 1.
        scopes: Permissions beyond those of every user; never changed over HTTP.
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
    """Some users of the list, and the position after which the rest begins (None: there is no more)."""

    items: list[User]
    next: str | None


class UserRepository(Protocol):
    """Stores users; every implementation passes `tests/users/test_repository_contract.py`.

    Each method raises `Unavailable` when its outcome is unknown.
    """

    def add(self, user: User, password_hash: str | None = None) -> None:
        """Store a new user, and the hash of the password if there is one.

        Of concurrent users with one e-mail address exactly one is stored.

        Raises:
            EmailTaken: A user with the same `email_key` exists; nothing has changed.
            UserIdTaken: A user with the same id exists; nothing has changed.
        """

    def get(self, user_id: int) -> User:
        """Return the user; every finished write is seen.

        Raises:
            UserNotFound: No user has this id, or it has been erased.
        """

    def id_of(self, email: str) -> int | None:
        """Return the id of the user with the same `email_key`, or None; every finished write is seen."""

    def page(self, *, limit: int, after: str | None) -> Listed:
        """Return at most `limit` users after a position, the newest first.

        Erased users are left out. What was stored a moment ago may be missing; what stays unchanged while pages are
        read is on exactly one of them.
        """

    def replace(self, known: User, changed: User) -> bool:
        """Keep `changed` in the place of `known`: e-mail address, username, whether it is active, and the version.

        Of several changes of one version exactly one is kept, and of several users that take one address exactly one
        gets it. The address that is given up is free again at the same moment. Scopes stay as they are stored.

        Returns:
            False, with nothing changed, when another version is stored.

        Raises:
            EmailTaken: Another user has the new address; nothing has changed.
        """

    def erase(self, user_id: int, now: datetime) -> None:
        """Erase the personal data at once: address, username, scopes, password and counted logins.

        The id stays taken, and the address is free again. Erasing a user again changes nothing.

        Raises:
            UserNotFound: No user has ever had this id.
            UserBusy: Concurrent changes won each time.
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
