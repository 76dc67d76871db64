"""Users in memory, for tests above the repository."""

import threading
from dataclasses import replace
from datetime import datetime

from common.idempotency import Record
from tests.support.records import Records
from users.addresses import email_key
from users.domain import (
    EmailTaken,
    LastAdministrator,
    Listed,
    SubjectTaken,
    User,
    UserBusy,
    UserIdTaken,
    UserNotFound,
    account_key,
)
from users.failed_logins import Failures


class FakeUserRepository:
    """Also holds the data of the other fakes, because erasure removes all of it."""

    def __init__(self, *users: User) -> None:
        self.lock = threading.Lock()
        self.users = {user.id: user for user in users}
        self.hashes: dict[int, str] = {}
        self.failures: dict[str, Failures] = {}
        self._records = Records()
        self._record_of: dict[int, Record | None] = {}
        self._erased: set[int] = set()
        self._administrators: set[int] = set()

    def add(
        self,
        user: User,
        password_hash: str | None = None,
        record: Record | None = None,
        failures: Failures | None = None,
    ) -> None:
        with self.lock:
            self._records.check(record)
            if self._subject(user.subject) is not None:
                raise SubjectTaken("This token's subject has a profile: GET it, or change it.")
            if self._owner(user.email) is not None:
                raise EmailTaken("Another user has this e-mail address: send another one.")
            if user.id in self.users or user.id in self._erased:
                raise UserIdTaken("Please try again.")
            self.users[user.id] = user
            self._records.keep(record)
            self._record_of[user.id] = record
            if password_hash is not None:
                self.hashes[user.id] = password_hash
            if failures is not None:
                self.failures[account_key(user.id)] = failures

    def get(self, user_id: int) -> User:
        try:
            return self.users[user_id]
        except KeyError:
            raise UserNotFound(f"There is no user {user_id}.") from None

    def id_of(self, email: str) -> int | None:
        with self.lock:
            return self._owner(email)

    def id_of_subject(self, subject: str) -> int | None:
        with self.lock:
            return self._subject(subject)

    def page(self, *, limit: int, after: str | None) -> Listed:
        with self.lock:
            found = sorted((user for user in self.users.values()), key=lambda user: -user.id)
        found = [user for user in found if after is None or user.id < int(after)]
        return Listed(found[:limit], f"{found[limit - 1].id:016}" if len(found) > limit else None)

    def replace(self, known: User, changed: User) -> bool:
        with self.lock:
            stored = self.users.get(known.id)
            if stored is None or stored.version != known.version:
                return False
            if self._owner(changed.email) not in (None, known.id):
                raise EmailTaken("Another user has this e-mail address: send another one.")
            if known.is_administrator and not changed.is_administrator:
                self._remove_administrator(known.id)
            if changed.is_administrator and not known.is_administrator:
                self._administrators.add(known.id)
            self.users[known.id] = replace(changed, scopes=stored.scopes, password_set_at=stored.password_set_at)
            return True

    def set_scopes(self, known: User, scopes: frozenset[str]) -> bool:
        with self.lock:
            stored = self.users.get(known.id)
            if stored is None or stored.version != known.version:
                return False
            changed = replace(stored, scopes=scopes, set_by=None if scopes > known.scopes else known.set_by)
            self._administrators.discard(known.id)
            if changed.is_administrator:
                self._administrators.add(known.id)
            self.users[known.id] = changed if changed == stored else replace(changed, version=known.version + 1)
            return True

    def administrators(self) -> list[int]:
        return sorted(self._administrators)

    def erase(self, user_id: int, now: datetime) -> None:
        assert now.tzinfo
        with self.lock:
            if user_id in self._erased:
                return
            if user_id not in self.users:
                raise UserNotFound(f"There is no user {user_id}.")
            if self.users[user_id].is_administrator:
                self._remove_administrator(user_id)
            erased = self.users.pop(user_id)
            self._erased.add(user_id)
            self.hashes.pop(user_id, None)
            self._records.forget(self._record_of.pop(user_id, None))
            self.failures.pop(email_key(erased.email), None)
            self.failures.pop(account_key(user_id), None)

    def _remove_administrator(self, user_id: int) -> None:
        if not self.hashes.keys() & self._administrators - {user_id}:
            raise LastAdministrator
        self._administrators.discard(user_id)

    def _subject(self, subject: str | None) -> int | None:
        return next((user.id for user in self.users.values() if subject and user.subject == subject), None)

    def _owner(self, email: str) -> int | None:
        key = email_key(email)
        return next((user.id for user in self.users.values() if email_key(user.email) == key), None)


class BusyUserRepository(FakeUserRepository):
    """A repository in which a concurrent change always wins."""

    def replace(self, known: User, changed: User) -> bool:
        assert known.id == changed.id
        return False

    def erase(self, user_id: int, now: datetime) -> None:
        assert user_id in self.users
        assert now.tzinfo
        raise UserBusy("Please try again.")
