"""Operations that require a recent login, so that a stolen token is not enough for them (RFC 9470).

A route names it in its signature, and checks it after its policy, so that callers who may not use the operation are not
sent to log in:

    async def delete_thing(permission: OwnerOrAdministrator, login: RecentLogin) -> None:
        permission.check_owner(...)
        login.check()
"""

import time
from typing import Annotated, Final, NamedTuple

from fastapi import Depends

from common.auth.authentication import CurrentUser
from common.auth.tokens import LEEWAY_SECONDS
from common.failures import Unauthenticated
from common.http.openapi import declares

LONGEST_AGE: Final = 120  # seconds


class AuthenticationTooOld(Unauthenticated):
    """The token is valid, but the operation requires a login within the last 120 seconds."""

    code = "insufficient-user-authentication"
    title = "A recent login is required"

    def __init__(self) -> None:
        super().__init__(
            f"This requires a login within the last {LONGEST_AGE} seconds: log in again, and send the new token.",
            refused=True,
            max_age=LONGEST_AGE,
        )


class Login(NamedTuple):
    """The login of the caller.

    Attributes:
        at: Its time, in seconds since 1970; None: the token does not say, so it counts as old.
        now: The time of the request.
    """

    at: float | None
    now: float

    def check(self) -> None:
        """Raise unless the caller has logged in within the last 120 seconds.

        Raises:
            AuthenticationTooOld: The login is older, or its time is unknown.
        """
        # Clocks may differ, but a login far in the future is no time: in milliseconds, it would stay recent for ever.
        if self.at is None or not -LEEWAY_SECONDS <= self.now - self.at <= LONGEST_AGE:
            raise AuthenticationTooOld


@declares(AuthenticationTooOld)
async def login_of(principal: CurrentUser) -> Login:
    """Return the login of the caller."""
    return Login(principal.authenticated_at, time.time())


RecentLogin = Annotated[Login, Depends(login_of)]
