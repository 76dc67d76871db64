"""The rows of passwords and tokens; see `tests/users/profile.py`."""

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from common.auth.authentication import verification
from tests.support.dynamodb_calls import get, together
from tests.support.profile import PUBLIC, Case, Flood, Operation, Sent, SoakRequest, owner_or
from tests.support.tokens import no_keys
from tests.users.fake_logins import BusyPasswordRepository
from tests.users.fake_repository import FakeUserRepository
from tests.users.guessing import PER_SECOND
from tests.users.registered import (
    ADMIN,
    ADMINISTRATION,
    ALL,
    ATTACKED,
    CROWDED,
    FRESH,
    INACTIVE,
    OLD_ADMINISTRATION,
    OLD_WITHOUT_PASSWORD,
    ONE,
    OUTDATED,
    PASSWORD,
    SELF,
    SUPERIOR,
    WITHOUT_PASSWORD,
    WRONG,
    registered,
)
from users import dependencies
from users.failed_logins import ANONYMOUS

if TYPE_CHECKING:
    import httpx2

USER, HASH, LOGIN, EMAIL = get("USER"), get("PASSWORD"), get("LOGIN"), get("EMAIL")
COUNT: Final = "PutItem LOGIN if"
# An attempt is counted before the password is compared, and refunded by one more write if it succeeds. A rejected login
# makes exactly these calls.
ATTEMPT: Final = (EMAIL, HASH, LOGIN, COUNT, USER)
KEEP_HASH: Final = together("ConditionCheck USER", "Put PASSWORD if")
CHANGE_HASH: Final = together("Update USER if", "Put PASSWORD if")
SET_HASH: Final = together("Update USER if", "Put PASSWORD")
NEW_PASSWORD: Final = {"password": "a battery staple that is new", "current_password": PASSWORD}


def login(email: str, password: str = PASSWORD) -> Sent:
    """Return the form of a login."""
    return {"data": {"grant_type": "password", "username": email, "password": password}}


def _own_login(_: int) -> Sent:
    return login(SELF.email)


def _registered_login(api: "httpx2.Client", number: int) -> Sent:
    email = f"{number}@example.com"
    created = api.post(ALL, json={"email": email, "username": "new-engineer", "password": PASSWORD})
    assert created.status_code == 201, created.text
    return login(email)


def _new_password(_: int) -> Sent:
    return {"json": NEW_PASSWORD}


def _stranger(number: int) -> Sent:
    return login(f"{number}@example.org")


async def _users() -> object:
    return FakeUserRepository(ADMIN, SELF)


async def _busy_passwords() -> object:
    return BusyPasswordRepository(FakeUserRepository())


REJECTED_LOGINS: Final = tuple(
    Case(name=name, status=400, problem="invalid-credentials", calls=ATTEMPT, sent=sent)
    for name, sent in (
        ("wrong password", login(SELF.email, WRONG)),
        ("unknown address", login("unknown@example.com")),
        ("deactivated user", login(INACTIVE.email)),
        ("user without a password", login(FRESH.email)),
    )
)

LOGINS: Final = (
    Operation(
        method="PUT",
        path=f"{ONE}/password",
        access=replace(owner_or(ADMINISTRATION), recent_login="others"),
        send=_new_password,
        repeated=frozenset({"current-password-wrong"}),
        problems={
            401: frozenset({"insufficient-user-authentication"}),
            403: frozenset({"current-password-wrong", "more-scopes-held"}),
            404: frozenset({"user-not-found"}),
            422: frozenset({"current-password-required", "password-rejected"}),
            429: frozenset({"too-many-attempts"}),
            503: frozenset({"user-busy"}),
        },
        span="users.set_password",
        cases=(
            Case(name="by the user", status=204, calls=(USER, HASH, LOGIN, COUNT, COUNT, CHANGE_HASH)),
            Case(
                name="wrong current password",
                status=403,
                problem="current-password-wrong",
                calls=(USER, HASH, LOGIN, COUNT),
                sent={"json": NEW_PASSWORD | {"current_password": WRONG}},
            ),
            Case(
                name="no current password",
                status=422,
                problem="current-password-required",
                calls=(USER, HASH),
                sent={"json": {"password": PASSWORD}},
            ),
            Case(
                name="new password is the user's address",
                status=422,
                problem="password-rejected",
                calls=(USER,),
                sent={"json": NEW_PASSWORD | {"password": SELF.email}},
            ),
            Case(
                name="too early",
                status=429,
                problem="too-many-attempts",
                calls=(USER, HASH, LOGIN),
                before=ATTACKED,
            ),
            Case(
                name="first password",
                status=204,
                calls=(USER, HASH, CHANGE_HASH),
                role=WITHOUT_PASSWORD,
                parameters={"user_id": FRESH.id},
                sent={"json": {"password": PASSWORD}},
            ),
            Case(
                name="first password after an old login",
                status=401,
                problem="insufficient-user-authentication",
                calls=(USER, HASH),
                role=OLD_WITHOUT_PASSWORD,
                parameters={"user_id": FRESH.id},
                sent={"json": {"password": PASSWORD}},
            ),
            Case(
                name="by an administrator",
                status=204,
                calls=(USER, USER, SET_HASH, LOGIN),
                role=ADMINISTRATION,
                sent={"json": {"password": PASSWORD}},
            ),
            Case(
                name="by an administrator after failed logins",
                status=204,
                calls=(USER, USER, SET_HASH, LOGIN, COUNT),
                role=ADMINISTRATION,
                before=ATTACKED,
                sent={"json": {"password": PASSWORD}},
            ),
            Case(
                name="by an administrator after an old login",
                status=401,
                problem="insufficient-user-authentication",
                calls=(USER,),
                role=OLD_ADMINISTRATION,
                sent={"json": {"password": PASSWORD}},
            ),
            Case(
                name="of a user with more scopes",
                status=403,
                problem="more-scopes-held",
                calls=(USER, USER),
                role=ADMINISTRATION,
                parameters={"user_id": SUPERIOR.id},
                before=registered(ADMIN, SUPERIOR),
                sent={"json": {"password": PASSWORD}},
            ),
            Case(
                name="concurrent changes of the user",
                status=503,
                problem="user-busy",
                role=ADMINISTRATION,
                sent={"json": {"password": PASSWORD}},
                overrides={
                    dependencies.user_repository: _users,
                    dependencies.password_repository: _busy_passwords,
                },
            ),
            Case(
                name="unknown user",
                status=404,
                problem="user-not-found",
                calls=(USER, USER),
                role=ADMINISTRATION,
                parameters={"user_id": 77},
                sent={"json": {"password": PASSWORD}},
            ),
        ),
        soak=(SoakRequest(weight=2, status=403, problem="forbidden", path=f"{ALL}/1/password", signed=True),),
    ),
    Operation(
        method="POST",
        path=f"{ALL}/token",
        access=PUBLIC,
        send=_own_login,
        problems={
            400: frozenset(
                {"invalid-credentials", "invalid-token-request", "unsupported-grant-type", "invalid-scope"},
            ),
            429: frozenset({"too-many-attempts"}),
            503: frozenset({"secret-unavailable"}),
        },
        span="users.log_in",
        metrics={200: "TokensIssued", "invalid-credentials": "TokensRefused", 429: "TokensRefused"},
        prepare=_registered_login,
        replayed=False,
        cases=(
            Case(name="right password", status=200, calls=(*ATTEMPT, COUNT)),
            Case(
                name="right password, as many networks as are remembered",
                status=200,
                calls=(*ATTEMPT, COUNT),
                before=CROWDED,
            ),
            Case(
                name="no grant type",
                status=400,
                problem="invalid-token-request",
                sent={"data": {"username": SELF.email, "password": PASSWORD}},
            ),
            Case(
                name="another grant",
                status=400,
                problem="unsupported-grant-type",
                sent={"data": login(SELF.email)["data"] | {"grant_type": "client_credentials"}},
            ),
            Case(
                name="scope that the user does not have",
                status=400,
                problem="invalid-scope",
                calls=(*ATTEMPT, COUNT),
                sent={"data": login(SELF.email)["data"] | {"scope": "elsewhere:admin"}},
            ),
            Case(
                name="outdated hash",
                status=200,
                calls=(*ATTEMPT, COUNT, KEEP_HASH),
                before=registered(SELF, hasher=OUTDATED),
            ),
            *REJECTED_LOGINS,
            Case(
                name="JSON",
                status=415,
                problem="unsupported-media-type",
                sent={"json": login(SELF.email)["data"]},
            ),
            Case(
                name="too early",
                status=429,
                problem="too-many-attempts",
                calls=(EMAIL, HASH, LOGIN),
                before=ATTACKED,
            ),
            Case(
                name="no signing key",
                status=503,
                problem="secret-unavailable",
                overrides={verification: no_keys},
            ),
        ),
        soak=(SoakRequest(weight=1, status=400, problem="invalid-credentials", send=_stranger),),
        flood=Flood(
            name="guesses at the password of one account, from any number of networks",
            per_second=PER_SECOND,
            served={"wrong password": ANONYMOUS.together.per_hour},
            others="too early",
        ),
    ),
)
