"""Passwords over HTTP."""

from http import HTTPStatus
from typing import Final

from common.http.openapi import responses
from common.http.router import Router
from users import login_operations
from users.accounts import MoreScopesHeld
from users.dependencies import CallersNetwork, Now, PasswordLogin
from users.domain import UserBusy, UserNotFound
from users.failed_logins import TooManyAttempts
from users.login import CurrentPasswordRequired, CurrentPasswordWrong
from users.password_schemas import PasswordChange
from users.passwords import PasswordRejected
from users.policies import CurrentAccount, PresentLogin, SelfOrAdministrator
from users.schemas import UserId

router: Final = Router(prefix="/api/v1/users", tags=["passwords"])


@router.put(
    "/{user_id:digits}/password",
    status_code=HTTPStatus.NO_CONTENT,
    responses=responses(
        CurrentPasswordWrong,
        MoreScopesHeld,
        UserNotFound,
        PasswordRejected,
        CurrentPasswordRequired,
        TooManyAttempts,
        UserBusy,
    ),
)
async def set_password(
    user_id: UserId,
    body: PasswordChange,
    permission: SelfOrAdministrator,
    account: CurrentAccount,
    login: PresentLogin,
    authenticator: PasswordLogin,
    network: CallersNetwork,
    now: Now,
) -> None:
    """Set a user's password; users who already have one must send it.

    Setting another user's password, or one's first one, requires a login within the last 120 seconds. Setting that of
    another user also requires all scopes of that user.
    """
    permission.check_owner(str(user_id))
    if user_id != account.user.id:
        login.check()
    login_operations.set_password(
        authenticator,
        user_id,
        caller=account,
        current=None if body.current_password is None else body.current_password.get_secret_value(),
        new=body.password.get_secret_value(),
        network=network,
        now=now,
        check_login=login.check,
    )
