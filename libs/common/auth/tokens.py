"""The product's own bearer tokens: JSON Web Tokens (RFC 7519) signed with HS256."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

import jwt

from common.auth.keys import KeyRing, SigningKey
from common.auth.principal import Principal
from common.failures import Unauthenticated
from common.settings import Settings

ALGORITHM: Final = "HS256"
LEEWAY_SECONDS: Final = 30
# Of a token. Otherwise whoever has had a key for a moment would have a token for years, until two rotations later.
LONGEST_LIFETIME: Final = timedelta(minutes=15)
LONGEST_TOKEN: Final = 4096  # characters


class TokenRejected(Unauthenticated):
    """The token was not issued by this product, or is not valid now."""

    code = "invalid-token"
    title = "The token is not valid"

    def __init__(self, detail: str) -> None:
        super().__init__(detail, refused=True)


class TokenSettings(Settings):
    """Issuer and audience of tokens."""

    jwt_issuer: str
    jwt_audience: str


# Of a function that neither issues nor verifies tokens: it has no keys either.
NO_TOKENS: Final = TokenSettings(JWT_ISSUER="", JWT_AUDIENCE="")


class Claims(NamedTuple):
    """Every claim of a token; all are required, except `auth_time`, which tokens of earlier versions do not have.

    Attributes:
        iss: The issuer.
        aud: The API that the token is for.
        sub: The user's id and no other personal data, because anyone who sees a token can read its claims.
        scope: The scopes, separated by spaces (RFC 8693 section 4.2).
        iat: Time of issue, in seconds since 1970.
        exp: Time of expiry, in seconds since 1970.
        auth_time: Time of the login, in seconds since 1970 (RFC 9068 section 2.2.1).
    """

    iss: str
    aud: str
    sub: str
    scope: str
    iat: int
    exp: int
    auth_time: int


REQUIRED: Final = tuple(name for name in Claims._fields if name != "auth_time")


def in_words(scopes: Iterable[str]) -> str:
    """Return the sorted scopes as one string, separated by spaces."""
    return " ".join(sorted(scopes))


def issue(key: SigningKey, settings: TokenSettings, principal: Principal, now: datetime, lifetime: timedelta) -> str:
    """Return a token for the principal, who has logged in `now`, that is valid for `lifetime`."""
    issued_at = int(now.timestamp())
    claims = Claims(
        iss=settings.jwt_issuer,
        aud=settings.jwt_audience,
        sub=principal.subject,
        scope=in_words(principal.scopes),
        iat=issued_at,
        exp=issued_at + int(lifetime.total_seconds()),
        auth_time=issued_at,
    )
    return jwt.encode(claims._asdict(), key.value, algorithm=ALGORITHM, headers={"kid": key.kid})


def verify(token: str, keys: KeyRing, settings: TokenSettings) -> Principal:
    """Return the caller that a token was issued to.

    Raises:
        TokenRejected: It is malformed, too long, signed with an unknown key or another algorithm, from another issuer
            or for another audience, expired, or not valid yet (30 seconds of clock skew aside). Or it is valid for more
            than 15 minutes.
        SecretUnavailable: The keys could not be read.
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
            options={"require": list(REQUIRED), "strict_aud": True},
        )
    except jwt.ExpiredSignatureError:
        raise TokenRejected("The token has expired.") from None
    except jwt.ImmatureSignatureError:
        raise TokenRejected("The token is not valid yet.") from None
    except jwt.InvalidTokenError:
        raise TokenRejected("The token has another issuer, audience or signature.") from None
    if int(claims["exp"]) - int(claims["iat"]) > LONGEST_LIFETIME.total_seconds():
        raise TokenRejected("The token is valid for too long.")
    scope, subject = claims["scope"], claims["sub"]
    if not isinstance(scope, str) or not subject:
        raise TokenRejected("The token has another issuer, audience or signature.")
    return Principal(subject, frozenset(scope.split()), moment(claims.get("auth_time")))


def moment(claim: object) -> float | None:
    """Return the time in a claim, in seconds since 1970; None: it is missing or not a number.

    API Gateway passes numbers on as texts.
    """
    if isinstance(claim, bool) or not isinstance(claim, int | float | str):
        return None
    try:
        return float(claim)
    except (ValueError, OverflowError):
        return None
