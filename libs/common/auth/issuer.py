"""Callers whose tokens API Gateway has verified: their claims are in the event, and no header is trusted.

See https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html.
"""

from collections.abc import Mapping
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Json

from common.auth.principal import Principal
from common.auth.tokens import TokenRejected, moment
from common.failures import Unauthenticated
from common.settings import Settings

# https://openid.net/specs/openid-connect-core-1_0.html#IDToken
LONGEST_SUBJECT: Final = 255


class Issuer(BaseModel):
    """An OpenID Connect issuer, whose tokens API Gateway verifies.

    Attributes:
        url: The `iss` of its tokens.
        scopes_claim: The claim with the caller's scopes or groups.
        scopes: Values of that claim, and the scopes that each stands for. Any other value is itself the scope.
    """

    model_config = ConfigDict(frozen=True)

    url: str
    scopes_claim: str
    scopes: Mapping[str, tuple[str, ...]]

    def principal(self, event: Mapping[str, Any] | None) -> Principal:
        """Return the caller of an event (payload format 2.0); None: the request did not come through API Gateway.

        Raises:
            Unauthenticated: The route has no authorizer.
            TokenRejected: The token is of another issuer, or its subject is missing or too long.
        """
        context = (event or {}).get("requestContext", {})
        claims: Mapping[str, str] | None = context.get("authorizer", {}).get("jwt", {}).get("claims")
        if claims is None:
            raise Unauthenticated("API Gateway has verified no token on this path: use the path that /docs shows.")
        if claims.get("iss") != self.url or not 0 < len(claims.get("sub", "")) <= LONGEST_SUBJECT:
            raise TokenRejected("The token has another issuer, or its subject is missing or too long.")
        values = listed(claims.get(self.scopes_claim, ""))
        scopes = frozenset(scope for each in values for scope in self.scopes.get(each, (each,)))
        # Few issuers put `auth_time` into access tokens. A token that was stolen is at least as old as its `iat`.
        return Principal(claims["sub"], scopes, moment(claims.get("auth_time", claims.get("iat"))))


class IssuerSettings(Settings):
    """The issuer of tokens; None: a service of this repository."""

    issuer: Json[Issuer] | None = None


def listed(claim: str) -> list[str]:
    """Return the values of a claim: API Gateway writes a list as `[a b]`, and issuers separate scopes by spaces."""
    return (claim[1:-1] if claim.startswith("[") and claim.endswith("]") else claim).split()
