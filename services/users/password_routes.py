"""Passwords over HTTP."""

from http import HTTPStatus
from typing import Final

from fastapi import APIRouter

from common.auth.principal import TokenRejected
from common.failures import Forbidden, Invalid, Unauthenticated
from common.http.declared_problems import responses
from common.telemetry import traces as observability
from users.accounts import AccountInactive
from users.dependencies import CurrentAccount, Door, Now
from users.domain import UserNotFound
from users.login import CurrentPasswordRequired, CurrentPasswordWrong, TooManyAttempts
from users.schemas import PasswordChange, UserId

router: Final = APIRouter(prefix="/api/v1/users", tags=["passwords"])


@router.put(
    "/{user_id}/password",
    status_code=HTTPStatus.NO_CONTENT,
    responses=responses(
        Unauthenticated,
        TokenRejected,
        AccountInactive,
        Forbidden,
        CurrentPasswordWrong,
        UserNotFound,
        CurrentPasswordRequired,
        Invalid,
        TooManyAttempts,
    ),
)
async def set_password(user_id: UserId, body: PasswordChange, account: CurrentAccount, door: Door, now: Now) -> None:
    """Set a user's password; for the user, who shows the present one if there is one, and for administrators."""
    account.require_power_over(user_id)
    new = body.password.get_secret_value()
    with observability.operation("users.set_password"):
        if user_id != account.user.id:
            door.set_password(user_id, new)
            return
        current = None if body.current_password is None else body.current_password.get_secret_value()
        door.change_password(account.user, current, new, now)
