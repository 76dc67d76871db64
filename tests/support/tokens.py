"""Tokens as the deployment signs them, and the keys that verify them."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import jwt
from fastapi import FastAPI, Request

from common.auth.authentication import Verification, verification
from common.auth.keys import NoKeys, SigningKey
from common.auth.tokens import TokenSettings

SETTINGS = TokenSettings.from_environment({"JWT_ISSUER": "test-issuer", "JWT_AUDIENCE": "test-api"})
KEY = SigningKey.of("a key that is used in tests only, long enough for HS256")


class FixedKeys:
    """Keys that never rotate, the current one first."""

    def __init__(self, *keys: SigningKey) -> None:
        self._keys = keys or (KEY,)

    def current(self) -> SigningKey:
        return self._keys[0]

    def find(self, kid: str) -> SigningKey | None:
        return next((key for key in self._keys if key.kid == kid), None)

    def forget(self) -> None:
        """Do nothing: no key is cached."""


def token(subject: object, *scopes: str, key: SigningKey = KEY, algorithm: str = "HS256", **claims: Any) -> str:
    """Return a token of the subject. A given claim replaces the default one, and None removes it."""
    now = int(time.time())
    defaults = {
        "iss": SETTINGS.jwt_issuer,
        "aud": SETTINGS.jwt_audience,
        "sub": str(subject),
        "scope": " ".join(scopes),
        "iat": now,
        "exp": now + 900,
        "auth_time": now,
    }
    payload = {name: value for name, value in (defaults | claims).items() if value is not None}
    return jwt.encode(payload, key.value, algorithm=algorithm, headers={"kid": key.kid})


def bearer(subject: object, *scopes: str, **claims: Any) -> dict[str, str]:
    """Return the header with a token of the subject."""
    return {"Authorization": f"Bearer {token(subject, *scopes, **claims)}"}


async def no_keys(request: Request) -> Verification:
    """Replace `verification`: the function has no secret with keys."""
    return (await verification(request))._replace(keys=NoKeys())


@contextmanager
def accepting_tokens(app: FastAPI, *keys: SigningKey) -> Iterator[None]:
    """Let the application verify tokens with these keys instead of the deployment's."""

    async def own_tokens() -> Verification:
        return Verification(FixedKeys(*keys), SETTINGS, issuer=None)

    app.dependency_overrides[verification] = own_tokens
    try:
        yield
    finally:
        app.dependency_overrides.pop(verification, None)
