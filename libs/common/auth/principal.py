"""The caller, by its bearer token (RFC 6750). To accept tokens of another issuer, replace `verify`."""

import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Final, Protocol, override

import jwt
from fastapi import Depends, Request
from fastapi.security import HTTPBearer, OAuth2PasswordBearer
from fastapi.security.base import SecurityBase
from fastapi.security.utils import get_authorization_scheme_param

from common.auth.keys import SecretUnavailable, SigningKey, signing_keys
from common.failures import Forbidden, Unauthenticated
from common.product import PRODUCT
from common.settings import Settings
from common.telemetry import traces as observability

ALGORITHM: Final = "HS256"
LEEWAY_SECONDS: Final = 30
LONGEST_TOKEN: Final = 4096  # characters
CLAIMS: Final = ("iss", "aud", "sub", "scope", "iat", "exp")


class TokenRejected(Unauthenticated):
    """The token is not one of ours, or not valid at the moment."""

    code = "invalid-token"
    title = "The token is not valid"

    def __init__(self, detail: str) -> None:
        super().__init__(detail, refused=True)


# Failures of any operation that requires a token.
REFUSALS: Final = (Unauthenticated, TokenRejected, SecretUnavailable)


class TokenSettings(Settings):
    """Issuer and audience of tokens."""

    jwt_issuer: str
    jwt_audience: str


@dataclass(frozen=True, slots=True)
class Principal:
    """The caller.

    Attributes:
        subject: The user's id.
        scopes: Permissions beyond those of every caller.
    """

    subject: str
    scopes: frozenset[str] = frozenset()

    def require(self, scope: str) -> None:
        """Raise `Forbidden` unless the caller has the scope.

        Raises:
            Forbidden: The principal does not have it.
        """
        if scope not in self.scopes:
            raise Forbidden(f"The scope {scope} is required.", scope=scope)


class KeyRing(Protocol):
    """The keys by which tokens are signed."""

    def current(self) -> SigningKey:
        """Return the key to sign with."""

    def find(self, kid: str) -> SigningKey | None:
        """Return the key of that id if tokens signed with it are valid, else None."""


@cache
def token_settings() -> TokenSettings:
    """Return the process's settings of tokens."""
    return TokenSettings.from_environment(os.environ)


def prepare() -> None:
    """Make in INIT, while the CPU is not throttled, what verifying tokens needs; fetch nothing.

    Raises:
        SettingsError: The environment lacks a setting.
    """
    token_settings()
    signing_keys()


async def settings_of_tokens() -> TokenSettings:
    """Return who issues tokens, and for whom."""
    return token_settings()


async def key_ring() -> KeyRing:
    """Return where the keys are."""
    return signing_keys()


class BearerToken(HTTPBearer):
    """A bearer token from elsewhere: OpenAPI then names no token endpoint."""

    @override
    async def __call__(self, request: Request) -> str | None:  # type: ignore[override]
        scheme_name, token = get_authorization_scheme_param(request.headers.get("Authorization"))
        return token if scheme_name.lower() == "bearer" else None


def scheme(token_path: str | None) -> SecurityBase:
    """Return how OpenAPI documents and Swagger UI say that a caller gets and sends a token.

    Args:
        token_path: Where a service of this repository issues tokens; None: none does.
    """
    return OAuth2PasswordBearer(token_path, auto_error=False) if token_path else BearerToken(auto_error=False)


async def bearer_token(
    request: Request, token: Annotated[str | None, Depends(scheme(PRODUCT.token_path))]
) -> str | None:
    """Return the bearer token of the `Authorization` header, or None without one.

    Raises:
        TokenRejected: There are several headers, and which of them counts would be a guess. (API Gateway makes one of
            them, which is malformed.)
    """
    if len(request.headers.getlist("authorization")) > 1:
        raise TokenRejected("There are several Authorization headers: send one.")
    return token


TokenSettingsDependency = Annotated[TokenSettings, Depends(settings_of_tokens)]
Keys = Annotated[KeyRing, Depends(key_ring)]
Bearer = Annotated[str | None, Depends(bearer_token)]


def verify(token: str, keys: KeyRing, settings: TokenSettings) -> Principal:
    """Return the caller that a token was issued to, and record its id on every log line from now on.

    Raises:
        TokenRejected: It is malformed, too long, signed with an unknown key or another algorithm, from another issuer
            or for another audience, expired, or not valid yet (30 seconds of clock skew aside).
    """
    if len(token) > LONGEST_TOKEN:
        raise TokenRejected("The token is too long.")
    try:
        header = jwt.get_unverified_header(token)
    except jwt.InvalidTokenError:
        raise TokenRejected("The token is malformed.") from None
    kid = header.get("kid")
    if header.get("alg") != ALGORITHM or not isinstance(kid, str):
        raise TokenRejected("The token is not signed with HS256 and a key id.")
    key = keys.find(kid)
    if key is None:
        raise TokenRejected("The token is signed with an unknown key.")
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            key.value,
            algorithms=[ALGORITHM],
            issuer=settings.jwt_issuer,
            audience=settings.jwt_audience,
            leeway=LEEWAY_SECONDS,
            options={"require": list(CLAIMS), "strict_aud": True},
        )
    except jwt.ExpiredSignatureError:
        raise TokenRejected("The token has expired.") from None
    except jwt.ImmatureSignatureError:
        raise TokenRejected("The token is not valid yet.") from None
    except jwt.InvalidTokenError:
        raise TokenRejected("The token has another issuer, audience or signature.") from None
    scope, subject = claims["scope"], claims["sub"]
    if not isinstance(scope, str) or not subject:
        raise TokenRejected("The token has another issuer, audience or signature.")
    observability.record_principal(subject)
    return Principal(subject, frozenset(scope.split()))


async def optional_user(token: Bearer, keys: Keys, settings: TokenSettingsDependency) -> Principal | None:
    """Return the caller, or None without a token.

    Raises:
        TokenRejected: The token is not valid.
    """
    return None if token is None else verify(token, keys, settings)


async def current_user(user: Annotated[Principal | None, Depends(optional_user)]) -> Principal:
    """Return the caller.

    Raises:
        Unauthenticated: There is no token.
        TokenRejected: The token is not valid.
    """
    if user is None:
        raise Unauthenticated("There is no token: send Authorization: Bearer <token>.")
    return user


OptionalUser = Annotated[Principal | None, Depends(optional_user)]
CurrentUser = Annotated[Principal, Depends(current_user)]


def requires(scope: str) -> Callable[..., Awaitable[Principal]]:
    """Return the dependency that lets only holders of a scope in: `Annotated[Principal, Depends(requires("..."))]`."""

    async def holder(user: CurrentUser) -> Principal:
        user.require(scope)
        return user

    return holder
