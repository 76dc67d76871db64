"""Password hashes and failed logins in DynamoDB, in the users table."""

from typing import Final

from common.dynamodb.conditions import Attr
from common.dynamodb.items import Plain
from common.dynamodb.table import IS_NEW, Check, ConditionsFailed, Put, Table
from users.domain import User, UserNotFound
from users.failed_logins import Failures
from users.item_repository import NOT_ERASED, login_item, password_item, still, user_item

# Both versions run during a gradual release (decision 0030). The one before reads no failures from these.
_READ_BY_THE_VERSION_BEFORE: Final = {"failures": 0, "failed_at": 0}


class DynamoFailureRepository:
    """The `FailureRepository` on the users table, whose TTL attribute is `expires_at`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, key: str) -> Failures | None:
        """See `FailureRepository.get`. Items that were stored before networks were told apart are forgotten."""
        item = self._table.get(login_item(key))
        return None if item is None or "attempts" not in item else Failures(**item["attempts"])

    def replace(self, key: str, known: Failures | None, changed: Failures) -> bool:
        """See `FailureRepository.replace`."""
        stored = Attr("attempts")
        condition = stored.not_exists() if known is None else stored.eq(_attempts(known))
        item = {
            **login_item(key)._asdict(),
            "attempts": _attempts(changed),
            "expires_at": changed.expires_at,
            **_READ_BY_THE_VERSION_BEFORE,
        }
        try:
            self._table.write(Put(item=item, condition=condition))
        except ConditionsFailed:
            return False
        return True


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


def _attempts(failures: Failures) -> Plain:
    spent: dict[str, Plain] = {name: {**left} for name, left in failures.spent.items()}
    return {"known": {**failures.known}, "spent": spent}
