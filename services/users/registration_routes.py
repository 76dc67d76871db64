"""Registration over HTTP, if this service issues the tokens."""

from http import HTTPStatus
from typing import Final

from fastapi import Response

from common.http.idempotency import IdempotencyKey
from common.http.openapi import responses, sets
from common.http.preconditions import tag
from common.http.router import Router
from users import operations
from users.dependencies import Hashing, Now, OwnNetwork, RandomBits, Users
from users.domain import EmailTaken, User, UserIdTaken
from users.passwords import PasswordRejected
from users.policies import AdministratorCheck
from users.schemas import UserCreate, UserOut

PATH: Final = "/api/v1/users"

router: Final = Router(prefix=PATH, tags=["users"])
unversioned: Final = Router(prefix="/users", include_in_schema=False)


@sets("ETag")
def _created(response: Response, user: User) -> UserOut:
    response.headers["Location"] = f"{PATH}/{user.id}"
    tag(response, user.version)
    return UserOut.of(user)


@unversioned.post("", status_code=HTTPStatus.CREATED)
@router.post(
    "",
    status_code=HTTPStatus.CREATED,
    responses=responses(EmailTaken, UserIdTaken, PasswordRejected),
    openapi_extra={"security": [{}]},  # FastAPI adds this alternative to the security requirements: no token
)
async def create_user(
    body: UserCreate,
    key: IdempotencyKey,
    check_administrator: AdministratorCheck,
    users: Users,
    hashing: Hashing,
    network: OwnNetwork,
    now: Now,
    random_bits: RandomBits,
    response: Response,
) -> UserOut:
    """Register a user; the e-mail address must be new, regardless of letter case and look-alikes."""
    if not body.is_active:
        check_administrator()
    user = operations.create_user(
        users,
        email=body.email,
        username=body.username,
        is_active=body.is_active,
        password=None if body.password is None else body.password.get_secret_value(),
        hashing=hashing,
        network=network,
        now=now,
        random_bits=random_bits,
        record=key.recording(None, body, now, _created),
    )
    return _created(response, user)
