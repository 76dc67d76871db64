"""The profile of the users service for the conformance suites."""

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from tests.support.dynamodb_calls import get, page, together
from tests.support.profile import (
    AUTHENTICATED,
    DAMAGED_CURSOR,
    FORGED,
    NOW,
    OTHER,
    PUBLIC,
    Bearer,
    Broken,
    Case,
    Operation,
    Owned,
    Profile,
    Sent,
    SoakRequest,
    key_cases,
    keyed,
    owner_or,
    requires,
    version_cases,
)
from tests.support.services import deployed_name
from tests.users.examples import user
from tests.users.fake_repository import BusyUserRepository
from tests.users.joining import join_and_leave
from tests.users.login_profile import COUNT, KEEP_HASH, LOGINS, USER
from tests.users.registered import (
    ADMIN,
    ADMINISTRATION,
    ALL,
    COLLEAGUE,
    DEACTIVATED,
    EVERY_USER,
    FAILED,
    HASHER,
    INACTIVE,
    OLD_ADMINISTRATION,
    OLD_LOGIN,
    ONE,
    PASSWORD,
    ROLES,
    SECOND_ADMIN,
    SELF,
    SUPERIOR,
    erased,
    filled,
    registered,
)
from users import dependencies
from users.commands.scopes import change
from users.domain import new_user_id

if TYPE_CHECKING:
    import httpx2
    from mypy_boto3_dynamodb import DynamoDBClient

UNVERSIONED: Final = "/users"
BROKEN: Final = 13
NEW: Final = {"username": "new-engineer"}
UNKNOWN: Final = {"user_id": 77}
OTHER_NAME: Final = {"json": {"username": "principal-engineer"}}
OTHER_EMAIL: Final[Sent] = {"json": {"email": "principal@example.com"}}
WITH_PASSWORD: Final[Sent] = {"json": {"email": "new@example.com", "password": PASSWORD, **NEW}}
ADD: Final = together("Put USER if", "Put EMAIL if")
RENAMED: Final = (USER, USER, "UpdateItem USER if")
ADD_ONCE: Final = f"{ADD}; Put ONCE if"
MOVE: Final = together("Update USER if", "Put EMAIL if", "Delete EMAIL")
ERASE: Final = together("Update USER if", "Delete EMAIL", "Delete PASSWORD", "Delete LOGIN", "Delete LOGIN")
SWITCH_OFF: Final[Sent] = {"json": {"is_active": False}}
SWITCH_ON: Final[Sent] = {"json": {"is_active": True}}
ADMINISTRATORS: Final = get("ADMINISTRATORS")
REMOVE_ADMINISTRATOR: Final = together("Update USER if", "Put ADMINISTRATORS if", "ConditionCheck USER")
OLD: Final = "insufficient-user-authentication"


def new_user(number: int) -> Sent:
    """Return the body of a user to register, without a password."""
    return {"json": NEW | {"email": _email(number)}}


def _email(number: int) -> str:
    return f"{number}@example.com"


def _change(_: int) -> Sent:
    return OTHER_NAME


def _taken(_: int) -> Sent:
    return {"json": NEW | {"email": ADMIN_EMAIL}}


def _deactivated(number: int) -> Sent:
    return {"json": NEW | {"email": _email(number), "is_active": False}}


def _large(_: int) -> Sent:
    return {"json": {"email": "x" * 200_000}}


ADMIN_EMAIL: Final = "cto@example.com"  # also of the demo data
CHANGES: Final = {
    400: frozenset({"invalid-precondition"}),
    401: frozenset({OLD}),
    404: frozenset({"user-not-found"}),
    409: frozenset({"last-administrator"}),
    412: frozenset({"version-mismatch"}),
    503: frozenset({"user-busy"}),
}


async def _busy_users() -> object:
    return BusyUserRepository(ADMIN, SELF)


BUSY: Final = Case(
    name="concurrent changes",
    status=503,
    problem="user-busy",
    role=ADMINISTRATION,
    overrides={dependencies.user_repository: _busy_users},
)
BOTH_ADMINISTRATORS: Final = registered(ADMIN, SECOND_ADMIN, SELF)
WITH_SUPERIOR: Final = registered(ADMIN, SUPERIOR, SELF)
LAST_ADMINISTRATOR: Final = Case(
    name="last administrator",
    status=409,
    problem="last-administrator",
    calls=(USER, USER, ADMINISTRATORS),
    role=ADMINISTRATION,
    parameters={"user_id": ADMIN.id},
)
ID_TAKEN: Final = registered(user(new_user_id(NOW, 1)))
UNKNOWN_USER: Final = Case(
    name="unknown user",
    status=404,
    problem="user-not-found",
    calls=(USER, USER),
    role=ADMINISTRATION,
    parameters=UNKNOWN,
)

USERS: Final = (
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
                name="with a password, for someone else",
                status=201,
                calls=(together("Put USER if", "Put EMAIL if", "Put PASSWORD"),),
                role=ADMINISTRATION,
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
    Operation(
        method="PATCH",
        path=ONE,
        access=owner_or(ADMINISTRATION),
        send=_change,
        problems=CHANGES
        | {403: frozenset({"more-scopes-held"}), 409: frozenset({"email-taken", "last-administrator"})},
        span="users.change",
        cases=(
            Case(name="another name", status=200, calls=RENAMED),
            Case(name="another address", status=200, calls=(USER, USER, MOVE), sent=OTHER_EMAIL),
            Case(
                name="address taken",
                status=409,
                problem="email-taken",
                calls=(USER, USER, MOVE),
                sent={"json": {"email": COLLEAGUE.email}},
            ),
            Case(name="nothing different", status=200, calls=(USER, USER), sent={"json": {"email": SELF.email}}),
            Case(name="another name after an old login", status=200, calls=RENAMED, role=OLD_LOGIN),
            Case(
                name="another address after an old login",
                status=401,
                problem=OLD,
                calls=(USER,),
                role=OLD_LOGIN,
                sent=OTHER_EMAIL,
            ),
            Case(
                name="deactivated after an old login",
                status=401,
                problem=OLD,
                calls=(USER,),
                role=OLD_LOGIN,
                sent=SWITCH_OFF,
            ),
            Case(name="deactivated by the user", status=200, calls=RENAMED, sent=SWITCH_OFF),
            Case(
                name="reactivated by an administrator",
                status=200,
                calls=RENAMED,
                role=ADMINISTRATION,
                parameters={"user_id": INACTIVE.id},
                sent=SWITCH_ON,
            ),
            Case(name="activated by the user", status=403, problem="forbidden", calls=(USER,), sent=SWITCH_ON),
            Case(
                name="address of a user with more scopes",
                status=403,
                problem="more-scopes-held",
                calls=(USER, USER),
                role=ADMINISTRATION,
                parameters={"user_id": SUPERIOR.id},
                before=WITH_SUPERIOR,
                sent=OTHER_EMAIL,
            ),
            replace(LAST_ADMINISTRATOR, sent=SWITCH_OFF),
            *version_cases(OTHER_NAME, authenticated=(USER,), read=(USER, USER)),
            Case(name="someone else", status=403, problem="forbidden", calls=(USER,), role=OTHER),
            UNKNOWN_USER,
            BUSY,
        ),
        soak=(SoakRequest(weight=2, status=403, problem="forbidden", path=f"{ALL}/1", signed=True),),
    ),
    Operation(
        method="DELETE",
        path=ONE,
        access=replace(owner_or(ADMINISTRATION), recent_login="everybody"),
        repeated=frozenset({"account-inactive"}),
        problems=CHANGES,
        span="users.deactivate",
        cases=(
            Case(name="active user", status=204, calls=RENAMED),
            Case(name="old login", status=401, problem=OLD, calls=(USER,), role=OLD_LOGIN),
            LAST_ADMINISTRATOR,
            Case(
                name="one of two administrators",
                status=204,
                calls=(USER, USER, ADMINISTRATORS, USER, REMOVE_ADMINISTRATOR),
                role=ADMINISTRATION,
                parameters={"user_id": ADMIN.id},
                before=BOTH_ADMINISTRATORS,
            ),
            Case(
                name="deactivated before",
                status=204,
                calls=(USER, USER),
                role=ADMINISTRATION,
                parameters={"user_id": INACTIVE.id},
            ),
            *version_cases(authenticated=(USER,), read=(USER, USER)),
            UNKNOWN_USER,
            BUSY,
        ),
        soak=(SoakRequest(weight=2, status=403, problem="forbidden", path=f"{ALL}/1", signed=True),),
    ),
    Operation(
        method="POST",
        path=f"{ONE}/erasure",
        access=replace(requires(ADMINISTRATION), recent_login="everybody"),
        repeated=frozenset({"account-inactive"}),
        problems={
            401: frozenset({OLD}),
            404: frozenset({"user-not-found"}),
            409: frozenset({"last-administrator"}),
            503: frozenset({"user-busy"}),
        },
        span="users.erase",
        cases=(
            Case(
                name="user with failed logins",
                status=204,
                calls=(USER, USER, ERASE),
                role=ADMINISTRATION,
                before=FAILED,
            ),
            Case(name="old login", status=401, problem=OLD, calls=(USER,), role=OLD_ADMINISTRATION),
            LAST_ADMINISTRATOR,
            Case(name="erased before", status=204, calls=(USER, USER), role=ADMINISTRATION, before=erased),
            Case(name="not an administrator", status=403, problem="forbidden", calls=(USER,)),
            UNKNOWN_USER,
            BUSY,
        ),
        soak=(SoakRequest(weight=2, status=403, problem="forbidden", path=f"{ALL}/1/erasure", signed=True),),
    ),
    Operation(
        method="GET",
        path=f"{ALL}/health",
        access=PUBLIC,
        cases=(Case(name="service runs", status=200),),
        soak=(SoakRequest(weight=5, status=200),),
    ),
)


def registered_anew(api: "httpx2.Client", _: Bearer, number: int) -> Owned:
    """Register a user through the deployed API."""
    created = api.post(ALL, **new_user(number))
    assert created.status_code == 201, created.text
    user_id = created.json()["id"]
    return Owned(subject=str(user_id), parameters={"user_id": user_id})


def granted(dynamodb: "DynamoDBClient", number: int, scope: str) -> None:
    """Grant a scope to the user that `registered_anew` registered: this service ignores other scopes of a token."""
    change(dynamodb, deployed_name("users"), _email(number), frozenset({scope}).union)


async def _now() -> object:
    return NOW


async def _random_bits() -> object:
    return lambda _: 1


async def _hasher() -> object:
    return HASHER


PROFILE: Final = Profile(
    operations=(*USERS, *LOGINS),
    roles=ROLES,
    parameters={"user_id": SELF.id},
    before=EVERY_USER,
    fill=filled,
    items_each=2,  # the user and the guard of its address
    overrides={
        dependencies.now: _now,
        dependencies.random_bits: _random_bits,
        dependencies.hasher: _hasher,
    },
    broken=Broken(
        item={"pk": {"S": f"USER#{BROKEN}"}, "sk": {"S": "USER"}},
        method="GET",
        path=f"{UNVERSIONED}/{BROKEN}",
        route=f"{UNVERSIONED}/{{user_id}}",
    ),
    make=registered_anew,
    journey=join_and_leave,
    grant=granted,
    secrets=(r"(?i)horse battery|argon2",),  # the passwords of the tests, and their hashes
    kept=(ONE,),
    applied_twice={
        COUNT: "The values are seconds. Others can restore them only within the second of the first attempt, by a "
        "login from the same network. Then one attempt is counted twice, or one guess is refunded.",
        KEEP_HASH: "It compares the hash, whose salt is random. So no hash is ever stored a second time.",
    },
    rules=(r"e-mail address is not valid", r"^The password "),
)
