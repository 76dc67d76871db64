"""The caller's account: the stored user, and the scopes of the token."""

from dataclasses import replace
from typing import Final, NamedTuple, Protocol

from common.auth.principal import Principal
from common.failures import Forbidden, Unauthenticated
from users.domain import User, UserNotFound, UserRepository

DIGITS: Final = 16  # digits of the largest id


class AccountInactive(Unauthenticated):
    """The token is valid, but its user has no active account."""

    code = "account-inactive"
    title = "The account is not active"

    def __init__(
        self, detail: str = "The account of this token is deactivated or erased: log in with another account."
    ) -> None:
        super().__init__(detail, refused=True)


class MoreScopesHeld(Forbidden):
    """The user has scopes that the caller does not have, and which the caller could gain by this change."""

    code = "more-scopes-held"
    title = "The user has scopes that the caller lacks"


def user_id_of(subject: str) -> int:
    """Return the user id in a token's subject.

    Raises:
        AccountInactive: The subject is not a valid user id.
    """
    if not (subject.isascii() and subject.isdigit() and len(subject) <= DIGITS):
        raise AccountInactive
    return int(subject)


def narrowed(scopes: frozenset[str], requested: str) -> frozenset[str]:
    """Return those `scopes` that are requested (RFC 6749 section 3.3), or all of them if the request names no scope."""
    return scopes.intersection(requested.split()) if requested.strip() else scopes


class Account(NamedTuple):
    """The caller's account.

    Attributes:
        user: The user as stored now.
        scopes: The scopes that both the token and the stored user have.
    """

    user: User
    scopes: frozenset[str]

    @classmethod
    def of(cls, user: User, token_scopes: frozenset[str]) -> "Account":
        """Return the account of a user whose token has these scopes.

        Raises:
            AccountInactive: The user has been deactivated.
        """
        if not user.is_active:
            raise AccountInactive
        return cls(user, user.scopes & token_scopes)

    def check_control(self, user: User) -> None:
        """Raise unless the caller, who may change the user, gains no scopes from controlling the user's account.

        Raises:
            MoreScopesHeld: The user is another one, with scopes that the caller lacks.
        """
        missing = user.scopes - self.scopes
        if missing and user.id != self.user.id:
            raise MoreScopesHeld(
                f"The user has scopes that you lack: {', '.join(sorted(missing))}. Only a caller with all of them may "
                "change the address or the password, or reactivate the user.",
                scope=" ".join(sorted(missing)),
            )

    @property
    def principal(self) -> Principal:
        """The caller, with the scopes of the account."""
        return Principal(str(self.user.id), self.scopes)


class Accounts(Protocol):
    """Finds the account of a caller as stored now, so that a deactivation takes effect before the token expires."""

    def of(self, principal: Principal) -> Account:
        """Return the caller's account.

        Raises:
            AccountInactive: The caller has no active account.
        """


class OwnAccounts(NamedTuple):
    """The `Accounts` of own tokens: the subject is the user's id, and a revoked scope takes effect at once."""

    users: UserRepository

    def of(self, principal: Principal) -> Account:
        """See `Accounts.of`."""
        return Account.of(_active(self.users, user_id_of(principal.subject)), principal.scopes)


class IssuerAccounts(NamedTuple):
    """The `Accounts` of an issuer's tokens: the subject is any text, and the scopes are those of the token."""

    users: UserRepository

    def of(self, principal: Principal) -> Account:
        """See `Accounts.of`."""
        user_id = self.users.id_of_subject(principal.subject)
        if user_id is None:
            raise AccountInactive("This token's subject has no profile: register it with POST /api/v1/users.")
        user = replace(_active(self.users, user_id), scopes=principal.scopes)
        return Account.of(user, principal.scopes)


def _active(users: UserRepository, user_id: int) -> User:
    try:
        return users.get(user_id)
    except UserNotFound:
        raise AccountInactive from None
