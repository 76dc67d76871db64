"""Password hashes and failed logins in DynamoDB, in the users table."""

from common.dynamodb.conditions import Attr
from common.dynamodb.table import Table
from common.dynamodb.writes import IS_NEW, Check, ConditionsFailed, Delete, Put, Update, Write
from users.domain import User, UserNotFound
from users.failed_logins import Failures
from users.item_repository import (
    NOT_ERASED,
    login_item,
    password_item,
    still,
    to_attempts,
    to_login_item,
    to_password_item,
    user_item,
)


class DynamoFailureRepository:
    """The `FailureRepository` on the users table, whose TTL attribute is `expires_at`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, key: str) -> Failures | None:
        """See `FailureRepository.get`. Items that were stored before networks were told apart are forgotten."""
        item = self._table.get(login_item(key))
        if item is None or "attempts" not in item:
            return None
        attempts = item["attempts"]
        return Failures(attempts["known"], attempts["spent"], item.get("since", {}))

    def replace(self, key: str, known: Failures | None, changed: Failures) -> bool:
        """See `FailureRepository.replace`."""
        stored = Attr("attempts")
        condition = stored.not_exists() if known is None else stored.eq(to_attempts(known))
        try:
            self._table.write(Put(item=to_login_item(key, changed), condition=condition))
        except ConditionsFailed:
            return False
        return True

    def delete(self, key: str) -> None:
        """See `FailureRepository.delete`."""
        self._table.write(Delete(key=login_item(key)))


class DynamoPasswordRepository:
    """The `PasswordRepository` on the users table; no other class reads its items."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, user_id: int) -> str | None:
        """See `PasswordRepository.get`."""
        item = self._table.get(password_item(user_id))
        return None if item is None else item["hash"]

    def set(self, known: User, password_hash: str, *, by: int, at: int) -> bool:
        """See `PasswordRepository.set`."""
        # The next version makes it impossible that an attempt whose response was lost is applied later.
        user = Update(
            key=user_item(known.id),
            set={"set_by": by, "password_set_at": at, "version": known.version + 1},
            condition=still(known.version),
        )
        try:
            self._table.write(
                user,
                Put(item=to_password_item(known.id, password_hash)),
            )
        except ConditionsFailed as error:
            item = error.found[0]
            if item is None or "erased_at" in item:
                raise UserNotFound(f"There is no user {known.id}.") from None
            return False
        return True

    def replace(self, user_id: int, known: str | None, password_hash: str, at: int | None = None) -> bool:
        """See `PasswordRepository.replace`."""
        condition = IS_NEW if known is None else Attr("hash").eq(known)
        user: Write = Check(key=user_item(user_id), condition=NOT_ERASED)
        if at is not None:
            user = Update(key=user_item(user_id), set={"password_set_at": at}, condition=NOT_ERASED)
        try:
            self._table.write(
                user,
                Put(item=to_password_item(user_id, password_hash), condition=condition),
            )
        except ConditionsFailed as error:
            if 0 in error.found:
                raise UserNotFound(f"There is no user {user_id}.") from None
            return False
        return True
