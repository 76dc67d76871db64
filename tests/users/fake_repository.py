"""Users in memory, for tests of what stands above the repository."""

import threading

from users.domain import EmailTaken, User, UserIdTaken, UserNotFound, email_key


class FakeUserRepository:
    def __init__(self, *users: User) -> None:
        self._users = {user.id: user for user in users}
        self._lock = threading.Lock()

    def add(self, user: User) -> None:
        with self._lock:
            if any(email_key(known.email) == email_key(user.email) for known in self._users.values()):
                raise EmailTaken("A user with this e-mail address exists.")
            if user.id in self._users:
                raise UserIdTaken("Please try again.")
            self._users[user.id] = user

    def get(self, user_id: int) -> User:
        try:
            return self._users[user_id]
        except KeyError:
            raise UserNotFound(f"There is no user {user_id}.") from None
