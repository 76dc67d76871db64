"""The users API."""

import re
from http import HTTPStatus
from typing import Final

from fastapi import Request, Response

from common.http.openapi import responses
from common.http.pagination import Page, PageOut, PagingQuery, link_next, position
from common.http.preconditions import PreconditionHeaders, tag
from common.http.router import Router
from users import operations
from users.accounts import MoreScopesHeld
from users.dependencies import Now, Users
from users.domain import EmailTaken, LastAdministrator, UserBusy, UserNotFound
from users.policies import (
    ADMINISTRATOR,
    Administrator,
    AdministratorsLogin,
    CurrentAccount,
    PresentLogin,
    SelfOrAdministrator,
    UserReader,
)
from users.schemas import AccountOut, UserChange, UserId, UserOut

PATH: Final = "/api/v1/users"
POSITION: Final = re.compile(r"[0-9]{16}")  # the id with leading zeros, as long as the largest one

router: Final = Router(prefix=PATH, tags=["users"])
# The same operations on paths without a version, left out of OpenAPI so that new clients do not use them.
unversioned: Final = Router(prefix="/users", include_in_schema=False)


@router.get("")
async def list_users(
    _: Administrator, paging: PagingQuery, users: Users, request: Request, response: Response
) -> PageOut[AccountOut]:
    """Return a page of users, the newest first."""
    query = {"path": PATH}
    listed = operations.list_users(users, limit=paging.limit, after=position(paging, query, POSITION))
    following = link_next(request, response, query, Page(*listed))
    return PageOut(items=[AccountOut.of(user) for user in listed.items], next=following)


@router.get("/me")
async def get_me(account: CurrentAccount, response: Response) -> AccountOut:
    """Return the caller's account."""
    tag(response, account.user.version)
    return AccountOut.of(account.user)


@unversioned.get("/{user_id:digits}")
@router.get(
    "/{user_id:digits}",
    responses=responses(UserNotFound),
    # FastAPI adds this alternative to the security requirements: no token. It is one only with PUBLIC_USER_READ, for
    # which API Gateway's route with an issuer has an authorizer.
    openapi_extra={"security": [{}], "x-public-if": "PUBLIC_USER_READ"},
)
async def get_user(user_id: UserId, permission: UserReader, users: Users, response: Response) -> UserOut:
    """Return one user."""
    permission.check_owner(str(user_id))
    user = operations.get_user(users, user_id)
    tag(response, user.version)
    return UserOut.of(user)


@router.patch(
    "/{user_id:digits}",
    responses=responses(MoreScopesHeld, UserNotFound, EmailTaken, LastAdministrator, UserBusy),
)
async def change_user(
    user_id: UserId,
    body: UserChange,
    permission: SelfOrAdministrator,
    account: CurrentAccount,
    login: PresentLogin,
    users: Users,
    preconditions: PreconditionHeaders,
    response: Response,
) -> UserOut:
    """Change the given fields.

    `email` and `is_active` require a login within the last 120 seconds. Only callers with the scope `users:admin` may
    reactivate a user, by `is_active: true`. Of a user with scopes that the caller lacks, `email` cannot be changed, and
    the user cannot be reactivated.
    """
    permission.check_owner(str(user_id))
    if body.is_active:
        ADMINISTRATOR.permission(account.principal)
    if {"email", "is_active"} & body.model_fields_set:
        login.check()
    user = operations.change_user(users, user_id, caller=account, check=preconditions.check, **body.given())
    tag(response, user.version)
    return UserOut.of(user)


@router.delete(
    "/{user_id:digits}",
    status_code=HTTPStatus.NO_CONTENT,
    responses=responses(UserNotFound, LastAdministrator, UserBusy),
)
async def deactivate_user(
    user_id: UserId,
    permission: SelfOrAdministrator,
    login: PresentLogin,
    users: Users,
    preconditions: PreconditionHeaders,
) -> None:
    """Deactivate a user; requires a login within the last 120 seconds.

    The user gets no new token, and this service rejects existing ones; other services accept them until they expire.
    The stored data stays, including the e-mail address. An administrator can reactivate the user by PATCH.
    """
    permission.check_owner(str(user_id))
    login.check()
    operations.deactivate_user(users, user_id, check=preconditions.check)


@router.post(
    "/{user_id:digits}/erasure",
    status_code=HTTPStatus.NO_CONTENT,
    responses=responses(UserNotFound, LastAdministrator, UserBusy),
)
async def erase_user(user_id: UserId, _: Administrator, login: AdministratorsLogin, users: Users, now: Now) -> None:
    """Erase the personal data of a user permanently; only the id stays.

    Requires a login within the last 120 seconds.
    """
    login.check()
    operations.erase_user(users, user_id, now=now)
