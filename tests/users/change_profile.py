"""The rows of changing, deactivating and erasing users; see `tests/users/profile.py`."""

from dataclasses import replace
from typing import Final

from tests.support.dynamodb_calls import get, together
from tests.support.profile import (
    OTHER,
    Case,
    Operation,
    Sent,
    SoakRequest,
    owner_or,
    requires,
    version_cases,
)
from tests.users.fake_repository import BusyUserRepository
from tests.users.login_profile import USER
from tests.users.registered import (
    ADMIN,
    ADMINISTRATION,
    ALL,
    COLLEAGUE,
    FAILED,
    INACTIVE,
    OLD_ADMINISTRATION,
    OLD_LOGIN,
    ONE,
    SECOND_ADMIN,
    SELF,
    SUPERIOR,
    erased,
    registered,
)
from tests.users.registration_profile import UNKNOWN
from users import dependencies

OTHER_NAME: Final = {"json": {"username": "principal-engineer"}}
OTHER_EMAIL: Final[Sent] = {"json": {"email": "principal@example.com"}}
RENAMED: Final = (USER, USER, "UpdateItem USER if")
MOVE: Final = together("Update USER if", "Put EMAIL if", "Delete EMAIL")
ERASE: Final = together("Update USER if", "Delete EMAIL", "Delete PASSWORD", "Delete LOGIN", "Delete LOGIN")
SWITCH_OFF: Final[Sent] = {"json": {"is_active": False}}
SWITCH_ON: Final[Sent] = {"json": {"is_active": True}}
ADMINISTRATORS: Final = get("ADMINISTRATORS")
REMOVE_ADMINISTRATOR: Final = together("Update USER if", "Put ADMINISTRATORS if", "ConditionCheck USER")
OLD: Final = "insufficient-user-authentication"


def _change(_: int) -> Sent:
    return OTHER_NAME


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
UNKNOWN_USER: Final = Case(
    name="unknown user",
    status=404,
    problem="user-not-found",
    calls=(USER, USER),
    role=ADMINISTRATION,
    parameters=UNKNOWN,
)

CHANGE: Final = (
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
                calls=(USER, USER, ADMINISTRATORS, USER, get("PASSWORD"), REMOVE_ADMINISTRATOR),
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
)
