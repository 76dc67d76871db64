"""The profile of the users service for the conformance suites."""

from typing import TYPE_CHECKING, Final

from common.dynamodb.table import Table
from tests.support.profile import (
    NOW,
    PUBLIC,
    Bearer,
    Broken,
    Case,
    Operation,
    Owned,
    Profile,
    SoakRequest,
)
from tests.support.services import deployed_name
from tests.users.change_profile import CHANGE
from tests.users.joining import join_and_leave
from tests.users.login_profile import CHANGE_HASH, COUNT, KEEP_HASH, LOGINS
from tests.users.registered import (
    ALL,
    EVERY_USER,
    HASHER,
    ONE,
    PASSWORD,
    ROLES,
    SELF,
    filled,
)
from tests.users.registration_profile import REGISTRATION, email_of, new_user
from users import dependencies
from users.commands.scopes import change
from users.login_repository import DynamoPasswordRepository

if TYPE_CHECKING:
    import httpx2
    from mypy_boto3_dynamodb import DynamoDBClient

UNVERSIONED: Final = "/users"
BROKEN: Final = 13

HEALTH: Final = Operation(
    method="GET",
    path=f"{ALL}/health",
    access=PUBLIC,
    cases=(Case(name="service runs", status=200),),
    soak=(SoakRequest(weight=5, status=200),),
)


def registered_anew(api: "httpx2.Client", _: Bearer, number: int) -> Owned:
    """Register a user through the deployed API."""
    created = api.post(ALL, **new_user(number))
    assert created.status_code == 201, created.text
    user_id = created.json()["id"]
    return Owned(subject=str(user_id), parameters={"user_id": user_id})


def granted(dynamodb: "DynamoDBClient", number: int, scope: str) -> None:
    """Grant a scope to the user that `registered_anew` registered: this service ignores other scopes of a token.

    The user gets a password, because an administrator without one does not count as another administrator.
    """
    table = deployed_name("users")
    user = change(dynamodb, table, email_of(number), frozenset({scope}).union)
    DynamoPasswordRepository(Table(dynamodb, table)).replace(user.id, None, HASHER.hash(PASSWORD))


async def _now() -> object:
    return NOW


async def _random_bits() -> object:
    return lambda _: 1


async def _hasher() -> object:
    return HASHER


PROFILE: Final = Profile(
    operations=(*REGISTRATION, *CHANGE, HEALTH, *LOGINS),
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
        CHANGE_HASH: "It compares the hash as well.",
    },
    rules=(r"e-mail address is not valid", r"^The password "),
)
