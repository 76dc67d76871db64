"""The users API."""

from http import HTTPStatus
from typing import Final

from fastapi import APIRouter, Response

from common.errors import Invalid
from common.problems import responses
from users.dependencies import Now, RandomBits, Users
from users.domain import EmailTaken, UserNotFound, register
from users.schemas import UserCreate, UserId, UserOut

router: Final = APIRouter(prefix="/api/v1/users", tags=["users"])
# The addresses without a version: they answer the same, and new clients should not learn of them.
unversioned: Final = APIRouter(prefix="/users", include_in_schema=False)


@unversioned.post("", status_code=HTTPStatus.CREATED)
@unversioned.post("/", status_code=HTTPStatus.CREATED)
@router.post("", status_code=HTTPStatus.CREATED, responses=responses(EmailTaken, Invalid))
async def create_user(body: UserCreate, users: Users, now: Now, random_bits: RandomBits, response: Response) -> UserOut:
    """Register a user; its e-mail address must be new, letter case aside."""
    user = register(users, **body.model_dump(), now=now, random_bits=random_bits)
    response.headers["Location"] = f"/api/v1/users/{user.id}"
    return UserOut.of(user)


@unversioned.get("/{user_id}")
@unversioned.get("/{user_id}/")
@router.get("/{user_id}", responses=responses(UserNotFound, Invalid))
async def get_user(user_id: UserId, users: Users) -> UserOut:
    """Return one user."""
    return UserOut.of(users.get(user_id))
