"""The user to whom the commands grant scopes."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from monorepo.product import product
from users.domain import User

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TABLE = f"{product().name}-dev-users"
CTO = User(
    id=1,
    email="CTO@example.com",
    username="chief-tech",
    is_active=True,
    created_at=datetime(2026, 1, 1, tzinfo=UTC),
)
ADMIN = ("--scope", "users:admin", "--email", CTO.email)


def stored(dynamodb: "DynamoDBClient", table: str = TABLE) -> tuple[list[str], int]:
    """Return the stored scopes and version of the CTO."""
    item = dynamodb.get_item(TableName=table, Key={"pk": {"S": "USER#1"}, "sk": {"S": "USER"}})["Item"]
    return [value["S"] for value in item["scopes"]["L"]], int(item["version"]["N"])
