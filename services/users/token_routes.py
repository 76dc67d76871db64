"""Tokens over HTTP: the token endpoint of OAuth 2.0 (RFC 6749 section 4.3)."""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any, Final, override

from fastapi import Body, Request, Response
from fastapi.exceptions import RequestValidationError

from common.auth.keys import SecretUnavailable
from common.auth.tokens import in_words
from common.failures import Throttled, Unavailable
from common.http.body import FORM
from common.http.openapi import responses
from common.http.router import Route, Router
from users import login_operations
from users.dependencies import CallersNetwork, Now, PasswordLogin, Tokens
from users.failed_logins import TooManyAttempts
from users.token_adapter import LIFETIME
from users.token_failures import (
    InvalidCredentials,
    InvalidScope,
    InvalidTokenRequest,
    TokenRequestRejected,
    UnsupportedGrantType,
    waiting,
)
from users.token_schemas import TokenOut, TokenRequest


class TokenRoute(Route):
    """A route with OAuth 2.0's errors for a form that is not valid and for a client that has to wait."""

    @override
    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def respond(request: Request) -> Response:
            try:
                return await handle(request)
            except RequestValidationError as error:
                raise failure_of(error) from None
            except (Throttled, Unavailable) as failure:
                failure.members = waiting(failure.detail)
                raise

        return respond


def failure_of(error: RequestValidationError) -> TokenRequestRejected | RequestValidationError:
    """Return the failure of a form, which never contains a value that was sent; other errors stay as they are."""
    if error.errors()[0]["loc"][0] == "query":
        return error
    found = {each["loc"][-1]: each for each in error.errors()}
    missing = [name for name, each in found.items() if each["type"] == "missing"]
    if "grant_type" in found and "grant_type" not in missing:
        return UnsupportedGrantType("Send grant_type=password: no other grant is supported.")
    if missing:
        names = "grant_type, username, password" if "body" in missing else ", ".join(map(str, missing))
        return InvalidTokenRequest(f"These parameters are missing or empty: {names}.")
    if "body" in found:
        return InvalidTokenRequest(found["body"]["msg"].removeprefix("Value error, "))
    if "scope" in found:
        return InvalidScope("Send scopes in printable ASCII, separated by spaces, in at most 1000 characters.")
    # No user has an address that is not valid, or a password that is too long.
    return InvalidCredentials()


router: Final = Router(prefix="/api/v1/users", tags=["tokens"], route_class=TokenRoute)


@router.post(
    "/token",
    responses=responses(
        InvalidCredentials,
        InvalidTokenRequest,
        UnsupportedGrantType,
        InvalidScope,
        TooManyAttempts,
        SecretUnavailable,
    ),
)
async def create_token(
    form: Annotated[TokenRequest, Body(media_type=FORM)],
    authenticator: PasswordLogin,
    tokens: Tokens,
    network: CallersNetwork,
    now: Now,
) -> TokenOut:
    """Log in: return a token for the user with this e-mail address and password, valid for 15 minutes."""
    token, scopes = login_operations.create_token(
        authenticator,
        email=form.username,
        password=form.password.get_secret_value(),
        scope=form.scope,
        network=network,
        now=now,
        tokens=tokens,
    )
    return TokenOut(access_token=token, expires_in=int(LIFETIME.total_seconds()), scope=in_words(scopes))
