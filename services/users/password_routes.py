"""Passwords over HTTP."""

from http import HTTPStatus
from typing import Final

from common.http.openapi import responses
from common.http.router import Router
from users import login_operations
from users.dependencies import CallersNetwork, Now, PasswordLogin
from users.domain import UserNotFound
from users.failed_logins import TooManyAttempts
from users.login import CurrentPasswordRequired, CurrentPasswordWrong
from users.password_schemas import PasswordChange
from users.passwords import PasswordRejected
from users.policies import CurrentAccount, SelfOrAdministrator
from users.schemas import UserId

router: Final = Router(prefix="/api/v1/users", tags=["passwords"])


@router.put(
    "/{user_id:digits}/password",
    status_code=HTTPStatus.NO_CONTENT,
    responses=responses(CurrentPasswordWrong, UserNotFound, PasswordRejected, CurrentPasswordRequired, TooManyAttempts),
)
async def set_password(
    user_id: UserId,
    body: PasswordChange,
    permission: SelfOrAdministrator,
    account: CurrentAccount,
    authenticator: PasswordLogin,
    network: CallersNetwork,
    now: Now,
) -> None:
    """Set a user's password; users who already have one must send it."""
    permission.check_owner(str(user_id))
    login_operations.set_password(
        authenticator,
        user_id,
        caller=account.user,
        current=None if body.current_password is None else body.current_password.get_secret_value(),
        new=body.password.get_secret_value(),
        network=network,
        now=now,
    )
