"""Users and guard items as an earlier version stored them."""

from typing import Final

from common.dynamodb.table import Table
from common.dynamodb.writes import Delete, Put
from tests.users.examples import user
from users.item_repository import email_item, former_email_item
from users.repository import DynamoUserRepository

FULLWIDTH: Final = "\uff53am@example.com"
SHARP_S: Final = "sam@fa\u00df.example"
DOUBLE_S: Final = "sam@fass.example"
PLAIN: Final = "sam@example.com"


def added_before(table: Table, user_id: int, email: str) -> None:
    """Store a user as an earlier version did."""
    DynamoUserRepository(table).add(user(user_id, f"{user_id}@example.com"))
    known = DynamoUserRepository(table).get(user_id)
    assert DynamoUserRepository(table).replace(known, known.changed(email=email))
    table.write(Delete(key=email_item(email)))
    table.write(Put(item={**former_email_item(email)._asdict(), "user_id": user_id}))


def guards(table: Table, user_id: int) -> list[str]:
    """Return the keys of the guard items of a user."""
    items = table._client.scan(TableName=table._name)["Items"]
    return sorted(
        item["pk"]["S"].removeprefix("EMAIL#")
        for item in items
        if item["sk"]["S"] == "EMAIL" and item["user_id"]["N"] == str(user_id)
    )
