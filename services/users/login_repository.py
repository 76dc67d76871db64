"""Password hashes and failed logins in DynamoDB, in the users table."""

from datetime import UTC, datetime

from common.dynamodb.conditions import Attr, Condition
from common.dynamodb.items import Plain
from common.dynamodb.table import IS_NEW, Check, ConditionsFailed, Delete, Put, Table
from users.domain import User, UserNotFound
from users.failed_logins import Failures
from users.repository import NOT_ERASED, login_item, password_item, still, user_item


class DynamoFailureRepository:
    """The `FailureRepository` on the users table, whose TTL attribute is `expires_at`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, key: str) -> Failures | None:
        """See `FailureRepository.get`."""
        item = self._table.get(login_item(key))
        return None if item is None else Failures(item["failures"], _moment(item["failed_at"]))

    def replace(self, key: str, known: Failures | None, counted: Failures) -> bool:
        """See `FailureRepository.replace`."""
        condition: Condition = IS_NEW
        if known is not None:
            condition = Attr("failures").eq(known.count) & Attr("failed_at").eq(_milliseconds(known.last_at))
        item = {
            **login_item(key)._asdict(),
            "failures": counted.count,
            "failed_at": _milliseconds(counted.last_at),
            "expires_at": _milliseconds(counted.expires_at) // 1000,
        }
        try:
            self._table.write(Put(item=item, condition=condition))
        except ConditionsFailed:
            return False
        return True

    def forget(self, key: str) -> None:
        """See `FailureRepository.forget`."""
        self._table.write(Delete(key=login_item(key)))


class DynamoPasswordRepository:
    """The `PasswordRepository` on the users table; no other class reads its items."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, user_id: int) -> str | None:
        """See `PasswordRepository.get`."""
        item = self._table.get(password_item(user_id))
        return None if item is None else item["hash"]

    def set(self, known: User, password_hash: str) -> bool:
        """See `PasswordRepository.set`."""
        try:
            self._table.write(
                Check(key=user_item(known.id), condition=still(known.version)),
                Put(item=_hash(known.id, password_hash)),
            )
        except ConditionsFailed as error:
            item = error.found[0]
            if item is None or "erased_at" in item:
                raise UserNotFound(f"There is no user {known.id}.") from None
            return False
        return True

    def replace(self, user_id: int, known: str | None, password_hash: str) -> bool:
        """See `PasswordRepository.replace`."""
        condition = IS_NEW if known is None else Attr("hash").eq(known)
        try:
            self._table.write(
                Check(key=user_item(user_id), condition=NOT_ERASED),
                Put(item=_hash(user_id, password_hash), condition=condition),
            )
        except ConditionsFailed as error:
            if 0 in error.found:
                raise UserNotFound(f"There is no user {user_id}.") from None
            return False
        return True


def _hash(user_id: int, password_hash: str) -> dict[str, Plain]:
    return {**password_item(user_id)._asdict(), "hash": password_hash}


def _milliseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
