"""The rows of registering and reading users; see `tests/users/profile.py`."""

from dataclasses import replace
from typing import Final

from tests.support.dynamodb_calls import get, page, together
from tests.support.profile import (
    AUTHENTICATED,
    DAMAGED_CURSOR,
    FORGED,
    NOW,
    OTHER,
    PUBLIC,
    Case,
    Operation,
    Sent,
    SoakRequest,
    key_cases,
    keyed,
    owner_or,
    requires,
)
from tests.users.examples import user
from tests.users.login_profile import USER
from tests.users.registered import (
    ADMINISTRATION,
    ALL,
    DEACTIVATED,
    ONE,
    PASSWORD,
    filled,
    registered,
)
from users.domain import new_user_id

NEW: Final = {"username": "new-engineer"}
UNKNOWN: Final = {"user_id": 77}
WITH_PASSWORD: Final[Sent] = {"json": {"email": "new@example.com", "password": PASSWORD, **NEW}}
ADD: Final = together("Put USER if", "Put EMAIL if")
ADD_ONCE: Final = f"{ADD}; Put ONCE if"


def new_user(number: int) -> Sent:
    """Return the body of a user to register, without a password."""
    return {"json": NEW | {"email": email_of(number)}}


def email_of(number: int) -> str:
    return f"{number}@example.com"


def _taken(_: int) -> Sent:
    return {"json": NEW | {"email": ADMIN_EMAIL}}


def _deactivated(number: int) -> Sent:
    return {"json": NEW | {"email": email_of(number), "is_active": False}}


def _large(_: int) -> Sent:
    return {"json": {"email": "x" * 200_000}}


ADMIN_EMAIL: Final = "cto@example.com"  # also of the demo data
ID_TAKEN: Final = registered(user(new_user_id(NOW, 1)))

REGISTRATION: Final = (
    Operation(
        method="POST",
        path=ALL,
        access=replace(PUBLIC, scope=ADMINISTRATION),
        send=new_user,
        problems={
            409: frozenset({"email-taken"}),
            422: frozenset({"password-rejected"}),
            503: frozenset({"user-id-taken"}),
        },
        span="users.register",
        metrics={201: "UsersRegistered"},
        cases=(
            Case(name="without a password", status=201, calls=(ADD,)),
            Case(
                name="with a password",
                status=201,
                calls=(together("Put USER if", "Put EMAIL if", "Put PASSWORD", "Put LOGIN"),),
                sent=WITH_PASSWORD,
            ),
            Case(
                name="common password",
                status=422,
                problem="password-rejected",
                sent={"json": {"email": "new@example.com", "password": "Password1234", **NEW}},
            ),
            Case(name="address taken", status=409, problem="email-taken", calls=(ADD,), sent=_taken(0)),
            Case(
                name="deactivated, by an administrator",
                status=201,
                calls=(USER, ADD),
                role=ADMINISTRATION,
                sent=_deactivated(0),
            ),
            Case(name="deactivated, without a token", status=401, problem="unauthenticated", sent=_deactivated(0)),
            Case(
                name="deactivated, with a forged token",
                status=401,
                problem="invalid-token",
                role=FORGED,
                sent=_deactivated(0),
            ),
            Case(
                name="deactivated, by a deactivated user",
                status=401,
                problem="account-inactive",
                calls=(USER,),
                role=DEACTIVATED,
                sent=_deactivated(0),
            ),
            Case(
                name="deactivated, by someone else",
                status=403,
                problem="forbidden",
                calls=(USER,),
                role=OTHER,
                sent=_deactivated(0),
            ),
            Case(name="generated ids taken", status=503, problem="user-id-taken", calls=(ADD,) * 5, before=ID_TAKEN),
            *key_cases(new_user, (ADD_ONCE,)),
            Case(
                name="address taken, with an Idempotency-Key",
                status=409,
                problem="email-taken",
                calls=(ADD_ONCE, get("ONCE")),
                sent=keyed(_taken(0)),
            ),
        ),
        soak=(
            SoakRequest(weight=3, status=409, problem="email-taken", path="/users/", route="/users", send=_taken),
            SoakRequest(weight=2, status=422, problem="invalid-request", path="/users/", route="/users", send=_large),
            SoakRequest(weight=5, status=201, path="/users/", route="/users"),
        ),
    ),
    Operation(
        method="GET",
        path=ALL,
        access=requires(ADMINISTRATION),
        problems={
            400: frozenset({"invalid-cursor"}),
        },
        span="users.list",
        cases=(
            Case(
                name="full page",
                status=200,
                calls=(USER, page("listing")),
                role=ADMINISTRATION,
                before=filled(25),
                page=True,
            ),
            Case(name="not an administrator", status=403, problem="forbidden", calls=(USER,), role=OTHER),
            Case(
                name="damaged cursor",
                status=400,
                problem="invalid-cursor",
                calls=(USER,),
                role=ADMINISTRATION,
                sent=DAMAGED_CURSOR,
            ),
        ),
        soak=(SoakRequest(weight=2, status=403, problem="forbidden", signed=True),),
    ),
    Operation(
        method="GET",
        path=f"{ALL}/me",
        access=AUTHENTICATED,
        cases=(
            Case(name="active user", status=200, calls=(USER,)),
            Case(name="deactivated user", status=401, problem="account-inactive", calls=(USER,), role=DEACTIVATED),
        ),
        soak=(SoakRequest(weight=5, status=200, signed=True),),
    ),
    Operation(
        method="GET",
        path=ONE,
        access=PUBLIC,
        problems={
            404: frozenset({"user-not-found"}),
        },
        cases=(
            Case(name="everyone may read", status=200, calls=(USER,)),
            Case(name="unknown user", status=404, problem="user-not-found", calls=(USER,), parameters=UNKNOWN),
        ),
        soak=(
            SoakRequest(weight=30, status=200, path="/users/1", route="/users/{user_id}"),
            SoakRequest(weight=10, status=200, path=f"{ALL}/2"),
            SoakRequest(weight=5, status=404, problem="user-not-found", path="/users/77", route="/users/{user_id}"),
            SoakRequest(weight=5, status=422, problem="invalid-request", path="/users/0", route="/users/{user_id}"),
        ),
    ),
    Operation(
        method="GET",
        path=ONE,
        access=owner_or(ADMINISTRATION),
        environment={"PUBLIC_USER_READ": "false"},
        cases=(Case(name="only the user and administrators may read", status=200, calls=(USER, USER)),),
        not_soaked="The soak runs with the settings of the deployment.",
    ),
)
