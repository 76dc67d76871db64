"""Authenticates the caller by a bearer token (RFC 6750), or by the claims that API Gateway has verified."""

from typing import Annotated, Final, NamedTuple

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


class Verification(NamedTuple):
    """The keys and settings that verify and issue tokens.

    Attributes:
        keys: The keys that sign tokens.
        settings: The issuer and the audience of tokens.
        issuer: The issuer whose tokens API Gateway verifies, or None if the services verify their own.
    """

    keys: KeyRing
    settings: TokenSettings
    issuer: Issuer | None


async def verification(request: Request) -> Verification:
    """Return the keys and settings that verify tokens, as one dependency, because FastAPI takes its time for each."""
    runtime = runtime_of(request.app)
    return Verification(runtime.keys, runtime.tokens, runtime.issuer)


TokenVerification = Annotated[Verification, Depends(verification)]


class Authenticate(NamedTuple):
    """Authenticates the caller of a request when it is called, for operations that do not always require one.

    Attributes:
        request: The request.
        token: Its bearer token; None: it has none.
        verification: What the token is verified with.
    """

    request: Request
    token: str | None
    verification: Verification

    def __call__(self) -> Principal:
        """Return the caller, and put its id on the trace and on every later log line of the request.

        Raises:
            Unauthenticated: There is no token.
            TokenRejected: The token is not valid.
            SecretUnavailable: The keys could not be read.
        """
        if self.verification.issuer is not None:
            principal = self.verification.issuer.principal(self.request.scope.get("aws.event"))
        elif self.token is None:
            raise Unauthenticated("There is no token: send Authorization: Bearer <token>.")
        else:
            principal = verify(self.token, self.verification.keys, self.verification.settings)
        record_principal(principal.subject)
        return principal


class Bearer(SecurityBase):
    """A security scheme that gives what authenticates the caller: FastAPI takes its time for each dependency."""

    async def __call__(self, request: Request, verification: TokenVerification) -> Authenticate:
        """Return what authenticates the caller.

        Raises:
            TokenRejected: There are several `Authorization` headers. (API Gateway joins them into one, which is
                malformed.)
        """
        given = request.headers.getlist("authorization")
        if len(given) > 1:
            raise TokenRejected("There are several Authorization headers: send one.")
        scheme_name, token = get_authorization_scheme_param(given[0] if given else None)
        return Authenticate(request, token if scheme_name.lower() == "bearer" else None, verification)


class PasswordBearer(Bearer, OAuth2PasswordBearer):  # type: ignore[misc] # Bearer gives more than the token.
    """The scheme for tokens that a service of this repository issues."""


class BearerToken(Bearer, HTTPBearer):  # type: ignore[misc] # same
    """The scheme for tokens that another system issues: OpenAPI names no token endpoint."""


def scheme(token_path: str | None) -> SecurityBase:
    """Return the security scheme that OpenAPI and Swagger UI show.

    Args:
        token_path: The path where a service of this repository issues tokens, or None if tokens come from elsewhere.
    """
    return PasswordBearer(token_path, scheme_name=OAuth2PasswordBearer.__name__) if token_path else BearerToken()


# Failures of authentication, for OpenAPI.
FAILURES: Final = (Unauthenticated, TokenRejected, SecretUnavailable)

Authentication = Annotated[Authenticate, Depends(scheme(PRODUCT.token_path))]


@declares(*FAILURES)
async def current_user(authenticate: Authentication) -> Principal:
    """Return the caller; see `Authenticate` for what it raises."""
    return authenticate()


CurrentUser = Annotated[Principal, Depends(current_user)]
