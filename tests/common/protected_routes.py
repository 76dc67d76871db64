"""An application that asks who calls, and tokens put together by hand."""

import base64
import hmac
import json
from typing import Annotated, Any

import jwt
from fastapi import APIRouter, Depends
from starlette.testclient import TestClient

from common.auth import principal as auth
from common.auth.keys import SigningKey
from common.auth.principal import CurrentUser, OptionalUser, Principal, requires
from common.http.declared_problems import responses
from common.product import PRODUCT
from tests.support.problem import Answer, assert_problem
from tests.support.tokens import KEY, token

OTHER_KEY = SigningKey.of("a key that nobody here knows, long enough for HS256")
REALM = f'Bearer realm="{PRODUCT.name}"'
router = APIRouter()


@router.get("/me", responses=responses(auth.TokenRejected))
async def me(user: CurrentUser) -> list[str]:
    return [user.subject, *sorted(user.scopes)]


@router.get("/perhaps")
async def perhaps(user: OptionalUser) -> str | None:
    return user.subject if user else None


@router.get("/admin")
async def admin(user: Annotated[Principal, Depends(requires("things:admin"))]) -> str:
    return user.subject


def asked(api: TestClient, text: str, path: str = "/me") -> Answer:
    return api.get(path, headers={"Authorization": f"Bearer {text}"})


def assert_rejected(answer: Answer) -> None:
    problem = assert_problem(answer, 401, "invalid-token")
    assert answer.headers["www-authenticate"] == f'{REALM}, error="invalid_token"'
    assert problem["detail"]


def signed(header: object, claims: object, key: bytes = KEY.value.encode(), digest: str = "sha256") -> str:
    """A token put together by hand, because PyJWT refuses to make most of these."""
    parts = [encoded(json.dumps(part).encode()) for part in (header, claims)]
    signature = hmac.digest(key, ".".join(parts).encode(), digest)
    return ".".join([*parts, encoded(signature)])


def encoded(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode()


def claims(**changed: Any) -> dict[str, Any]:
    payload: dict[str, Any] = jwt.decode(token(7), options={"verify_signature": False})
    return payload | changed


HEADER = {"alg": "HS256", "kid": KEY.kid, "typ": "JWT"}
