from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import pairwise

import pytest

from tests.support.racing import race
from tests.users.fake_logins import FakePasswordRepository, FastHasher, door
from tests.users.fake_repository import FakeUserRepository
from tests.users.people import user
from users.domain import UserNotFound, account_key
from users.login import (
    Authenticator,
    CurrentPasswordRequired,
    CurrentPasswordWrong,
    Failures,
    InvalidCredentials,
    TooManyAttempts,
    counted,
)

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
EMAIL = "ada@example.com"


@pytest.fixture
def users() -> FakeUserRepository:
    users = FakeUserRepository()
    users.add(user(1), "fast:right")
    users.add(user(2, "asleep@example.com", is_active=False), "fast:right")
    users.add(user(3, "without@example.com"))
    return users


def failed(users: FakeUserRepository, times: int, now: datetime = NOW) -> None:
    users.failures[account_key(1)] = Failures(times, now)


@pytest.mark.parametrize(
    ("failures", "seconds"), [(0, 0), (4, 0), (5, 1), (6, 2), (7, 4), (10, 32), (11, 60), (12, 60), (10**9, 60)]
)
def test_each_failure_after_the_fifth_doubles_the_delay_up_to_a_minute(failures: int, seconds: int) -> None:
    assert Failures(failures, NOW).delay == timedelta(seconds=seconds)


def test_the_first_attempt_is_the_first_failure_until_it_succeeds() -> None:
    assert counted(None, NOW) == Failures(1, NOW)


def test_times_are_kept_as_the_database_keeps_them() -> None:
    assert counted(None, NOW + timedelta(microseconds=1999)) == Failures(1, NOW + timedelta(milliseconds=1))


@pytest.mark.parametrize(("after", "retry_after"), [(0.0, 4), (0.5, 4), (3.0, 1), (3.999, 1)])
def test_an_attempt_before_its_time_says_how_long_to_wait(after: float, retry_after: int) -> None:
    with pytest.raises(TooManyAttempts) as refusal:
        counted(Failures(7, NOW), NOW + timedelta(seconds=after))
    assert refusal.value.retry_after == retry_after


def test_an_attempt_at_its_time_is_counted() -> None:
    due = NOW + timedelta(seconds=4)
    assert counted(Failures(7, NOW), due) == Failures(8, due)


def test_a_day_after_the_last_failure_all_are_forgotten_though_they_are_still_there() -> None:
    later = NOW + timedelta(hours=24)
    assert counted(Failures(100, NOW), later) == Failures(1, later)
    assert counted(Failures(100, NOW), later - timedelta(seconds=1)).count == 101


def test_a_clock_that_is_behind_does_not_shorten_the_delay() -> None:
    assert counted(Failures(1, NOW), NOW - timedelta(seconds=1)) == Failures(2, NOW)


def test_whoever_shows_the_right_password_is_admitted_and_what_failed_before_is_forgotten(
    users: FakeUserRepository,
) -> None:
    failed(users, 4)
    assert door(users).authenticate("ADA@example.com", "right", NOW) == user(1)
    assert users.failures == {}


@pytest.mark.parametrize(
    ("email", "password", "who"),
    [
        (EMAIL, "wrong", account_key(1)),
        ("nobody@example.com", "right", "nobody@example.com"),
        ("asleep@example.com", "right", account_key(2)),
        ("asleep@example.com", "wrong", account_key(2)),
        ("without@example.com", "right", account_key(3)),
    ],
)
def test_everyone_else_gets_the_same_refusal_for_the_same_work(
    users: FakeUserRepository, email: str, password: str, who: str
) -> None:
    hasher = FastHasher()
    with pytest.raises(InvalidCredentials) as refusal:
        door(users, hasher).authenticate(email, password, NOW)
    assert refusal.value.detail == InvalidCredentials().detail
    assert hasher.comparisons == 1
    assert users.failures == {who: Failures(1, NOW)}


@pytest.mark.parametrize(("email", "who"), [(EMAIL, account_key(1)), ("nobody@example.com", "nobody@example.com")])
def test_failures_slow_down_whether_the_address_is_anyones_or_not(
    users: FakeUserRepository, email: str, who: str
) -> None:
    moment = NOW
    waits: list[int] = []
    while len(waits) < 9:
        try:
            door(users).authenticate(email, "wrong", moment)
        except TooManyAttempts as refusal:
            waits.append(refusal.retry_after)
            moment += timedelta(seconds=refusal.retry_after)
        except InvalidCredentials:
            continue
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert users.failures[who].count == 13


def test_while_the_delay_runs_not_even_the_right_password_is_looked_at(users: FakeUserRepository) -> None:
    failed(users, 11)
    hasher = FastHasher()
    with pytest.raises(TooManyAttempts):
        door(users, hasher).authenticate(EMAIL, "right", NOW + timedelta(seconds=59))
    assert hasher.comparisons == 0
    assert door(users, hasher).authenticate(EMAIL, "right", NOW + timedelta(seconds=60)) == user(1)


def test_guesses_that_arrive_at_once_are_bounded_too(users: FakeUserRepository) -> None:
    hasher = FastHasher()
    results = race(*(partial(door(users, hasher).authenticate, EMAIL, "wrong", NOW) for _ in range(32)))
    assert sum(isinstance(result, InvalidCredentials) for result in results) <= 5
    assert sum(isinstance(result, InvalidCredentials | TooManyAttempts) for result in results) == 32
    assert hasher.comparisons == users.failures[account_key(1)].count <= 5


def test_whoever_is_never_the_first_to_count_has_to_wait(users: FakeUserRepository) -> None:
    class Overtaken:
        def get(self, who: str) -> Failures | None:
            assert who == account_key(1)
            return None

        def replace(self, who: str, known: Failures | None, counted: Failures) -> bool:
            assert (who, known, counted) == (account_key(1), None, Failures(1, NOW))
            return False

        def forget(self, who: str) -> None:
            raise AssertionError(who)

    hasher = FastHasher()
    overtaken = Authenticator(users, FakePasswordRepository(users), Overtaken(), hasher)
    with pytest.raises(TooManyAttempts) as refusal:
        overtaken.authenticate(EMAIL, "right", NOW)
    assert (refusal.value.retry_after, hasher.comparisons) == (1, 0)


def test_who_is_deactivated_while_the_password_is_compared_is_refused(users: FakeUserRepository) -> None:
    class Deactivating(FastHasher):
        def matches(self, password: str, password_hash: str | None) -> bool:
            assert users.replace(user(1), user(1).changed(is_active=False))
            return super().matches(password, password_hash)

    with pytest.raises(InvalidCredentials):
        door(users, Deactivating()).authenticate(EMAIL, "right", NOW)


def test_who_is_erased_while_the_password_is_compared_is_refused(users: FakeUserRepository) -> None:
    class Erasing(FastHasher):
        def matches(self, password: str, password_hash: str | None) -> bool:
            users.erase(1, NOW)
            return super().matches(password, password_hash)

    with pytest.raises(InvalidCredentials):
        door(users, Erasing()).authenticate(EMAIL, "right", NOW)


def test_a_hash_of_other_parameters_is_made_anew_at_login(users: FakeUserRepository) -> None:
    door(users, FastHasher("faster")).authenticate(EMAIL, "right", NOW)
    assert users.hashes[1] == "faster:right"
    with pytest.raises(InvalidCredentials):
        door(users, FastHasher("fastest")).authenticate(EMAIL, "wrong", NOW)
    assert users.hashes[1] == "faster:right"


def test_a_password_that_is_changed_during_a_login_is_not_undone_by_it(users: FakeUserRepository) -> None:
    class Overtaken(FastHasher):
        def hash(self, password: str) -> str:
            users.hashes[1] = "faster:new"
            return super().hash(password)

    door(users, Overtaken("faster")).authenticate(EMAIL, "right", NOW)
    assert users.hashes[1] == "faster:new"


def test_who_is_erased_while_the_hash_is_made_anew_is_refused(users: FakeUserRepository) -> None:
    class Erasing(FastHasher):
        def hash(self, password: str) -> str:
            users.erase(1, NOW)
            return super().hash(password)

    with pytest.raises(InvalidCredentials):
        door(users, Erasing("faster")).authenticate(EMAIL, "right", NOW)
    assert users.hashes.get(1) is None


def test_a_password_is_changed_by_who_shows_the_present_one(users: FakeUserRepository) -> None:
    failed(users, 2)
    door(users).change_password(user(1), "right", "new", NOW)
    assert users.hashes[1] == "fast:new"
    assert users.failures == {}


def test_a_password_is_not_changed_without_the_present_one(users: FakeUserRepository) -> None:
    with pytest.raises(CurrentPasswordRequired):
        door(users).change_password(user(1), None, "new", NOW)
    assert (users.hashes[1], users.failures) == ("fast:right", {})


def test_wrong_present_passwords_are_counted_as_failed_logins_are(users: FakeUserRepository) -> None:
    for _ in range(5):
        with pytest.raises(CurrentPasswordWrong):
            door(users).change_password(user(1), "wrong", "new", NOW)
    with pytest.raises(TooManyAttempts):
        door(users).change_password(user(1), "right", "new", NOW)
    with pytest.raises(TooManyAttempts):
        door(users).authenticate(EMAIL, "right", NOW)
    assert users.hashes[1] == "fast:right"


def test_another_address_does_not_let_anybody_guess_again(users: FakeUserRepository) -> None:
    failed(users, 6)
    moved = user(1).changed(email="moved@example.com")
    assert users.replace(user(1), moved)
    with pytest.raises(TooManyAttempts):
        door(users).change_password(moved, "right", "new", NOW)
    with pytest.raises(TooManyAttempts):
        door(users).authenticate("moved@example.com", "right", NOW)


def test_a_first_password_needs_no_other(users: FakeUserRepository) -> None:
    door(users).change_password(user(3, "without@example.com"), None, "first", NOW)
    assert (users.hashes[3], users.failures) == ("fast:first", {})


def test_of_two_changes_with_one_present_password_the_second_is_refused(users: FakeUserRepository) -> None:
    class Overtaken(FastHasher):
        def hash(self, password: str) -> str:
            users.hashes[1] = "fast:other"
            return super().hash(password)

    with pytest.raises(CurrentPasswordWrong):
        door(users, Overtaken()).change_password(user(1), "right", "new", NOW)
    assert users.hashes[1] == "fast:other"


def test_an_administrator_sets_a_password_and_lets_its_user_in_at_once(users: FakeUserRepository) -> None:
    failed(users, 11)
    door(users).set_password(1, "new")
    assert door(users).authenticate(EMAIL, "new", NOW) == user(1)


def test_nobody_gets_a_password_who_is_not_there(users: FakeUserRepository) -> None:
    with pytest.raises(UserNotFound):
        door(users).set_password(4, "new")
    assert 4 not in users.hashes


def test_delays_never_shrink() -> None:
    delays = [Failures(count, NOW).delay for count in range(200)]
    assert all(earlier <= later for earlier, later in pairwise(delays))
