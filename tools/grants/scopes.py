"""The scopes of a user, who is named by e-mail address, as they are in the users table."""

import unicodedata
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.types import TypeDeserializer

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ATTEMPTS = 5


class GrantError(Exception):
    """The scopes were not changed; the message says why, in one line."""


def change(
    client: "DynamoDBClient", table: str, email: str, changed: Callable[[frozenset[str]], frozenset[str]]
) -> tuple[int, list[str]]:
    """Change a user's scopes and return the user's id with the scopes that it has now, sorted.

    What others change at the same time is kept: the write is conditional on the version that was read.

    Raises:
        GrantError: Nobody has the address, or somebody else changed the user again and again.
    """
    for _ in range(ATTEMPTS):
        guard = _get(client, table, f"EMAIL#{email_key(email)}", "EMAIL")
        user = _get(client, table, f"USER#{guard['user_id']}", "USER") if guard else None
        if user is None or email_key(str(user.get("email", ""))) != email_key(email):
            raise GrantError(f"nobody in the table {table} has the e-mail address {email}")
        number, before = int(user["id"]), frozenset(user.get("scopes", ()))
        after = changed(before)
        if after == before or _write(client, table, user, sorted(after)):
            return number, sorted(after)
    raise GrantError("the user is being changed by somebody else again and again; try again")


def email_key(email: str) -> str:
    """Return what two spellings of one e-mail address share, as the users service has it."""
    return unicodedata.normalize("NFC", email).casefold()


def _get(client: "DynamoDBClient", table: str, pk: str, sk: str) -> dict[str, Any] | None:
    try:
        answer = client.get_item(TableName=table, Key={"pk": {"S": pk}, "sk": {"S": sk}}, ConsistentRead=True)
    except client.exceptions.ResourceNotFoundException:
        raise GrantError(f"there is no table {table}") from None
    item = answer.get("Item")
    deserialize = TypeDeserializer().deserialize
    return None if item is None else {name: deserialize(value) for name, value in item.items()}


def _write(client: "DynamoDBClient", table: str, user: dict[str, Any], scopes: list[str]) -> bool:
    """Whether the user was still as it was read, and has the scopes now."""
    try:
        client.update_item(
            TableName=table,
            Key={"pk": {"S": user["pk"]}, "sk": {"S": user["sk"]}},
            UpdateExpression="SET scopes = :scopes, version = :next",
            ConditionExpression="version = :version",
            ExpressionAttributeValues={
                ":scopes": {"L": [{"S": scope} for scope in scopes]},
                ":version": {"N": str(user["version"])},
                ":next": {"N": str(user["version"] + 1)},
            },
        )
    except client.exceptions.ConditionalCheckFailedException:
        return False
    return True
