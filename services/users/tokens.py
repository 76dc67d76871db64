"""Tokens for users: JSON Web Tokens (RFC 7519) that `common.auth.principal` verifies."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import jwt

from common.auth.keys import SigningKey
from common.auth.principal import ALGORITHM, KeyRing, TokenSettings

LIFETIME_SECONDS: Final = 900


@dataclass(frozen=True, slots=True)
class KeyTokenSigner:
    """Signs tokens with one key; see `TokenSigner`."""

    key: SigningKey
    settings: TokenSettings

    def issue(self, user_id: int, scopes: frozenset[str], now: datetime) -> str:
        """Return a token for the user that is valid for 15 minutes from `now` on.

        It holds the user's id and no other personal data, since everyone who sees a token can read it.
        """
        issued_at = int(now.timestamp())
        claims = {
            "iss": self.settings.jwt_issuer,
            "aud": self.settings.jwt_audience,
            "sub": str(user_id),
            "scope": in_words(scopes),
            "iat": issued_at,
            "exp": issued_at + LIFETIME_SECONDS,
        }
        return jwt.encode(claims, self.key.value, algorithm=ALGORITHM, headers={"kid": self.key.kid})


@dataclass(frozen=True, slots=True)
class KeyRingTokenIssuer:
    """Issues tokens with the current key of a key ring; see `TokenIssuer`."""

    keys: KeyRing
    settings: TokenSettings

    def signer(self) -> KeyTokenSigner:
        """See `TokenIssuer.signer`."""
        return KeyTokenSigner(self.keys.current(), self.settings)


def in_words(scopes: Iterable[str]) -> str:
    """Return scopes as one text, sorted."""
    return " ".join(sorted(scopes))
