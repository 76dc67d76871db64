"""Changes the scopes of a user in the users table."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from common.dynamodb.table import Table
from users.addresses import email_key
from users.domain import User, UserNotFound
from users.repository import DynamoUserRepository

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ATTEMPTS: Final = 5


class GrantError(Exception):
    """The scopes were not changed; the message says why in one line."""


def find(client: "DynamoDBClient", table: str, who: int | str) -> User:
    """Return the user with this id or e-mail address; the stored address may differ in letter case and look-alikes.

    Raises:
        GrantError: No user has the id or the address, or the table does not exist.
    """
    users = DynamoUserRepository(Table(client, table))
    named = f"the e-mail address {who}" if isinstance(who, str) else f"the id {who}"
    missing = GrantError(f"no user in the table {table} has {named}")
    try:
        user_id = users.id_of(who) if isinstance(who, str) else who
        if user_id is None:
            raise missing
        user = users.get(user_id)
    except UserNotFound:
        raise missing from None
    except client.exceptions.ResourceNotFoundException:
        raise GrantError(f"there is no table {table}; check ENV= and NAME=") from None
    # An earlier version may have reserved the address for a user with another one.
    if isinstance(who, str) and email_key(user.email) != email_key(who):
        raise missing
    return user


def change(
    client: "DynamoDBClient",
    table: str,
    who: int | str,
    changed: Callable[[frozenset[str]], frozenset[str]],
    *,
    shown: User | None = None,
) -> User:
    """Change a user's scopes and return the stored user.

    The write is conditional on the version that was read, so concurrent changes of the user are kept. The item of the
    registered administrators changes with it.

    Args:
        client: A client of DynamoDB.
        table: Name of the users table.
        who: Id of the user, or its e-mail address.
        changed: Returns the new scopes for the stored ones.
        shown: The user that the operator has confirmed.

    Raises:
        GrantError: No user has the id or the address, the table does not exist, every attempt met a concurrent change,
            or the user is not as shown any more.
    """
    users = DynamoUserRepository(Table(client, table))
    for _ in range(ATTEMPTS):
        user = find(client, table, who)
        if shown not in {None, user}:
            raise GrantError("the user was changed meanwhile: run the command again")
        if users.set_scopes(user, changed(user.scopes)):
            return find(client, table, user.id)
    raise GrantError("the user was changed concurrently at every attempt; try again")


def administrators(client: "DynamoDBClient", table: str) -> list[int]:
    """Return the ids of the registered administrators of users."""
    return DynamoUserRepository(Table(client, table)).administrators()
