"""Which callers may use the operations of this service; routes name these policies in their signatures."""

from typing import Annotated, Final

from fastapi import Depends, Request

from common.auth.authentication import FAILURES, Authentication, CurrentUser
from common.auth.policy import Permission, Policy, allow
from common.auth.principal import Principal
from common.http.openapi import declares
from users.accounts import ADMINISTRATION, Account, AccountInactive
from users.dependencies import CallersAccounts, accounts_of, adapters_of

ADMINISTRATOR: Final = Policy(ADMINISTRATION)
SELF: Final = Policy(ADMINISTRATION, owner="the user")


@declares(AccountInactive)
async def current_account(principal: CurrentUser, accounts: CallersAccounts) -> Account:
    """Return the caller's account.

    Raises:
        Unauthenticated: There is no token.
        TokenRejected: The token is not valid.
        AccountInactive: The user has been deactivated or erased since the token was issued.
    """
    return accounts.of(principal)


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
async def reader(request: Request, authenticate: Authentication) -> Permission:
    """Return which users the caller may read; with `PUBLIC_USER_READ` the token is ignored.

    Raises:
        Unauthenticated: There is no token, and one is required.
        TokenRejected: The token is not valid.
        AccountInactive: The account has been deactivated or erased.
    """
    adapters = adapters_of(request)
    if adapters.settings.public_user_read:
        return Permission(SELF, None)
    accounts = accounts_of(adapters.users, authenticate.verification)
    return SELF.permission(accounts.of(authenticate()).principal)


Administrator = Annotated[Permission, allow(ADMINISTRATOR, active_user)]
SelfOrAdministrator = Annotated[Permission, allow(SELF, active_user)]
UserReader = Annotated[Permission, Depends(reader)]
