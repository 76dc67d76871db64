"""Registration over HTTP, if another system issues the tokens: a user is a profile of its caller."""

from http import HTTPStatus
from typing import Final

from fastapi import Response

from common.auth.authentication import CurrentUser
from common.http.idempotency import IdempotencyKey
from common.http.openapi import responses, sets
from common.http.preconditions import tag
from common.http.router import Router
from users import operations
from users.dependencies import Now, RandomBits, Users
from users.domain import EmailTaken, SubjectTaken, User, UserIdTaken
from users.schemas import ProfileCreate, UserOut

PATH: Final = "/api/v1/users"

router: Final = Router(prefix=PATH, tags=["users"])


@sets("ETag")
def _created(response: Response, user: User) -> UserOut:
    response.headers["Location"] = f"{PATH}/{user.id}"
    tag(response, user.version)
    return UserOut.of(user)


@router.post("", status_code=HTTPStatus.CREATED, responses=responses(SubjectTaken, EmailTaken, UserIdTaken))
async def create_user(
    body: ProfileCreate,
    principal: CurrentUser,
    key: IdempotencyKey,
    users: Users,
    now: Now,
    random_bits: RandomBits,
    response: Response,
) -> UserOut:
    """Create the caller's profile; the e-mail address must be new, regardless of letter case and look-alikes."""
    user = operations.create_profile(
        users,
        subject=principal.subject,
        email=body.email,
        username=body.username,
        now=now,
        random_bits=random_bits,
        record=key.recording(principal.subject, body, now, _created),
    )
    return _created(response, user)
