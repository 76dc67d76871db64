"""Routes that require a token, and hand-made tokens."""

import base64
import hmac
import json
from typing import Annotated, Any

import jwt
from starlette.testclient import TestClient

from common.auth.authentication import CurrentUser
from common.auth.keys import SigningKey
from common.auth.policy import Permission, Policy, allow
from common.auth.recent_login import RecentLogin
from common.failures import Forbidden
from common.http.router import Router
from common.product import PRODUCT
from tests.support.problem import Response, assert_problem
from tests.support.tokens import KEY, token

OTHER_KEY = SigningKey.of("a key that is unknown here, long enough for HS256")
REALM = f'Bearer realm="{PRODUCT.name}"'
router = Router()


@router.get("/me")
async def me(user: CurrentUser) -> list[str]:
    return [user.subject, *sorted(user.scopes)]


class NotYourThing(Forbidden):
    code = "not-your-thing"
    title = "The thing is someone else's"


OWNER = Policy("things:admin", owner="the owner of the thing", failure=NotYourThing)


@router.get("/admin")
async def admin(_: Annotated[Permission, allow(Policy("things:admin"))]) -> str:
    return "administered"


@router.get("/things/{owner}")
async def thing(owner: str, permission: Annotated[Permission, allow(OWNER)]) -> str | None:
    permission.check_owner(owner)
    return permission.required_owner


@router.delete("/things/{owner}")
async def delete_thing(owner: str, permission: Annotated[Permission, allow(OWNER)], login: RecentLogin) -> str:
    permission.check_owner(owner)
    login.check()
    return "deleted"


def request_with(api: TestClient, text: str) -> Response:
    """Send a request with this token."""
    return api.get("/me", headers={"Authorization": f"Bearer {text}"})


def assert_rejected(response: Response) -> None:
    problem = assert_problem(response, 401, "invalid-token")
    assert response.headers["www-authenticate"] == f'{REALM}, error="invalid_token"'
    assert problem["detail"]


def signed(header: object, claims: object, key: bytes = KEY.value.encode(), digest: str = "sha256") -> str:
    """Return a hand-made token, because PyJWT refuses to create most of these."""
    parts = [encoded(json.dumps(part).encode()) for part in (header, claims)]
    signature = hmac.digest(key, ".".join(parts).encode(), digest)
    return ".".join([*parts, encoded(signature)])


def encoded(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode()


def claims(**changed: Any) -> dict[str, Any]:
    payload: dict[str, Any] = jwt.decode(token(7), options={"verify_signature": False})
    return payload | changed


HEADER = {"alg": "HS256", "kid": KEY.kid, "typ": "JWT"}
