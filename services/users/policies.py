"""Which callers may use the operations of this service; routes name these policies in their signatures."""

from collections.abc import Callable
from typing import Annotated, Final

from fastapi import Depends, Request, Security

from common.auth.authentication import FAILURES, Authentication, CurrentUser
from common.auth.policy import Permission, Policy, allow
from common.auth.principal import Principal
from common.auth.recent_login import Login, RecentLogin
from common.http.openapi import declares
from users.accounts import Account, AccountInactive
from users.dependencies import CallersAccounts, accounts_of, adapters_of
from users.domain import ADMINISTRATION

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


async def present_login(account: CurrentAccount, login: RecentLogin) -> Login:
    """Return the login of the caller; one from before the password was last set counts as old.

    Otherwise whoever knew the former password could take the account over after its owner has a new one.
    """
    set_at = account.user.password_set_at
    # A login within the same second may have been with either password.
    is_former = set_at is not None and login.at is not None and login.at < set_at + 1
    return login._replace(at=None) if is_former else login


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


@declares(
    *FAILURES,
    AccountInactive,
    ADMINISTRATOR.failure,
    access=f"Access: everyone. Callers with the scope `{ADMINISTRATION}`, if `is_active` is false.",
    scopes=(ADMINISTRATION,),
)
async def administrator_check(request: Request, authenticate: Authentication) -> Callable[[], None]:
    """Return a check that only an administrator passes, for an operation that is public otherwise.

    Raises:
        TokenRejected: There are several `Authorization` headers.
    """

    def check() -> None:
        accounts = accounts_of(adapters_of(request).users, authenticate.verification)
        ADMINISTRATOR.permission(accounts.of(authenticate()).principal)

    return check


PresentLogin = Annotated[Login, Depends(present_login)]
# With the scopes of `Administrator`, FastAPI reads the account once for both.
AdministratorsLogin = Annotated[Login, Security(present_login, scopes=[ADMINISTRATION])]
Administrator = Annotated[Permission, allow(ADMINISTRATOR, active_user)]
SelfOrAdministrator = Annotated[Permission, allow(SELF, active_user)]
AdministratorCheck = Annotated[Callable[[], None], Depends(administrator_check)]
UserReader = Annotated[Permission, Depends(reader)]
