"""Who asks, as this service knows it: a user, and what its token lets it do."""

from dataclasses import dataclass
from typing import Final

from common.failures import Forbidden, Unauthenticated
from users.domain import User

ADMINISTRATION: Final = "users:admin"
DIGITS: Final = 16  # of the largest id


class AccountInactive(Unauthenticated):
    """The token is good, but its user may not do anything any more."""

    code = "account-inactive"
    title = "The account is not active"

    def __init__(self) -> None:
        super().__init__("The account of this token is not active.", refused=True)


def user_id_of(subject: str) -> int:
    """Return the id of the user whom a token names.

    Raises:
        AccountInactive: It names nobody who could be a user.
    """
    if not (subject.isascii() and subject.isdigit() and len(subject) <= DIGITS):
        raise AccountInactive
    return int(subject)


def narrowed(scopes: frozenset[str], requested: str) -> frozenset[str]:
    """Return the requested ones of `scopes` (RFC 6749 section 3.3), or all of them when none is requested."""
    return scopes.intersection(requested.split()) if requested.strip() else scopes


@dataclass(frozen=True, slots=True)
class Account:
    """The user who asks.

    Attributes:
        user: As it is stored now.
        scopes: What both the token and the stored user allow.
    """

    user: User
    scopes: frozenset[str]

    @classmethod
    def of(cls, user: User, token_scopes: frozenset[str]) -> "Account":
        """Return the account of a user who shows a token with these scopes.

        Raises:
            AccountInactive: The user has been deactivated.
        """
        if not user.is_active:
            raise AccountInactive
        return cls(user, user.scopes & token_scopes)

    @property
    def administers(self) -> bool:
        """Whether this account may do to other users what they may do to themselves."""
        return ADMINISTRATION in self.scopes

    def require_administration(self) -> None:
        """Do nothing for an administrator of users.

        Raises:
            Forbidden: The account is none, or shows a token that was narrowed down.
        """
        if not self.administers:
            raise Forbidden(f"This needs the scope {ADMINISTRATION}.", scope=ADMINISTRATION)

    def require_owner(self, user_id: int) -> None:
        """Do nothing for the user with that id and for an administrator of users.

        Raises:
            Forbidden: The account is neither.
        """
        if user_id != self.user.id:
            self.require_administration()
