"""Changes the scopes of a user in the users table; the user is found by e-mail address."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from common.dynamodb.items import decode, encode
from common.dynamodb.table import ItemKey
from users.domain import email_key
from users.repository import email_item, user_item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ATTEMPTS: Final = 5


class GrantError(Exception):
    """The scopes were not changed; the message says why in one line."""


class Granted(NamedTuple):
    """A user as it is stored: id, e-mail address, and scopes in alphabetical order."""

    user_id: int
    email: str
    scopes: list[str]


def change(
    client: "DynamoDBClient", table: str, email: str, changed: Callable[[frozenset[str]], frozenset[str]]
) -> Granted:
    """Change a user's scopes and return the stored user.

    The write is conditional on the version that was read, so concurrent changes of the user are kept.

    Args:
        client: A client of DynamoDB.
        table: Name of the users table.
        email: E-mail address of the user, in any letter case.
        changed: Returns the new scopes for the stored ones.

    Raises:
        GrantError: No user has the address, the table does not exist, or every attempt met a concurrent change.
    """
    for _ in range(ATTEMPTS):
        guard = _get(client, table, email_item(email))
        user = _get(client, table, user_item(guard["user_id"])) if guard else None
        if user is None or email_key(str(user.get("email", ""))) != email_key(email):
            raise GrantError(f"no user in the table {table} has the e-mail address {email}")
        before = frozenset(user.get("scopes", ()))
        after = changed(before)
        if after == before or _write(client, table, user, sorted(after)):
            return Granted(user["id"], user["email"], sorted(after))
    raise GrantError("the user was changed concurrently at every attempt; try again")


def _get(client: "DynamoDBClient", table: str, key: ItemKey) -> dict[str, Any] | None:
    try:
        answer = client.get_item(TableName=table, Key=encode(key._asdict()), ConsistentRead=True)
    except client.exceptions.ResourceNotFoundException:
        raise GrantError(f"there is no table {table}; check ENV= and NAME=") from None
    return decode(answer["Item"]) if "Item" in answer else None


def _write(client: "DynamoDBClient", table: str, user: dict[str, Any], scopes: list[str]) -> bool:
    """Store the scopes and return True, or return False if the user was changed meanwhile."""
    try:
        client.update_item(
            TableName=table,
            Key=encode(user_item(user["id"])._asdict()),
            UpdateExpression="SET scopes = :scopes, version = :next",
            ConditionExpression="version = :version",
            ExpressionAttributeValues=encode(
                {":scopes": [*scopes], ":version": user["version"], ":next": user["version"] + 1}
            ),
        )
    except client.exceptions.ConditionalCheckFailedException:
        return False
    return True
