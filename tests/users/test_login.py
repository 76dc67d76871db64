from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import pairwise

import pytest

from tests.support.racing import race
from tests.users.examples import user
from tests.users.fake_logins import FakePasswordRepository, FastHasher, authenticator, hashing
from tests.users.fake_repository import FakeUserRepository
from users.domain import User, UserBusy, UserNotFound, account_key
from users.failed_logins import Failures, TooManyAttempts, counted
from users.login import Authenticator, CurrentPasswordRequired, CurrentPasswordWrong
from users.passwords import PasswordRejected
from users.token_failures import InvalidCredentials

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
EMAIL = "ada@example.com"
NEW = "a new one that is long"


@pytest.fixture
def users() -> FakeUserRepository:
    users = FakeUserRepository()
    users.add(user(1), "fast:right")
    users.add(user(2, "inactive@example.com", is_active=False), "fast:right")
    users.add(user(3, "without@example.com"))
    return users


def anyone(_: User) -> None:
    """Let any caller set a password."""


def failed(users: FakeUserRepository, times: int, now: datetime = NOW) -> None:
    users.failures[account_key(1)] = Failures(times, now)


@pytest.mark.parametrize(
    ("failures", "seconds"), [(0, 0), (4, 0), (5, 1), (6, 2), (7, 4), (10, 32), (11, 60), (12, 60), (10**9, 60)]
)
def test_each_failure_after_the_fifth_doubles_the_delay_up_to_a_minute(failures: int, seconds: int) -> None:
    assert Failures(failures, NOW).delay == timedelta(seconds=seconds)


def test_attempt_is_counted_before_its_outcome_is_known() -> None:
    assert counted(None, NOW) == Failures(1, NOW)


def test_time_of_failure_is_cut_to_milliseconds() -> None:
    assert counted(None, NOW + timedelta(microseconds=1999)) == Failures(1, NOW + timedelta(milliseconds=1))


@pytest.mark.parametrize(("after", "retry_after"), [(0.0, 4), (0.5, 4), (3.0, 1), (3.999, 1)])
def test_early_attempt_is_rejected_with_retry_after(after: float, retry_after: int) -> None:
    with pytest.raises(TooManyAttempts) as rejection:
        counted(Failures(7, NOW), NOW + timedelta(seconds=after))
    assert rejection.value.retry_after == retry_after


def test_attempt_after_the_delay_is_counted() -> None:
    due = NOW + timedelta(seconds=4)
    assert counted(Failures(7, NOW), due) == Failures(8, due)


def test_failures_expire_a_day_after_the_last_one() -> None:
    later = NOW + timedelta(hours=24)
    assert counted(Failures(100, NOW), later) == Failures(1, later)
    assert counted(Failures(100, NOW), later - timedelta(seconds=1)).count == 101


def test_slow_clock_does_not_shorten_the_delay() -> None:
    assert counted(Failures(1, NOW), NOW - timedelta(seconds=1)) == Failures(2, NOW)


def test_right_password_authenticates_and_resets_the_failures(
    users: FakeUserRepository,
) -> None:
    failed(users, 4)
    assert authenticator(users).authenticate("ADA@example.com", "right", NOW) == user(1)
    assert users.failures == {}


@pytest.mark.parametrize(
    ("email", "password", "key"),
    [
        (EMAIL, "wrong", account_key(1)),
        ("unknown@example.com", "right", "unknown@example.com"),
        ("inactive@example.com", "right", account_key(2)),
        ("inactive@example.com", "wrong", account_key(2)),
        ("without@example.com", "right", account_key(3)),
    ],
)
@pytest.mark.parametrize(("accent", "comparisons"), [("", 1), ("\u00e9", 1), ("e\u0301", 2)])
def test_every_rejection_has_the_same_detail_and_number_of_comparisons(
    users: FakeUserRepository, email: str, password: str, key: str, accent: str, comparisons: int
) -> None:
    hasher = FastHasher()
    users.hashes |= {1: f"fast:right{accent}", 2: f"fast:right{accent}"}
    with pytest.raises(InvalidCredentials) as rejection:
        authenticator(users, hasher).authenticate(email, f"{password}{accent}", NOW)
    assert rejection.value.detail == InvalidCredentials().detail
    assert hasher.comparisons == comparisons
    assert users.failures == {key: Failures(1, NOW)}


@pytest.mark.parametrize(("email", "key"), [(EMAIL, account_key(1)), ("unknown@example.com", "unknown@example.com")])
def test_delay_is_the_same_for_known_and_unknown_emails(users: FakeUserRepository, email: str, key: str) -> None:
    moment = NOW
    waits: list[int] = []
    while len(waits) < 9:
        try:
            authenticator(users).authenticate(email, "wrong", moment)
        except TooManyAttempts as rejection:
            waits.append(rejection.retry_after)
            moment += timedelta(seconds=rejection.retry_after)
        except InvalidCredentials:
            continue
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert users.failures[key].count == 13


def test_right_password_is_not_compared_during_the_delay(users: FakeUserRepository) -> None:
    failed(users, 11)
    hasher = FastHasher()
    with pytest.raises(TooManyAttempts):
        authenticator(users, hasher).authenticate(EMAIL, "right", NOW + timedelta(seconds=59))
    assert hasher.comparisons == 0
    assert authenticator(users, hasher).authenticate(EMAIL, "right", NOW + timedelta(seconds=60)) == user(1)


def test_concurrent_guesses_are_limited_to_five(users: FakeUserRepository) -> None:
    hasher = FastHasher()
    results = race(*(partial(authenticator(users, hasher).authenticate, EMAIL, "wrong", NOW) for _ in range(32)))
    assert sum(isinstance(result, InvalidCredentials) for result in results) <= 5
    assert sum(isinstance(result, InvalidCredentials | TooManyAttempts) for result in results) == 32
    assert hasher.comparisons == users.failures[account_key(1)].count <= 5


def test_attempt_that_cannot_be_counted_is_rejected_without_a_comparison(users: FakeUserRepository) -> None:
    class Overtaken:
        def get(self, key: str) -> Failures | None:
            assert key == account_key(1)
            return None

        def replace(self, key: str, known: Failures | None, counted: Failures) -> bool:
            assert (key, known, counted) == (account_key(1), None, Failures(1, NOW))
            return False

        def forget(self, key: str) -> None:
            raise AssertionError(key)

    hasher = FastHasher()
    overtaken = Authenticator(users, FakePasswordRepository(users), Overtaken(), hashing(hasher))
    with pytest.raises(TooManyAttempts) as rejection:
        overtaken.authenticate(EMAIL, "right", NOW)
    assert (rejection.value.retry_after, hasher.comparisons) == (1, 0)


def test_user_deactivated_during_the_comparison_is_rejected(users: FakeUserRepository) -> None:
    class Deactivating(FastHasher):
        def matches(self, password: str, password_hash: str | None) -> bool:
            assert users.replace(user(1), user(1).changed(is_active=False))
            return super().matches(password, password_hash)

    with pytest.raises(InvalidCredentials):
        authenticator(users, Deactivating()).authenticate(EMAIL, "right", NOW)


def test_user_erased_during_the_comparison_is_rejected(users: FakeUserRepository) -> None:
    class Erasing(FastHasher):
        def matches(self, password: str, password_hash: str | None) -> bool:
            users.erase(1, NOW)
            return super().matches(password, password_hash)

    with pytest.raises(InvalidCredentials):
        authenticator(users, Erasing()).authenticate(EMAIL, "right", NOW)


def test_login_replaces_an_outdated_hash(users: FakeUserRepository) -> None:
    authenticator(users, FastHasher("faster")).authenticate(EMAIL, "right", NOW)
    assert users.hashes[1] == "faster:right"
    with pytest.raises(InvalidCredentials):
        authenticator(users, FastHasher("fastest")).authenticate(EMAIL, "wrong", NOW)
    assert users.hashes[1] == "faster:right"


def test_login_does_not_overwrite_a_concurrent_password_change(users: FakeUserRepository) -> None:
    class Overtaken(FastHasher):
        def hash(self, password: str) -> str:
            users.hashes[1] = f"faster:{NEW}"
            return super().hash(password)

    authenticator(users, Overtaken("faster")).authenticate(EMAIL, "right", NOW)
    assert users.hashes[1] == f"faster:{NEW}"


def test_user_erased_during_the_rehash_is_rejected(users: FakeUserRepository) -> None:
    class Erasing(FastHasher):
        def hash(self, password: str) -> str:
            users.erase(1, NOW)
            return super().hash(password)

    with pytest.raises(InvalidCredentials):
        authenticator(users, Erasing("faster")).authenticate(EMAIL, "right", NOW)
    assert users.hashes.get(1) is None


def test_right_current_password_changes_the_password_and_resets_the_failures(users: FakeUserRepository) -> None:
    failed(users, 2)
    authenticator(users).change_password(user(1), "right", NEW, NOW)
    assert users.hashes[1] == f"fast:{NEW}"
    assert users.failures == {}


def test_missing_current_password_is_rejected(users: FakeUserRepository) -> None:
    with pytest.raises(CurrentPasswordRequired):
        authenticator(users).change_password(user(1), None, NEW, NOW)
    assert (users.hashes[1], users.failures) == ("fast:right", {})


def test_wrong_current_passwords_count_as_failed_logins(users: FakeUserRepository) -> None:
    for _ in range(5):
        with pytest.raises(CurrentPasswordWrong):
            authenticator(users).change_password(user(1), "wrong", NEW, NOW)
    with pytest.raises(TooManyAttempts):
        authenticator(users).change_password(user(1), "right", NEW, NOW)
    with pytest.raises(TooManyAttempts):
        authenticator(users).authenticate(EMAIL, "right", NOW)
    assert users.hashes[1] == "fast:right"


def test_changed_email_does_not_reset_the_failures(users: FakeUserRepository) -> None:
    failed(users, 6)
    moved = user(1).changed(email="moved@example.com")
    assert users.replace(user(1), moved)
    with pytest.raises(TooManyAttempts):
        authenticator(users).change_password(moved, "right", NEW, NOW)
    with pytest.raises(TooManyAttempts):
        authenticator(users).authenticate("moved@example.com", "right", NOW)


def test_first_password_needs_no_current_one(users: FakeUserRepository) -> None:
    authenticator(users).change_password(user(3, "without@example.com"), None, NEW, NOW)
    assert (users.hashes[3], users.failures) == (f"fast:{NEW}", {})


@pytest.mark.parametrize("current", ["right", "wrong", None])
def test_rejected_new_password_is_not_an_attempt(users: FakeUserRepository, current: str | None) -> None:
    hasher = FastHasher()
    with pytest.raises(PasswordRejected):
        authenticator(users, hasher).change_password(user(1), current, "too short", NOW)
    assert (users.hashes[1], users.failures, hasher.comparisons) == ("fast:right", {}, 0)


def test_rejected_password_is_not_set(users: FakeUserRepository) -> None:
    with pytest.raises(PasswordRejected, match="e-mail address"):
        authenticator(users).set_password(1, "ada@example.com", check=anyone)
    assert users.hashes[1] == "fast:right"


def test_password_that_would_not_be_accepted_still_logs_in(users: FakeUserRepository) -> None:
    users.hashes[1] = "fast:tab\tpassword"
    assert authenticator(users).authenticate(EMAIL, "tab\tpassword", NOW) == user(1)


def test_password_set_in_one_unicode_form_logs_in_in_the_other(users: FakeUserRepository) -> None:
    authenticator(users).set_password(1, "pass\u00e9 compos\u00e9\u00a0e", check=anyone)
    decomposed = "passe\u0301 compose\u0301\u3000e"
    assert authenticator(users).authenticate(EMAIL, decomposed, NOW) == user(1)
    authenticator(users).change_password(user(1), decomposed, "e\u0301t\u00e9 apre\u0300s l'hiver", NOW)
    assert users.hashes[1] == "fast:\u00e9t\u00e9 apr\u00e8s l'hiver"


def test_replaced_hash_is_of_the_normalised_password(users: FakeUserRepository) -> None:
    users.hashes[1] = "fast:\u00e9t\u00e9"
    authenticator(users, FastHasher("faster")).authenticate(EMAIL, "e\u0301te\u0301", NOW)
    assert users.hashes[1] == "faster:\u00e9t\u00e9"


@pytest.mark.parametrize("old", ["e\u0301te\u0301 a\u0300 la mer", "\u00e9t\u00e9\u00a0\u00e0\u3000la mer"])
def test_password_that_was_set_before_normalising_logs_in_and_is_hashed_anew(
    users: FakeUserRepository, old: str
) -> None:
    users.hashes[1] = f"fast:{old}"
    normalised = "\u00e9t\u00e9 \u00e0 la mer"
    with pytest.raises(InvalidCredentials):
        authenticator(users).authenticate(EMAIL, normalised, NOW)
    assert authenticator(users).authenticate(EMAIL, old, NOW) == user(1)
    assert users.hashes[1] == f"fast:{normalised}"
    for equal in (old, normalised):
        assert authenticator(users).authenticate(EMAIL, equal, NOW) == user(1)


def test_password_that_was_set_before_normalising_is_the_current_one(users: FakeUserRepository) -> None:
    users.hashes[1] = "fast:e\u0301te\u0301"
    authenticator(users).change_password(user(1), "e\u0301te\u0301", NEW, NOW)
    assert users.hashes[1] == f"fast:{NEW}"


def test_second_of_two_concurrent_password_changes_is_rejected(users: FakeUserRepository) -> None:
    class Overtaken(FastHasher):
        def hash(self, password: str) -> str:
            users.hashes[1] = "fast:other"
            return super().hash(password)

    with pytest.raises(CurrentPasswordWrong):
        authenticator(users, Overtaken()).change_password(user(1), "right", NEW, NOW)
    assert users.hashes[1] == "fast:other"


def test_set_password_ends_the_delay(users: FakeUserRepository) -> None:
    failed(users, 11)
    authenticator(users).set_password(1, NEW, check=anyone)
    assert authenticator(users).authenticate(EMAIL, NEW, NOW) == user(1)


def test_password_of_unknown_user_is_rejected(users: FakeUserRepository) -> None:
    with pytest.raises(UserNotFound):
        authenticator(users).set_password(4, NEW, check=anyone)
    assert 4 not in users.hashes


def test_delays_never_decrease() -> None:
    delays = [Failures(count, NOW).delay for count in range(200)]
    assert all(earlier <= later for earlier, later in pairwise(delays))


class Promoting(FakePasswordRepository):
    """Grants scopes to the user before each of the next `times` passwords is stored."""

    def __init__(self, users: FakeUserRepository, times: int) -> None:
        super().__init__(users)
        self.times = times

    def set(self, known: User, password_hash: str) -> bool:
        if self.times:
            self.times -= 1
            stored = self._users.get(known.id)
            self._users.set_scopes(stored, stored.scopes | {f"elsewhere:{self.times}"})
        return super().set(known, password_hash)


def test_caller_is_checked_against_the_scopes_that_the_user_has_when_the_password_is_set(
    users: FakeUserRepository,
) -> None:
    seen: list[frozenset[str]] = []
    hasher = FastHasher()
    promoting = authenticator(users, hasher)._replace(passwords=Promoting(users, 2))
    promoting.set_password(1, NEW, check=lambda user: seen.append(user.scopes))
    assert seen == [frozenset(), {"elsewhere:1"}, {"elsewhere:1", "elsewhere:0"}]
    assert users.hashes[1] == f"fast:{NEW}"


def test_five_concurrent_changes_of_the_user_end_in_busy(users: FakeUserRepository) -> None:
    with pytest.raises(UserBusy):
        authenticator(users)._replace(passwords=Promoting(users, 5)).set_password(1, NEW, check=anyone)
    assert users.hashes[1] == "fast:right"
