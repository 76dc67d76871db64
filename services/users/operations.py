"""The operations on users: one function for each, in the order of the API."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Final

from common.idempotency import Recording, unrecorded
from common.telemetry.operations import operation
from users.accounts import Account
from users.attempts import used_from
from users.domain import (
    RANDOM_BITS,
    Listed,
    User,
    UserBusy,
    UserIdTaken,
    UserRepository,
    account_key,
    new_user_id,
)
from users.domain_metrics import DomainMetric
from users.passwords import PasswordHashing

REGISTRATION_ATTEMPTS: Final = 5
CHANGE_ATTEMPTS: Final = 5


@operation("users.register", counts=DomainMetric.USERS_REGISTERED)
def create_user(
    users: UserRepository,
    *,
    email: str,
    username: str,
    is_active: bool,
    password: str | None,
    hashing: PasswordHashing,
    network: str | None,
    now: datetime,
    random_bits: Callable[[int], int],
    record: Recording[User] = unrecorded,
) -> User:
    """Store a new user and return it; if the generated id is taken, another one is generated.

    Args:
        users: Stores the user.
        email: The address, which must have another `email_key` than all others.
        username: The name.
        is_active: Whether the user may log in.
        password: The password, or None for a user without one.
        hashing: Checks and hashes the password.
        network: The network of the user who registers, which is known from now on, as `network_of` returns it; None if
            somebody else registers the user.
        now: The time of registration, in UTC.
        random_bits: The source of randomness.
        record: Returns the record of the request, which is stored with the user.

    Raises:
        Replayed: The same request was served before.
        IdempotencyKeyReused: Another request with its key was served before.
        PasswordRejected: The password breaks a rule.
        EmailTaken: The e-mail address belongs to another user.
        UserIdTaken: Five generated ids in a row were taken.
        Unavailable: It is unknown whether the user was stored.
    """
    password_hash = None
    if password is not None:
        hashing.check_new(password, email=email, username=username)
        password_hash = hashing.hash(password)
    user = User(id=0, email=email, username=username, is_active=is_active, created_at=now)
    used = None if password is None else network
    return _added(users, user, random_bits, record, password_hash, used)


@operation("users.create_profile", counts=DomainMetric.USERS_REGISTERED)
def create_profile(
    users: UserRepository,
    *,
    subject: str,
    email: str,
    username: str,
    now: datetime,
    random_bits: Callable[[int], int],
    record: Recording[User] = unrecorded,
) -> User:
    """Store the profile of a caller whose tokens another system issues, and return it.

    Args:
        users: Stores the user.
        subject: The caller's subject at the issuer.
        email: The address, which must have another `email_key` than all others.
        username: The name.
        now: The time of registration, in UTC.
        random_bits: The source of randomness.
        record: Returns the record of the request, which is stored with the user.

    Raises:
        Replayed: The same request was served before.
        IdempotencyKeyReused: Another request with its key was served before.
        SubjectTaken: The caller has a profile.
        EmailTaken: The e-mail address belongs to another user.
        UserIdTaken: Five generated ids in a row were taken.
        Unavailable: It is unknown whether the user was stored.
    """
    user = User(id=0, email=email, username=username, is_active=True, created_at=now, subject=subject)
    return _added(users, user, random_bits, record)


@operation("users.list")
def list_users(users: UserRepository, *, limit: int, after: str | None) -> Listed:
    """Return a page of users, the newest first."""
    return users.page(limit=limit, after=after)


def get_user(users: UserRepository, user_id: int) -> User:
    """Return the user.

    Raises:
        UserNotFound: No user has this id.
    """
    return users.get(user_id)


@operation("users.change")
def change_user(
    users: UserRepository,
    user_id: int,
    *,
    caller: Account,
    check: Callable[[int], None],
    email: str | None = None,
    username: str | None = None,
    is_active: bool | None = None,
) -> User:
    """Change the given fields of a user and return the user; concurrent changes of other fields are kept.

    Args:
        users: Stores the user.
        user_id: The user to change.
        caller: The account of the caller.
        check: Raises unless the caller accepts the stored version.
        email: The new address, or None to keep it.
        username: The new name, or None to keep it.
        is_active: Whether the user may log in, or None to keep it.

    Raises:
        UserNotFound: No user has this id.
        MoreScopesHeld: The caller would gain scopes: the address is that of another user who has more scopes, or such a
            user would be reactivated.
        EmailTaken: The new address belongs to another user.
        LastAdministrator: No administrator would be left.
        UserBusy: Concurrent changes won five times in a row.
    """

    def changed(known: User) -> User:
        if email is not None or is_active:
            caller.check_control(known)
        check(known.version)
        return known.changed(email=email, username=username, is_active=is_active, by=caller.user.id)

    return _changed(users, user_id, changed)


@operation("users.deactivate")
def deactivate_user(users: UserRepository, user_id: int, *, check: Callable[[int], None]) -> None:
    """Deactivate a user; the stored data stays.

    Args:
        users: Stores the user.
        user_id: The user to deactivate.
        check: Raises unless the caller accepts the stored version.

    Raises:
        UserNotFound: No user has this id.
        LastAdministrator: No administrator would be left.
        UserBusy: Concurrent changes won five times in a row.
    """

    def deactivated(known: User) -> User:
        check(known.version)
        return known.changed(is_active=False)

    _changed(users, user_id, deactivated)


@operation("users.erase")
def erase_user(users: UserRepository, user_id: int, *, now: datetime) -> None:
    """Erase the personal data of a user permanently; only the id stays.

    Raises:
        UserNotFound: No user has ever had this id.
        LastAdministrator: No administrator would be left.
        UserBusy: Concurrent changes won each time.
    """
    users.erase(user_id, now)


def _added(
    users: UserRepository,
    user: User,
    random_bits: Callable[[int], int],
    record: Recording[User],
    password_hash: str | None = None,
    network: str | None = None,
) -> User:
    for attempt in range(1, REGISTRATION_ATTEMPTS + 1):
        identified = replace(user, id=new_user_id(user.created_at, random_bits(RANDOM_BITS)))
        known = None if network is None else used_from(account_key(identified.id), network, user.created_at)
        try:
            users.add(identified, password_hash, record(identified), known)
        except UserIdTaken:
            if attempt == REGISTRATION_ATTEMPTS:
                raise
        else:
            return identified
    raise AssertionError("unreachable")  # pragma: no cover


def _changed(users: UserRepository, user_id: int, change: Callable[[User], User]) -> User:
    for _ in range(CHANGE_ATTEMPTS):
        known = users.get(user_id)
        changed = change(known)
        if changed == known or users.replace(known, changed):
            return changed
    raise UserBusy("Please try again.")
