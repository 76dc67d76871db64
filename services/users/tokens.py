"""Tokens for users: JSON Web Tokens (RFC 7519) that `common.auth.principal` verifies."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

import jwt

from common.auth.keys import SigningKey
from common.auth.principal import ALGORITHM, TokenSettings

LIFETIME_SECONDS: Final = 900


def issue(user_id: int, scopes: Iterable[str], *, key: SigningKey, settings: TokenSettings, now: datetime) -> str:
    """Return a token that says for 15 minutes from `now` on who its bearer is and what the bearer may do.

    It holds the user's id and no other personal data, since everyone who sees a token can read it.
    """
    issued_at = int(now.timestamp())
    claims = {
        "iss": settings.jwt_issuer,
        "aud": settings.jwt_audience,
        "sub": str(user_id),
        "scope": in_words(scopes),
        "iat": issued_at,
        "exp": issued_at + LIFETIME_SECONDS,
    }
    return jwt.encode(claims, key.value, algorithm=ALGORITHM, headers={"kid": key.kid})


def narrowed(scopes: frozenset[str], asked: str) -> frozenset[str]:
    """Return those of `scopes` that were asked for (RFC 6749 section 3.3), or all when nothing was."""
    return scopes.intersection(asked.split()) if asked.strip() else scopes


def in_words(scopes: Iterable[str]) -> str:
    """Return scopes as one text, in an order that does not depend on chance."""
    return " ".join(sorted(scopes))
