"""Tokens over HTTP: the token endpoint of OAuth 2.0 (RFC 6749 section 4.3)."""

from typing import Annotated, Final

from fastapi import APIRouter, Form, Response

from common.auth.keys import SecretUnavailable
from common.auth.principal import Keys, TokenSettingsDependency
from common.failures import Invalid
from common.http.declared_problems import responses
from common.telemetry import metrics
from common.telemetry import traces as observability
from users.dependencies import Door, Now
from users.login import InvalidCredentials, TooManyAttempts
from users.schemas import TokenOut, TokenRequest
from users.tallies import Tally
from users.tokens import LIFETIME_SECONDS, in_words, issue, narrowed

router: Final = APIRouter(prefix="/api/v1/users", tags=["tokens"])


@router.post("/token", responses=responses(InvalidCredentials, TooManyAttempts, Invalid, SecretUnavailable))
async def create_token(
    form: Annotated[TokenRequest, Form()],
    door: Door,
    keys: Keys,
    settings: TokenSettingsDependency,
    now: Now,
    response: Response,
) -> TokenOut:
    """Log in: return a token of 15 minutes to the active user with this e-mail address and password."""
    with observability.operation("users.log_in"):
        key = keys.current()
        try:
            user = door.admit(form.username, form.password.get_secret_value(), now)
        except (InvalidCredentials, TooManyAttempts):
            metrics.count(Tally.TOKENS_REFUSED)
            raise
        scopes = narrowed(user.scopes, form.scope)
        token = issue(user.id, scopes, key=key, settings=settings, now=now)
    metrics.count(Tally.TOKENS_ISSUED)
    response.headers["Cache-Control"] = "no-store"
    return TokenOut(access_token=token, expires_in=LIFETIME_SECONDS, scope=in_words(scopes))
