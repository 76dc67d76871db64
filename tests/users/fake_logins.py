"""Password hashes and failed logins in memory, and password hashing that costs no time."""

from dataclasses import replace
from typing import override

from common.failures import Unavailable
from tests.users.fake_repository import FakeUserRepository
from users.addresses import email_key
from users.domain import User, UserNotFound
from users.failed_logins import Failures
from users.login import Authenticator
from users.passwords import Hasher, PasswordHashing
from users.precis_adapter import OpaqueString


class FakePasswordRepository:
    def __init__(self, users: FakeUserRepository) -> None:
        self._users = users

    def get(self, user_id: int) -> str | None:
        return self._users.hashes.get(user_id)

    def set(self, known: User, password_hash: str, *, by: int, at: int) -> bool:
        with self._users.lock:
            stored = self._users.users.get(known.id)
            if stored is not None and stored.version != known.version:
                return False
            self._store(known.id, password_hash)
            self._users.users[known.id] = replace(known, version=known.version + 1, set_by=by, password_set_at=at)
            return True

    def replace(self, user_id: int, known: str | None, password_hash: str, at: int | None = None) -> bool:
        with self._users.lock:
            if user_id in self._users.users and self._users.hashes.get(user_id) != known:
                return False
            self._store(user_id, password_hash)
            if at is not None:
                self._users.users[user_id] = replace(self._users.users[user_id], password_set_at=at)
            return True

    def _store(self, user_id: int, password_hash: str) -> None:
        if user_id not in self._users.users:
            raise UserNotFound(f"There is no user {user_id}.")
        self._users.hashes[user_id] = password_hash


class BusyPasswordRepository(FakePasswordRepository):
    """A repository of passwords of users who are always changed concurrently."""

    @override
    def set(self, known: User, password_hash: str, *, by: int, at: int) -> bool:
        return False


class FakeFailureRepository:
    def __init__(self, users: FakeUserRepository) -> None:
        self._users = users

    def get(self, key: str) -> Failures | None:
        return self._users.failures.get(email_key(key))

    def replace(self, key: str, known: Failures | None, changed: Failures) -> bool:
        with self._users.lock:
            if self._users.failures.get(email_key(key)) != known:
                return False
            self._users.failures[email_key(key)] = changed
            return True

    def delete(self, key: str) -> None:
        self._users.failures.pop(email_key(key), None)


class FailingAfterwards(FakeFailureRepository):
    """A repository whose calls fail after the first `served` of them."""

    def __init__(self, users: FakeUserRepository, served: int) -> None:
        super().__init__(users)
        self.served = served

    @override
    def get(self, key: str) -> Failures | None:
        self._serve()
        return super().get(key)

    @override
    def replace(self, key: str, known: Failures | None, changed: Failures) -> bool:
        self._serve()
        return super().replace(key, known, changed)

    def _serve(self) -> None:
        if not self.served:
            raise Unavailable("Please try again.")
        self.served -= 1


class FastHasher:
    """A `Hasher` with readable hashes that counts its comparisons."""

    def __init__(self, method: str = "fast") -> None:
        self._method = method
        self.comparisons = 0

    def hash(self, password: str) -> str:
        return f"{self._method}:{password}"

    def matches(self, password: str, password_hash: str | None) -> bool:
        self.comparisons += 1
        return password_hash is not None and password_hash.partition(":")[2] == password

    def is_outdated(self, password_hash: str) -> bool:
        return password_hash.partition(":")[0] != self._method


def hashing(hasher: Hasher | None = None) -> PasswordHashing:
    """Return the hashing of normalised passwords with one common password."""
    return PasswordHashing(hasher or FastHasher(), OpaqueString(), frozenset({"letmeinplease"}), ("shop", "The Shop"))


def authenticator(users: FakeUserRepository, hasher: FastHasher | None = None) -> Authenticator:
    return Authenticator(users, FakePasswordRepository(users), FakeFailureRepository(users), hashing(hasher))
