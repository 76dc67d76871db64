"""Users in DynamoDB: one item per user, and guard items that reserve the e-mail address and the issuer's subject."""

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from common.dynamodb.idempotency import emptied, record_key, write_once
from common.dynamodb.table import Index, Table
from common.dynamodb.writes import IS_NEW, Check, ConditionsFailed, Delete, Put, Update, Write
from common.idempotency import Record
from users.address_repository import held, made_way, moved, owner, reservation
from users.administrator_repository import Administrators, registration
from users.domain import (
    EmailTaken,
    Listed,
    SubjectTaken,
    User,
    UserBusy,
    UserIdTaken,
    UserNotFound,
    account_key,
)
from users.failed_logins import Failures
from users.item_repository import (
    from_item,
    login_item,
    password_item,
    still,
    subject_item,
    to_item,
    to_login_item,
    to_mark,
    to_password_item,
    user_item,
)

if TYPE_CHECKING:
    from common.dynamodb.items import Plain

LIST: Final = "USERS"
LISTING: Final = Index("listing", "list", "position")
ERASURE_ATTEMPTS: Final = 5
PERSONAL: Final = ("email", "username", "scopes", "subject", "set_by", "password_set_at")
POSITION_DIGITS: Final = 16  # digits of 2**53 - 1


class DynamoUserRepository:
    """The `UserRepository` on the DynamoDB table that `table.json` describes."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def add(
        self,
        user: User,
        password_hash: str | None = None,
        record: Record | None = None,
        failures: Failures | None = None,
    ) -> None:
        """See `UserRepository.add`."""
        # These have no condition.
        logins: list[Write] = []
        if password_hash is not None:
            logins.append(Put(item=to_password_item(user.id, password_hash)))
        if failures is not None:
            logins.append(Put(item=to_login_item(account_key(user.id), failures)))
        try:
            self._add(user, logins, record)
        except EmailTaken:
            if not made_way(self._table, user.email):
                raise
            self._add(user, logins, record)

    def _add(self, user: User, logins: list[Write], record: Record | None) -> None:
        position = _position(user.id)
        listed = {"list": self._table.shards.key(LIST, position), "position": position}
        # By it an erasure finds the record, which has the address and the name.
        recorded: dict[str, Plain] = {} if record is None else {"record": record.id, "recorded_at": record.made_at}
        writes: list[Write] = [
            Put(item={**to_item(user), **listed, **recorded}, condition=IS_NEW),
            *reservation(self._table, user),
        ]
        subject_at = len(writes)
        if user.subject is not None:
            guard = {**subject_item(user.subject)._asdict(), "user_id": user.id}
            writes.append(Put(item=guard, condition=IS_NEW))
        try:
            write_once(self._table, *writes, *logins, record=record)
        except ConditionsFailed as error:
            if subject_at in error.found:
                raise SubjectTaken("This token's subject has a profile: GET it, or change it.") from None
            if error.found.keys() - {0}:
                raise EmailTaken("Another user has this e-mail address: send another one.") from None
            raise UserIdTaken("Please try again.") from None

    def get(self, user_id: int) -> User:
        """See `UserRepository.get`."""
        item = self._table.get(user_item(user_id))
        if item is None or "erased_at" in item:
            raise UserNotFound(f"There is no user {user_id}.")
        return from_item(item)

    def id_of(self, email: str) -> int | None:
        """See `UserRepository.id_of`."""
        return owner(self._table, email)

    def id_of_subject(self, subject: str) -> int | None:
        """See `UserRepository.id_of_subject`."""
        guard = self._table.get(subject_item(subject))
        return None if guard is None else guard["user_id"]

    def page(self, *, limit: int, after: str | None) -> Listed:
        """See `UserRepository.page`."""
        start = {"position": after, **user_item(int(after))._asdict()} if after else None
        found = self._table.listed(LISTING, LIST, limit=limit, after=start)
        users = [from_item(item) for item in found.items]
        return Listed(users, _position(users[-1].id) if found.more else None)

    def replace(self, known: User, changed: User) -> bool:
        """See `UserRepository.replace`."""
        try:
            return self._replace(known, changed)
        except EmailTaken:
            if not made_way(self._table, changed.email):
                raise
            return self._replace(known, changed)

    def _replace(self, known: User, changed: User) -> bool:
        writes: list[Write] = [
            Update(
                key=user_item(known.id),
                set={
                    "email": changed.email,
                    "username": changed.username,
                    "is_active": changed.is_active,
                    "version": changed.version,
                    **to_mark(changed),
                },
                condition=still(known.version),
            ),
            *registration(self._table, known, changed),
        ]
        guards_at = len(writes)
        if changed.email != known.email:
            writes += moved(self._table, known, changed)
        try:
            self._table.write(*writes)
        except ConditionsFailed as error:
            if min(error.found) < guards_at:
                return False
            raise EmailTaken("Another user has this e-mail address: send another one.") from None
        return True

    def set_scopes(self, known: User, scopes: frozenset[str]) -> bool:
        """See `UserRepository.set_scopes`."""
        changed = replace(known, scopes=scopes)
        user: Write = Check(key=user_item(known.id), condition=still(known.version))
        if changed != known:
            values: dict[str, Plain] = {"scopes": [*sorted(scopes)], "version": known.version + 1}
            confirmed = ["set_by"] if scopes > known.scopes else []
            user = Update(key=user_item(known.id), set=values, remove=confirmed, condition=still(known.version))
        administrators = registration(self._table, known, changed, by_operator=True)
        if changed == known and not administrators:
            return True
        try:
            self._table.write(user, *administrators)
        except ConditionsFailed:
            return False
        return True

    def administrators(self) -> list[int]:
        """See `UserRepository.administrators`."""
        return Administrators.read(self._table).ids or []

    def erase(self, user_id: int, now: datetime) -> None:
        """See `UserRepository.erase`."""
        for _ in range(ERASURE_ATTEMPTS):
            item = self._table.get(user_item(user_id))
            if item is None:
                raise UserNotFound(f"There is no user {user_id}.")
            if "erased_at" in item:
                return
            user = from_item(item)
            try:
                self._table.write(
                    Update(
                        key=user_item(user_id),
                        set={"is_active": False, "version": user.version + 1, "erased_at": now.isoformat()},
                        remove=[*PERSONAL, "list", "position", "record", "recorded_at"],
                        condition=still(user.version),
                    ),
                    *(Delete(key=key) for key in held(self._table, user)),
                    Delete(key=password_item(user_id)),
                    Delete(key=login_item(account_key(user_id))),
                    # Attempts from before the address had an account.
                    Delete(key=login_item(user.email)),
                    *([] if user.subject is None else [Delete(key=subject_item(user.subject))]),
                    *self._own_record(item),
                    *registration(self._table, user, replace(user, is_active=False)),
                )
            except ConditionsFailed:
                continue
            return
        raise UserBusy("Please try again.")

    def _own_record(self, item: dict[str, Any]) -> list[Write]:
        """Return the write that empties the record of the user's registration, if it is still there.

        After a day, the same key may have left a record of another user.
        """
        if "record" not in item:
            return []
        made_at = item["recorded_at"]
        stored = self._table.get(record_key(item["record"]))
        if stored is None or stored["made_at"] != made_at:
            return []
        return [emptied(item["record"], made_at)]


def _position(user_id: int) -> str:
    return f"{user_id:0{POSITION_DIGITS}}"
