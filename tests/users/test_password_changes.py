"""Changes of a password by its user, and passwords that others set."""

import pytest

from common.failures import Unavailable
from tests.users.attacks import EMAIL, HOME, NEW, NOW, anyone, three_users
from tests.users.examples import recent, user
from tests.users.fake_logins import (
    FailingAfterwards,
    FakePasswordRepository,
    FastHasher,
    authenticator,
)
from tests.users.fake_repository import FakeUserRepository
from users.attempts import network_name
from users.domain import User, UserBusy, UserNotFound, account_key
from users.failed_logins import IN_PROGRESS
from users.login import CurrentPasswordRequired, CurrentPasswordWrong
from users.passwords import PasswordRejected


@pytest.fixture
def users() -> FakeUserRepository:
    return three_users()


def test_right_current_password_changes_the_password_and_refunds_the_attempt(users: FakeUserRepository) -> None:
    authenticator(users).change_password(user(1), "right", NEW, HOME, NOW, check_login=recent)
    assert users.hashes[1] == f"fast:{NEW}"
    known = {network_name(account_key(1), HOME): int(NOW.timestamp())}
    assert users.failures[account_key(1)].known == known
    assert users.failures[account_key(1)].spent.get("token", {}).keys() <= {IN_PROGRESS}


def test_missing_current_password_is_rejected(users: FakeUserRepository) -> None:
    with pytest.raises(CurrentPasswordRequired):
        authenticator(users).change_password(user(1), None, NEW, HOME, NOW, check_login=recent)
    assert (users.hashes[1], users.failures) == ("fast:right", {})


def test_first_password_needs_no_current_one(users: FakeUserRepository) -> None:
    authenticator(users).change_password(user(3, "without@example.com"), None, NEW, HOME, NOW, check_login=recent)
    assert (users.hashes[3], users.failures) == (f"fast:{NEW}", {})


@pytest.mark.parametrize("current", ["right", "wrong", None])
def test_rejected_new_password_is_not_an_attempt(users: FakeUserRepository, current: str | None) -> None:
    hasher = FastHasher()
    with pytest.raises(PasswordRejected):
        authenticator(users, hasher).change_password(user(1), current, "too short", HOME, NOW, check_login=recent)
    assert (users.hashes[1], users.failures, hasher.comparisons) == ("fast:right", {}, 0)


def test_rejected_password_is_not_set(users: FakeUserRepository) -> None:
    with pytest.raises(PasswordRejected, match="e-mail address"):
        authenticator(users).set_password(1, "ada@example.com", by=2, now=NOW, check=anyone)
    assert users.hashes[1] == "fast:right"


def test_password_that_was_set_before_normalising_is_the_current_one(users: FakeUserRepository) -> None:
    users.hashes[1] = "fast:e\u0301te\u0301"
    authenticator(users).change_password(user(1), "e\u0301te\u0301", NEW, HOME, NOW, check_login=recent)
    assert users.hashes[1] == f"fast:{NEW}"


def test_second_of_two_concurrent_password_changes_is_rejected(users: FakeUserRepository) -> None:
    class Overtaken(FastHasher):
        def hash(self, password: str) -> str:
            users.hashes[1] = "fast:other"
            return super().hash(password)

    with pytest.raises(CurrentPasswordWrong):
        authenticator(users, Overtaken()).change_password(user(1), "right", NEW, HOME, NOW, check_login=recent)
    assert users.hashes[1] == "fast:other"


@pytest.mark.parametrize("served", [2, 3])
def test_changed_password_is_a_success_although_the_attempt_cannot_be_refunded(
    users: FakeUserRepository, served: int
) -> None:
    failing = FailingAfterwards(users, served)
    authenticator(users)._replace(failures=failing).change_password(
        user(1), "right", NEW, HOME, NOW, check_login=recent
    )
    assert users.hashes[1] == f"fast:{NEW}"
    with pytest.raises(Unavailable):
        authenticator(users)._replace(failures=FailingAfterwards(users, 1)).authenticate(EMAIL, NEW, HOME, NOW)


def test_password_of_unknown_user_is_rejected(users: FakeUserRepository) -> None:
    with pytest.raises(UserNotFound):
        authenticator(users).set_password(4, NEW, by=2, now=NOW, check=anyone)
    assert 4 not in users.hashes


class Promoting(FakePasswordRepository):
    """Grants scopes to the user before each of the next `times` passwords is stored."""

    def __init__(self, users: FakeUserRepository, times: int) -> None:
        super().__init__(users)
        self.times = times

    def set(self, known: User, password_hash: str, *, by: int, at: int) -> bool:
        if self.times:
            self.times -= 1
            stored = self._users.get(known.id)
            self._users.set_scopes(stored, stored.scopes | {f"elsewhere:{self.times}"})
        return super().set(known, password_hash, by=by, at=at)


def test_caller_is_checked_against_the_scopes_that_the_user_has_when_the_password_is_set(
    users: FakeUserRepository,
) -> None:
    seen: list[frozenset[str]] = []
    hasher = FastHasher()
    promoting = authenticator(users, hasher)._replace(passwords=Promoting(users, 2))
    promoting.set_password(1, NEW, by=2, now=NOW, check=lambda user: seen.append(user.scopes))
    assert seen == [frozenset(), {"elsewhere:1"}, {"elsewhere:1", "elsewhere:0"}]
    assert users.hashes[1] == f"fast:{NEW}"


def test_five_concurrent_changes_of_the_user_end_in_busy(users: FakeUserRepository) -> None:
    with pytest.raises(UserBusy):
        authenticator(users)._replace(passwords=Promoting(users, 5)).set_password(1, NEW, by=2, now=NOW, check=anyone)
    assert users.hashes[1] == "fast:right"
