"""What the users service asks of DynamoDB for tokens and passwords."""

from typing import Any, Final

from tests.operations.cases import get, together
from tests.operations.people import (
    ALL,
    ASLEEP,
    BY_ADMIN,
    BY_SELF,
    FRESH,
    ONE,
    PASSWORD,
    SELF,
    USER,
    WRONG,
    about,
    failed,
    registered,
)
from tests.support.tokens import bearer

PASSWORDS: Final = f"{ONE}/password"
TOKEN: Final = f"{ALL}/token"

HASH, LOGIN = get("PASSWORD"), get("LOGIN")
# An attempt is counted before a password is looked at; these are also all calls of a login that is refused.
OWNER = get("EMAIL")
ATTEMPT = (OWNER, LOGIN, "PutItem LOGIN if", HASH, USER)
KEEP_HASH = together("ConditionCheck USER", "Put PASSWORD if")
AS_SELF = {"headers": BY_SELF}
NEW_HASH = {"password": "a battery staple that is new", "current_password": PASSWORD}


def _login(email: str, password: str) -> dict[str, Any]:
    return {"data": {"grant_type": "password", "username": email, "password": password}}


REFUSED_LOGINS: Final = (
    about("post", TOKEN, "the password is wrong", 401, *ATTEMPT, sent=_login(SELF.email, WRONG)),
    about("post", TOKEN, "nobody has the address", 401, *ATTEMPT, sent=_login("nobody@example.com", PASSWORD)),
    about(
        "post",
        TOKEN,
        "the user has been deactivated",
        401,
        *ATTEMPT,
        sent=_login(ASLEEP.email, PASSWORD),
        before=registered(ASLEEP),
    ),
    about(
        "post",
        TOKEN,
        "the user has no password",
        401,
        *ATTEMPT,
        sent=_login(FRESH.email, PASSWORD),
        before=registered(FRESH),
    ),
)

LOGIN_CASES: Final = (
    about(
        "put",
        PASSWORDS,
        "by the user",
        204,
        USER,
        HASH,
        LOGIN,
        "PutItem LOGIN if",
        KEEP_HASH,
        "DeleteItem LOGIN",
        sent=AS_SELF | {"json": NEW_HASH},
    ),
    about(
        "put",
        PASSWORDS,
        "the present one is wrong",
        403,
        USER,
        HASH,
        LOGIN,
        "PutItem LOGIN if",
        sent=AS_SELF | {"json": NEW_HASH | {"current_password": WRONG}},
    ),
    about(
        "put",
        PASSWORDS,
        "the first one",
        204,
        USER,
        HASH,
        KEEP_HASH,
        whom=FRESH,
        sent={"headers": bearer(FRESH.id), "json": {"password": PASSWORD}},
        before=registered(FRESH),
    ),
    about(
        "put",
        PASSWORDS,
        "by an administrator",
        204,
        USER,
        USER,
        together("ConditionCheck USER", "Put PASSWORD"),
        "DeleteItem LOGIN",
        sent={"headers": BY_ADMIN, "json": {"password": PASSWORD}},
    ),
    about("post", TOKEN, "the password is right", 200, *ATTEMPT, "DeleteItem LOGIN", sent=_login(SELF.email, PASSWORD)),
    about(
        "post",
        TOKEN,
        "its hash is outdated",
        200,
        *ATTEMPT,
        "DeleteItem LOGIN",
        KEEP_HASH,
        sent=_login(SELF.email, PASSWORD),
        before=registered(SELF, passes=1),
    ),
    *REFUSED_LOGINS,
    about(
        "post",
        TOKEN,
        "the next attempt is not due yet",
        429,
        OWNER,
        LOGIN,
        sent=_login(SELF.email, PASSWORD),
        before=failed(6),
    ),
)
