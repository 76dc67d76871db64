"""Users: what they are, the rules they keep, and the repository they need."""

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from common.errors import Conflict, NotFound, Unavailable

RANDOM_BITS: Final = 12
EPOCH_MS: Final = 1_767_225_600_000  # 2026-01-01T00:00:00Z
REGISTRATION_ATTEMPTS: Final = 5


class UserNotFound(NotFound):
    """No user has this id."""

    code = "user-not-found"
    title = "No such user"


class EmailTaken(Conflict):
    """Another user has this e-mail address, perhaps in other letter case."""

    code = "email-taken"
    title = "The e-mail address is taken"


class UserIdTaken(Unavailable):
    """Two users were to get the same id in the same millisecond."""

    code = "user-id-taken"
    title = "No free id was found"


@dataclass(frozen=True, kw_only=True, slots=True)
class User:
    """Someone who may use the library.

    Attributes:
        id: Below 2**53, so that JavaScript keeps it exactly; a later one is larger.
        created_at: In UTC.
        version: Counts the changes, from 1.
    """

    id: int
    email: str
    username: str
    is_active: bool
    created_at: datetime
    version: int = 1


class UserRepository(Protocol):
    """Where users are kept; every implementation passes `tests/users/test_repository_contract.py`."""

    def add(self, user: User) -> None:
        """Keep a new user.

        When two with one e-mail address arrive at once, exactly one is kept.

        Raises:
            EmailTaken: A user with the same `email_key` exists; nothing has changed.
            UserIdTaken: A user with the same id exists; nothing has changed.
            Unavailable: It is not known whether the user was kept.
        """

    def get(self, user_id: int) -> User:
        """Return the user; one whose `add` has returned is always found.

        Raises:
            UserNotFound: No user has this id.
            Unavailable: Nothing can be said about the user.
        """


def email_key(email: str) -> str:
    """Return what two spellings of one e-mail address share: letter case and composition do not count."""
    return unicodedata.normalize("NFC", email).casefold()


def new_user_id(now: datetime, randomness: int) -> int:
    """Return an id that sorts by time: 41 bits of milliseconds since 2026 (until 2095), then 12 random bits."""
    milliseconds = int(now.timestamp() * 1000) - EPOCH_MS
    return milliseconds << RANDOM_BITS | randomness


def register(
    users: UserRepository,
    *,
    email: str,
    username: str,
    is_active: bool,
    now: datetime,
    random_bits: Callable[[int], int],
) -> User:
    """Make a user, keep it and return it; an id that is taken is drawn again.

    Raises:
        EmailTaken: The e-mail address belongs to another user.
        UserIdTaken: No free id came up in five draws.
        Unavailable: It is not known whether the user was kept.
    """
    for attempt in range(1, REGISTRATION_ATTEMPTS + 1):
        user = User(
            id=new_user_id(now, random_bits(RANDOM_BITS)),
            email=email,
            username=username,
            is_active=is_active,
            created_at=now,
        )
        try:
            users.add(user)
        except UserIdTaken:
            if attempt == REGISTRATION_ATTEMPTS:
                raise
        else:
            return user
    raise AssertionError("unreachable")  # pragma: no cover
