"""Users in DynamoDB: an item for each, and a guard item that holds its e-mail address."""

from datetime import datetime
from typing import Any

from common.items import Plain
from common.table import IS_NEW, ConditionsFailed, ItemKey, Put, Table
from users.domain import EmailTaken, User, UserIdTaken, UserNotFound, email_key


class DynamoUserRepository:
    """The `UserRepository` on a DynamoDB table whose key schema is `table.json`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def add(self, user: User) -> None:
        """See `UserRepository.add`."""
        key = email_key(user.email)
        guard: dict[str, Plain] = {"pk": f"EMAIL#{key}", "sk": "EMAIL", "user_id": user.id}
        try:
            self._table.write(Put(item=_to_item(user), condition=IS_NEW), Put(item=guard, condition=IS_NEW))
        except ConditionsFailed as error:
            if 1 in error.found:
                raise EmailTaken("A user with this e-mail address exists.") from None
            raise UserIdTaken("Please try again.") from None

    def get(self, user_id: int) -> User:
        """See `UserRepository.get`."""
        item = self._table.get(ItemKey(f"USER#{user_id}", "USER"))
        if item is None:
            raise UserNotFound(f"There is no user {user_id}.")
        return _from_item(item)


def _to_item(user: User) -> dict[str, Plain]:
    return {
        "pk": f"USER#{user.id}",
        "sk": "USER",
        "id": user.id,
        "email": user.email,
        "username": user.username,
        "is_active": user.is_active,
        "created_at": user.created_at.isoformat(),
        "version": user.version,
    }


def _from_item(item: dict[str, Any]) -> User:
    return User(
        id=item["id"],
        email=item["email"],
        username=item["username"],
        is_active=item["is_active"],
        created_at=datetime.fromisoformat(item["created_at"]),
        version=item["version"],
    )
