"""Authenticates the caller by a bearer token (RFC 6750), or by the claims that API Gateway has verified."""

from collections.abc import Callable
from typing import Annotated, Final, override

from fastapi import Depends, Request
from fastapi.security import HTTPBearer, OAuth2PasswordBearer
from fastapi.security.base import SecurityBase
from fastapi.security.utils import get_authorization_scheme_param

from common.auth.issuer import Issuer
from common.auth.keys import KeyRing, SecretUnavailable
from common.auth.principal import Principal
from common.auth.tokens import TokenRejected, TokenSettings, verify
from common.failures import Unauthenticated
from common.http.openapi import declares
from common.product import PRODUCT
from common.runtime import runtime_of
from common.telemetry.request import record_principal


async def token_settings(request: Request) -> TokenSettings:
    """Return the issuer and the audience of tokens."""
    return runtime_of(request.app).tokens


async def key_ring(request: Request) -> KeyRing:
    """Return the keys that sign tokens."""
    return runtime_of(request.app).keys


async def issuer(request: Request) -> Issuer | None:
    """Return the issuer whose tokens API Gateway verifies, or None if the services verify their own."""
    return runtime_of(request.app).issuer


class BearerToken(HTTPBearer):
    """The bearer scheme for tokens that another system issues: OpenAPI names no token endpoint."""

    @override
    async def __call__(self, request: Request) -> str | None:  # type: ignore[override]
        scheme_name, token = get_authorization_scheme_param(request.headers.get("Authorization"))
        return token if scheme_name.lower() == "bearer" else None


def scheme(token_path: str | None) -> SecurityBase:
    """Return the security scheme that OpenAPI and Swagger UI show.

    Args:
        token_path: The path where a service of this repository issues tokens, or None if tokens come from elsewhere.
    """
    return OAuth2PasswordBearer(token_path, auto_error=False) if token_path else BearerToken(auto_error=False)


async def bearer_token(
    request: Request, token: Annotated[str | None, Depends(scheme(PRODUCT.token_path))]
) -> str | None:
    """Return the bearer token of the `Authorization` header, or None without one.

    Raises:
        TokenRejected: There are several such headers. (API Gateway joins them into one, which is malformed.)
    """
    if len(request.headers.getlist("authorization")) > 1:
        raise TokenRejected("There are several Authorization headers: send one.")
    return token


Bearer = Annotated[str | None, Depends(bearer_token)]
Keys = Annotated[KeyRing, Depends(key_ring)]
TokenSettingsDependency = Annotated[TokenSettings, Depends(token_settings)]


IssuerDependency = Annotated[Issuer | None, Depends(issuer)]

type Authenticate = Callable[[], Principal]
"""Returns the caller, and puts its id on the trace and on every later log line of the request."""

# Failures of authentication, for OpenAPI.
FAILURES: Final = (Unauthenticated, TokenRejected, SecretUnavailable)


async def authentication(
    request: Request, token: Bearer, keys: Keys, settings: TokenSettingsDependency, issuer: IssuerDependency
) -> Authenticate:
    """Return the function that authenticates the caller, for operations that do not always require one.

    It raises:
        Unauthenticated: There is no token.
        TokenRejected: The token is not valid.
        SecretUnavailable: The keys could not be read.
    """

    def authenticate() -> Principal:
        if issuer is not None:
            principal = issuer.principal(request.scope.get("aws.event"))
        elif token is None:
            raise Unauthenticated("There is no token: send Authorization: Bearer <token>.")
        else:
            principal = verify(token, keys, settings)
        record_principal(principal.subject)
        return principal

    return authenticate


Authentication = Annotated[Authenticate, Depends(authentication)]


@declares(*FAILURES)
async def current_user(authenticate: Authentication) -> Principal:
    """Return the caller; see `authentication` for what it raises."""
    return authenticate()


CurrentUser = Annotated[Principal, Depends(current_user)]
