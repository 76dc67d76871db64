"""What the users service asks of DynamoDB."""

from typing import Final

from tests.operations.cases import page, together
from tests.operations.login_cases import LOGIN_CASES
from tests.operations.people import (
    ADMIN,
    ALL,
    ASLEEP,
    BY_ADMIN,
    BY_SELF,
    FRESH,
    ONE,
    OTHER,
    PASSWORD,
    SELF,
    USER,
    about,
    erased,
    failed,
    many,
    registered,
)
from tests.support.tokens import bearer

ME: Final = f"{ALL}/me"
ERASURE: Final = f"{ONE}/erasure"

NEW: Final = {"email": "new@example.com", "username": "new-engineer"}
AS_SELF: Final = {"headers": BY_SELF}

CASES: Final = (
    about("get", f"{ALL}/health", "the service lives", 200),
    about("post", ALL, "without a password", 201, together("Put USER if", "Put EMAIL if"), sent={"json": NEW}),
    about(
        "post",
        ALL,
        "with a password",
        201,
        together("Put USER if", "Put EMAIL if", "Put PASSWORD"),
        sent={"json": NEW | {"password": PASSWORD}},
    ),
    about(
        "post",
        ALL,
        "the address is taken",
        409,
        together("Put USER if", "Put EMAIL if"),
        sent={"json": NEW | {"email": SELF.email}},
    ),
    about("get", ALL, "a full page", 200, USER, page("listing", 20), sent={"headers": BY_ADMIN}, before=many(25)),
    about("get", ALL, "who asks is no administrator", 403, USER, sent=AS_SELF),
    about("get", ALL, "without a token", 401),
    about("get", ME, "the account is active", 200, USER, sent=AS_SELF),
    about(
        "get",
        ME,
        "it has been deactivated",
        401,
        USER,
        sent={"headers": bearer(ASLEEP.id)},
        before=registered(ASLEEP),
    ),
    about("get", ONE, "everyone may read", 200, USER),
    about(
        "get",
        ONE,
        "only the user and administrators may",
        200,
        USER,
        USER,
        sent=AS_SELF,
        settings={"PUBLIC_USER_READ": False},
    ),
    about("get", ONE, "there is no such user", 404, USER, whom=FRESH),
    about(
        "patch",
        ONE,
        "another name",
        200,
        USER,
        USER,
        "UpdateItem USER if",
        sent=AS_SELF | {"json": {"username": "x"}},
    ),
    about(
        "patch",
        ONE,
        "another address",
        200,
        USER,
        USER,
        together("Update USER if", "Put EMAIL if", "Delete EMAIL"),
        sent=AS_SELF | {"json": {"email": "principal@example.com"}},
    ),
    about(
        "patch",
        ONE,
        "the address is taken",
        409,
        USER,
        USER,
        together("Update USER if", "Put EMAIL if", "Delete EMAIL"),
        sent=AS_SELF | {"json": {"email": OTHER.email}},
    ),
    about("patch", ONE, "nothing is different", 200, USER, USER, sent=AS_SELF | {"json": {"email": SELF.email}}),
    about(
        "patch",
        ONE,
        "another version is expected",
        412,
        USER,
        USER,
        sent={"headers": BY_SELF | {"If-Match": '"2"'}, "json": {"username": "x"}},
    ),
    about("patch", ONE, "it is somebody else", 403, USER, whom=OTHER, sent=AS_SELF | {"json": {"username": "x"}}),
    about("delete", ONE, "the user is active", 204, USER, USER, "UpdateItem USER if", sent=AS_SELF),
    about(
        "delete",
        ONE,
        "it has been deactivated before",
        204,
        USER,
        USER,
        whom=ASLEEP,
        sent={"headers": BY_ADMIN},
        before=registered(ADMIN, ASLEEP),
    ),
    about(
        "post",
        ERASURE,
        "the user is there",
        204,
        USER,
        USER,
        together("Update USER if", "Delete EMAIL", "Delete PASSWORD", "Delete LOGIN", "Delete LOGIN"),
        sent={"headers": BY_ADMIN},
        before=failed(1),
    ),
    about("post", ERASURE, "it has been erased before", 204, USER, USER, sent={"headers": BY_ADMIN}, before=erased),
    about("post", ERASURE, "who asks is no administrator", 403, USER, sent=AS_SELF),
    *LOGIN_CASES,
)
