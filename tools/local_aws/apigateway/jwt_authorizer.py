"""The JWT authorizer of an HTTP API: verifies the token of a request by the keys of an OpenID Connect issuer.

Rules: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html, and for the challenge
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-troubleshooting-jwt.html.
"""

import json
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import jwt

from local_aws.apigateway.answer import Answer, refusal
from local_aws.model.deployment import Route

# AWS documents that only algorithms based on RSA are supported.
ALGORITHMS = ("RS256", "RS384", "RS512")
CACHED_SECONDS = 7200  # AWS may use a key for two hours.
TIMEOUT_SECONDS = 3.0
_BEARER = "bearer "
_DISCOVERY = "/.well-known/openid-configuration"


class _InvalidTokenError(Exception):
    """The token is rejected; the message is the challenge's `error_description`."""


@dataclass(frozen=True, slots=True)
class Caller:
    """A verified token, in the form that it has in the event.

    Attributes:
        claims: Every claim as a string.
        scopes: The token's scopes if the route requires one, else None.
    """

    claims: Mapping[str, str]
    scopes: list[str] | None

    def described(self) -> dict[str, Any]:
        """Return the `authorizer` of the event's `requestContext`."""
        return {"jwt": {"claims": dict(self.claims), "scopes": self.scopes}}


class Issuers:
    """Verifies tokens; the keys of each issuer are fetched once and then cached."""

    def __init__(self) -> None:
        self._clients: dict[str, jwt.PyJWKClient] = {}

    def authorize(self, route: Route, header: str) -> Caller | Answer:
        """Return the caller, or the gateway's own 401 or 403.

        Args:
            route: A route with an authorizer.
            header: The value of the header that has the token, or an empty string.
        """
        token = header[len(_BEARER) :] if header.lower().startswith(_BEARER) else header
        scopes = " ".join(route.scopes)
        if not token:
            return _denied(401, "Unauthorized", "UNAUTHORIZED", "Bearer", "the request has no token")
        try:
            claims = self._verify(route, token)
        except _InvalidTokenError as error:
            challenge = f'Bearer scope="{scopes}" error="invalid_token" error_description="{error}"'
            return _denied(401, "Unauthorized", "UNAUTHORIZED", challenge, str(error))
        held = _scopes(claims)
        if route.scopes and not set(route.scopes) & set(held):
            text = "the token does not have any of the required scopes"
            challenge = f'Bearer scope="{scopes}" error="insufficient_scope" error_description="{text}"'
            return _denied(403, "Forbidden", "ACCESS_DENIED", challenge, text)
        written = {name: as_text(value) for name, value in claims.items()}
        return Caller(written, held if route.scopes else None)

    def _verify(self, route: Route, token: str) -> dict[str, Any]:
        authorizer = route.authorizer
        assert authorizer is not None  # noqa: S101 - the caller's promise
        try:
            key = self._client(authorizer.issuer).get_signing_key_from_jwt(token)
        except jwt.PyJWKClientConnectionError as error:
            raise _InvalidTokenError("the keys of the issuer could not be fetched") from error
        except (jwt.PyJWKClientError, jwt.InvalidTokenError) as error:
            raise _InvalidTokenError("the token is malformed, or signed by an unknown key") from error
        decode = partial(jwt.decode, token, key, algorithms=ALGORITHMS, issuer=authorizer.issuer)
        try:
            claims: dict[str, Any] = decode(options={"verify_aud": False, "require": ["exp", "iss"]})
        except jwt.ExpiredSignatureError as error:
            raise _InvalidTokenError("the token has expired") from error
        except jwt.ImmatureSignatureError as error:
            raise _InvalidTokenError("the token is not valid yet") from error
        except jwt.InvalidIssuerError as error:
            raise _InvalidTokenError("invalid issuer") from error
        except (jwt.InvalidTokenError, TypeError) as error:  # PyJWT raises a TypeError for a key of another algorithm.
            raise _InvalidTokenError("the token has another algorithm or signature") from error
        # `client_id` counts only without `aud`.
        audience = claims.get("aud", claims.get("client_id"))
        if not set(audience if isinstance(audience, list) else [audience]) & set(authorizer.audience):
            raise _InvalidTokenError("the token does not have a valid audience")
        return claims

    def _client(self, issuer: str) -> jwt.PyJWKClient:
        if issuer not in self._clients:
            # Only addresses that CreateAuthorizer accepts reach this: https, or http on loopback.
            try:
                with urllib.request.urlopen(f"{issuer.rstrip('/')}{_DISCOVERY}", timeout=TIMEOUT_SECONDS) as response:
                    found = json.load(response)["jwks_uri"]
            except (OSError, ValueError, KeyError) as error:
                raise _InvalidTokenError("the discovery document of the issuer could not be read") from error
            self._clients[issuer] = jwt.PyJWKClient(found, lifespan=CACHED_SECONDS, timeout=TIMEOUT_SECONDS)
        return self._clients[issuer]


def as_text(value: object) -> str:
    """Return a claim as API Gateway writes it: `[a b]` for a list, `true`, and numbers without an exponent."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return f"[{' '.join(as_text(each) for each in value)}]"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return json.dumps(value)


def _scopes(claims: Mapping[str, Any]) -> list[str]:
    value = claims.get("scope", claims.get("scp", ""))
    return [str(each) for each in value] if isinstance(value, list) else str(value).split()


def _denied(status: int, text: str, kind: str, challenge: str, reason: str) -> Answer:
    return refusal(status, text, kind, headers=(("www-authenticate", challenge),), authorizer_error=reason)
