"""Users: the entity, its rules, and the repository that stores it."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, NamedTuple, Protocol

from common.failures import Busy, Conflict, NotFound
from common.idempotency import Record
from users.failed_logins import Failures

RANDOM_BITS: Final = 12
ADMINISTRATION: Final = "users:admin"
EPOCH_MS: Final = 1_767_225_600_000  # 2026-01-01T00:00:00Z


class UserNotFound(NotFound):
    """No user has this id, or the user has been erased."""

    code = "user-not-found"
    title = "User not found"


class EmailTaken(Conflict):
    """Another user has this e-mail address, possibly in other letter case or in letters that look alike."""

    code = "email-taken"
    title = "The e-mail address is taken"


class SubjectTaken(Conflict):
    """The caller has a profile already."""

    code = "profile-exists"
    title = "The caller has a profile"


class LastAdministrator(Conflict):
    """Without this user, there would be no registered administrator of users who can log in."""

    code = "last-administrator"
    title = "The last administrator cannot be removed"

    def __init__(self) -> None:
        super().__init__(
            "No other administrator with a password is registered: have the scope users:admin granted to another user "
            "first, also if that user has it already (make grant)."
        )


class UserIdTaken(Busy):
    """The generated id belongs to another user, registered in the same millisecond."""

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
        id: Below 2**53, so that JavaScript represents it exactly. Ids grow over time.
        is_active: Whether the user may use operations that require a token.
        created_at: In UTC.
        version: Counts the changes, from 1.
        scopes: Permissions beyond those of every user; never changed over HTTP.
        subject: The user's `sub` at the issuer of tokens; None for a user with a password or without a login.
        set_by: Id of another user who has set the password or the address last, until an operator grants a scope. The
            user's own changes do not remove it: whoever has set a password can act as the user.
        password_set_at: When the password was last set or changed after the registration, in seconds since 1970. A
            login until then may have been with the former one.
    """

    id: int
    email: str
    username: str
    is_active: bool
    created_at: datetime
    version: int = 1
    scopes: frozenset[str] = frozenset()
    subject: str | None = None
    set_by: int | None = None
    password_set_at: int | None = None

    @property
    def is_administrator(self) -> bool:
        """Whether the user administers users; an issuer's token, and not this service, says which of its users do."""
        return self.is_active and ADMINISTRATION in self.scopes and self.subject is None

    def changed(
        self,
        *,
        email: str | None = None,
        username: str | None = None,
        is_active: bool | None = None,
        by: int | None = None,
    ) -> "User":
        """Return the user with the given fields and the next version, or the same user if nothing differs.

        Args:
            email: The new address.
            username: The new name.
            is_active: Whether the user may log in.
            by: Id of the caller, who may be the user.
        """
        is_controlled = email not in {None, self.email} and by not in {None, self.id}
        changed = replace(
            self,
            set_by=by if is_controlled else self.set_by,
            email=self.email if email is None else email,
            username=self.username if username is None else username,
            is_active=self.is_active if is_active is None else is_active,
        )
        return self if changed == self else replace(changed, version=self.version + 1)


class Listed(NamedTuple):
    """A page of users, and the position after which the next page begins (None on the last page)."""

    items: list[User]
    next: str | None


class UserRepository(Protocol):
    """Stores users; every implementation passes `tests/users/test_*_contract.py`.

    Each method raises `Unavailable` when its outcome is unknown.
    """

    def add(
        self,
        user: User,
        password_hash: str | None = None,
        record: Record | None = None,
        failures: Failures | None = None,
    ) -> None:
        """Store a new user, and what is given of its password's hash, the request's record and the failed logins.

        If users with the same e-mail address or the same subject are added concurrently, exactly one is stored.

        Raises:
            Replayed: The same request was served before; nothing has changed.
            IdempotencyKeyReused: Another request with its key was served before; nothing has changed.
            SubjectTaken: A user with the same subject exists; nothing has changed.
            EmailTaken: A user with the same `email_key` exists; nothing has changed.
            UserIdTaken: A user with the same id exists; nothing has changed.
        """

    def get(self, user_id: int) -> User:
        """Return the user; every finished write is seen.

        Raises:
            UserNotFound: No user has this id, or the user has been erased.
        """

    def id_of(self, email: str) -> int | None:
        """Return the id of the user with the same `email_key`, or None; every finished write is seen."""

    def id_of_subject(self, subject: str) -> int | None:
        """Return the id of the user with this subject, or None; every finished write is seen."""

    def page(self, *, limit: int, after: str | None) -> Listed:
        """Return at most `limit` users after a position, the newest first.

        Erased users are left out. A recent write may not be seen yet. A user that does not change while the pages are
        read is on exactly one of them.
        """

    def replace(self, known: User, changed: User) -> bool:
        """Replace `known` by `changed`: e-mail address, username, `is_active`, `set_by` and version, but not scopes.

        Of concurrent changes of one version exactly one is stored, and of users that take the same address exactly one
        gets it. The previous address is free again at the same moment. A reactivated administrator is registered, and a
        deactivated one no longer.

        Returns:
            False, with nothing changed, when another version is stored, or when administrators changed concurrently.

        Raises:
            EmailTaken: Another user has the new address; nothing has changed.
            LastAdministrator: No other administrator would be registered; nothing has changed.
        """

    def set_scopes(self, known: User, scopes: frozenset[str]) -> bool:
        """Replace the scopes of `known`, and register the user as an administrator or no longer, for `make grant`.

        A user that has the scopes already keeps its version. More scopes remove `set_by`.
        Unlike `replace`, this may remove the last administrator.

        Returns:
            False, with nothing changed, when another version is stored, or when administrators changed concurrently.
        """

    def administrators(self) -> list[int]:
        """Return the ids of the registered administrators: the active ones that `set_scopes` or `replace` has seen."""

    def erase(self, user_id: int, now: datetime) -> None:
        """Erase the personal data at once: address, username, scopes, subject, password, failed logins and the record.

        The id stays taken, the address and the subject are free again. Erasing an erased user changes nothing.

        Raises:
            UserNotFound: No user has ever had this id.
            LastAdministrator: No other administrator would be registered; nothing has changed.
            UserBusy: Concurrent changes won each time.
        """


def account_key(user_id: int) -> str:
    """Return the key of a user's failed logins; no e-mail address has this form."""
    return f"user {user_id}"


def new_user_id(now: datetime, randomness: int) -> int:
    """Return an id that sorts by time: 41 bits of milliseconds since 2026 (until 2095), then 12 random bits."""
    milliseconds = int(now.timestamp() * 1000) - EPOCH_MS
    return milliseconds << RANDOM_BITS | randomness
