"""The users API."""

from http import HTTPStatus
from typing import Final

from fastapi import APIRouter, Request, Response

from common.auth.principal import TokenRejected
from common.failures import Forbidden, Invalid, Unauthenticated
from common.http.declared_problems import responses
from common.http.pagination import CursorRejected, Page, PageOut, PagingQuery, link_next, position
from common.http.preconditions import IfMatch, IfMatchMalformed, VersionMismatch, tag
from common.telemetry import metrics
from common.telemetry import traces as observability
from users.accounts import AccountInactive
from users.dependencies import Administrator, CurrentAccount, Now, PasswordHasher, RandomBits, UserReader, Users
from users.domain import POSITION, EmailTaken, UserBusy, UserIdTaken, UserNotFound, change, register
from users.schemas import AccountOut, UserChange, UserCreate, UserId, UserOut
from users.tallies import Tally

ADDRESS: Final = "/api/v1/users"
UNKNOWN: Final = (Unauthenticated, TokenRejected, AccountInactive)
CHANGED: Final = (*UNKNOWN, Forbidden, UserNotFound, IfMatchMalformed, VersionMismatch, UserBusy, Invalid)

router: Final = APIRouter(prefix=ADDRESS, tags=["users"])
# The addresses without a version: they answer the same, and new clients should not learn of them.
unversioned: Final = APIRouter(prefix="/users", include_in_schema=False)


@unversioned.post("", status_code=HTTPStatus.CREATED)
@unversioned.post("/", status_code=HTTPStatus.CREATED)
@router.post("", status_code=HTTPStatus.CREATED, responses=responses(EmailTaken, Invalid, UserIdTaken))
async def create_user(
    body: UserCreate, users: Users, hasher: PasswordHasher, now: Now, random_bits: RandomBits, response: Response
) -> UserOut:
    """Register a user; its e-mail address must be new, letter case aside."""
    with observability.operation("users.register"):
        user = register(
            users,
            email=body.email,
            username=body.username,
            is_active=body.is_active,
            password_hash=None if body.password is None else hasher.hash(body.password.get_secret_value()),
            now=now,
            random_bits=random_bits,
        )
    metrics.count(Tally.USERS_REGISTERED)
    response.headers["Location"] = f"{ADDRESS}/{user.id}"
    tag(response, user.version)
    return UserOut.of(user)


@router.get("", responses=responses(*UNKNOWN, Forbidden, CursorRejected, Invalid))
async def list_users(
    _: Administrator, paging: PagingQuery, users: Users, request: Request, response: Response
) -> PageOut[AccountOut]:
    """Return users, the newest first; for administrators."""
    query = {"path": ADDRESS}
    after = position(paging, query, POSITION)
    with observability.operation("users.list"):
        found = users.page(limit=paging.limit, after=after)
    following = link_next(request, response, query, Page(found.users, found.next))
    return PageOut(items=[AccountOut.of(user) for user in found.users], next=following)


@router.get("/me", responses=responses(*UNKNOWN))
async def get_me(account: CurrentAccount, response: Response) -> AccountOut:
    """Return the user whose token this is."""
    tag(response, account.user.version)
    return AccountOut.of(account.user)


@unversioned.get("/{user_id}")
@unversioned.get("/{user_id}/")
@router.get(
    "/{user_id}",
    responses=responses(*UNKNOWN, Forbidden, UserNotFound, Invalid),
    # FastAPI lists the ways to be allowed in and appends this one: no token, where everyone may read.
    openapi_extra={"security": [{}]},
)
async def get_user(user_id: UserId, reader: UserReader, users: Users, response: Response) -> UserOut:
    """Return one user; for everyone, or for the user and administrators only, as the deployment says."""
    reader.require(user_id)
    user = users.get(user_id)
    tag(response, user.version)
    return UserOut.of(user)


@router.patch("/{user_id}", responses=responses(*CHANGED, EmailTaken))
async def change_user(
    user_id: UserId, body: UserChange, account: CurrentAccount, users: Users, if_match: IfMatch, response: Response
) -> UserOut:
    """Change what is given of a user; for the user and for administrators."""
    account.require_power_over(user_id)
    with observability.operation("users.change"):
        user = change(users, user_id, check=if_match.check, email=body.email, username=body.username)
    tag(response, user.version)
    return UserOut.of(user)


@router.delete("/{user_id}", status_code=HTTPStatus.NO_CONTENT, responses=responses(*CHANGED))
async def deactivate_user(user_id: UserId, account: CurrentAccount, users: Users, if_match: IfMatch) -> None:
    """Deactivate a user, who gets no new token and whose present one is refused here; for the user and administrators.

    What is stored of the user stays, and so does its e-mail address.
    """
    account.require_power_over(user_id)
    with observability.operation("users.deactivate"):
        change(users, user_id, check=if_match.check, is_active=False)


@router.post(
    "/{user_id}/erasure",
    status_code=HTTPStatus.NO_CONTENT,
    responses=responses(*UNKNOWN, Forbidden, UserNotFound, UserBusy, Invalid),
)
async def erase_user(user_id: UserId, _: Administrator, users: Users, now: Now) -> None:
    """Erase the personal data of a user for good: only its id stays; for administrators."""
    with observability.operation("users.erase"):
        users.erase(user_id, now)
