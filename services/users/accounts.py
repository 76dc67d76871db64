"""The caller's account: the stored user, and the scopes of the token."""

from dataclasses import dataclass
from typing import Final

from common.auth.principal import Principal
from common.failures import Unauthenticated
from users.domain import User

ADMINISTRATION: Final = "users:admin"
DIGITS: Final = 16  # digits of the largest id


class AccountInactive(Unauthenticated):
    """The token is valid, but its user is deactivated or erased."""

    code = "account-inactive"
    title = "The account is not active"

    def __init__(self) -> None:
        super().__init__(
            "The account of this token is deactivated or erased: log in with another account.", refused=True
        )


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


@dataclass(frozen=True, slots=True)
class Account:
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

    @property
    def principal(self) -> Principal:
        """The caller, with the scopes of the account."""
        return Principal(str(self.user.id), self.scopes)
