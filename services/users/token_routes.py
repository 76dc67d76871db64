"""Tokens over HTTP: the token endpoint of OAuth 2.0 (RFC 6749 section 4.3)."""

from typing import Annotated, Final

from fastapi import APIRouter, Form, Response

from common.auth.keys import SecretUnavailable
from common.auth.tokens import in_words
from common.http.openapi import responses
from users import login_operations
from users.dependencies import Now, PasswordLogin, Tokens
from users.failed_logins import TooManyAttempts
from users.login import InvalidCredentials
from users.schemas import TokenOut, TokenRequest
from users.token_adapter import LIFETIME

router: Final = APIRouter(prefix="/api/v1/users", tags=["tokens"])


@router.post("/token", responses=responses(InvalidCredentials, TooManyAttempts, SecretUnavailable))
async def create_token(
    form: Annotated[TokenRequest, Form()], authenticator: PasswordLogin, tokens: Tokens, now: Now, response: Response
) -> TokenOut:
    """Log in: return a token for the user with this e-mail address and password, valid for 15 minutes."""
    token, scopes = login_operations.create_token(
        authenticator,
        email=form.username,
        password=form.password.get_secret_value(),
        scope=form.scope,
        now=now,
        tokens=tokens,
    )
    response.headers["Cache-Control"] = "no-store"
    return TokenOut(access_token=token, expires_in=int(LIFETIME.total_seconds()), scope=in_words(scopes))
