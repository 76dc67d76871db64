"""Which callers may use the operations of this service; routes name these policies in their signatures."""

from typing import Annotated, Final

from fastapi import Depends

from common.auth.authentication import FAILURES, Bearer, CurrentUser, Keys, TokenSettingsDependency, current_user
from common.auth.policy import Permission, Policy, allow
from common.auth.principal import Principal
from common.http.openapi import declares
from users.accounts import ADMINISTRATION, Account, AccountInactive, user_id_of
from users.dependencies import Users, settings
from users.domain import UserNotFound, UserRepository
from users.settings import Settings

ADMINISTRATOR: Final = Policy(ADMINISTRATION)
SELF: Final = Policy(ADMINISTRATION, owner="the user")


def account_of(principal: Principal, users: UserRepository) -> Account:
    """Return the caller's account as stored now, so that a revoked scope takes effect before the token expires.

    Raises:
        AccountInactive: The user has been deactivated or erased since the token was issued.
    """
    try:
        user = users.get(user_id_of(principal.subject))
    except UserNotFound:
        raise AccountInactive from None
    return Account.of(user, principal.scopes)


@declares(AccountInactive)
async def current_account(principal: CurrentUser, users: Users) -> Account:
    """Return the caller's account; see `account_of`.

    Raises:
        Unauthenticated: There is no token.
        TokenRejected: The token is not valid.
        AccountInactive: The user has been deactivated or erased since the token was issued.
    """
    return account_of(principal, users)


CurrentAccount = Annotated[Account, Depends(current_account)]


async def active_user(account: CurrentAccount) -> Principal:
    """Return the caller with the scopes that both the token and the account have."""
    return account.principal


@declares(
    *FAILURES,
    AccountInactive,
    SELF.failure,
    access=f"{SELF} Everyone, if the deployment sets `PUBLIC_USER_READ`.",
    scopes=(SELF.scope,),
)
async def reader(
    settings: Annotated[Settings, Depends(settings)],
    users: Users,
    token: Bearer,
    keys: Keys,
    tokens: TokenSettingsDependency,
) -> Permission:
    """Return which users the caller may read; with `PUBLIC_USER_READ` the token is ignored.

    Raises:
        Unauthenticated: There is no token, and one is required.
        TokenRejected: The token is not valid.
        AccountInactive: The account has been deactivated or erased.
    """
    if settings.public_user_read:
        return Permission(SELF, None)
    return SELF.permission(account_of(await current_user(token, keys, tokens), users).principal)


Administrator = Annotated[Permission, allow(ADMINISTRATOR, active_user)]
SelfOrAdministrator = Annotated[Permission, allow(SELF, active_user)]
UserReader = Annotated[Permission, Depends(reader)]
