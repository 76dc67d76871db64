"""The operations on passwords and tokens: one function for each, in the order of the API."""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from common.auth.principal import Principal
from common.telemetry.operations import operation
from users.accounts import Account, narrowed
from users.domain_metrics import DomainMetric
from users.failed_logins import TooManyAttempts
from users.login import Authenticator, TokenIssuer
from users.token_failures import InvalidCredentials, InvalidScope


class Grant(NamedTuple):
    """An issued token, and the scopes that it carries."""

    token: str
    scopes: frozenset[str]


@operation(
    "users.log_in",
    counts=DomainMetric.TOKENS_ISSUED,
    counts_failures={
        InvalidCredentials: DomainMetric.TOKENS_REFUSED,
        TooManyAttempts: DomainMetric.TOKENS_REFUSED,
    },
)
def create_token(
    authenticator: Authenticator,
    *,
    email: str,
    password: str,
    scope: str,
    network: str,
    now: datetime,
    tokens: TokenIssuer,
) -> Grant:
    """Return a token for the active user with this address and password.

    Args:
        authenticator: Authenticates users by password.
        email: The address.
        password: The password.
        scope: The requested scopes, separated by spaces; an empty string requests all scopes of the user.
        network: The caller's network, as `network_of` returns it.
        now: The time of the login, in UTC.
        tokens: Issues the token. The key is read first, so that no attempt is counted without one.

    Raises:
        InvalidCredentials: No active user has this address and this password.
        InvalidScope: The user has none of the requested scopes.
        TooManyAttempts: The next attempt with this address from this network is not due yet.
        Unavailable: The signing key could not be read, or a repository failed.
    """
    signer = tokens.signer()
    user = authenticator.authenticate(email, password, network, now)
    scopes = narrowed(user.scopes, scope)
    if scope.strip() and not scopes:
        raise InvalidScope("The user has none of the requested scopes.")
    return Grant(signer.issue(Principal(str(user.id), scopes), now), scopes)


@operation("users.set_password")
def set_password(
    authenticator: Authenticator,
    user_id: int,
    *,
    caller: Account,
    current: str | None,
    new: str,
    network: str,
    now: datetime,
    check_login: Callable[[], None],
) -> None:
    """Set a user's password.

    Args:
        authenticator: Authenticates users by password.
        user_id: The user whose password is set.
        caller: The caller's account. Users need the current password to change their own; any other caller is an
            administrator.
        current: The current password, if the caller sent one.
        new: The new password.
        network: The caller's network, as `network_of` returns it.
        now: The time of the change, in UTC.
        check_login: Raises unless the caller's login is recent, as is required for one's first password.

    Raises:
        PasswordRejected: The new password breaks a rule.
        CurrentPasswordRequired: The caller has a password and did not send it.
        CurrentPasswordWrong: The current password is wrong.
        TooManyAttempts: The next attempt with this account from this network is not due yet.
        UserNotFound: No user has this id.
        MoreScopesHeld: The password is that of another user, who has scopes that the caller lacks.
        UserBusy: Concurrent changes of the user won five times in a row.
        Unavailable: A repository failed.
    """
    if user_id == caller.user.id:
        authenticator.change_password(caller.user, current, new, network, now, check_login=check_login)
    else:
        authenticator.set_password(user_id, new, by=caller.user.id, now=now, check=caller.check_control)
