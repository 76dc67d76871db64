from datetime import UTC, datetime, timedelta

import pytest

from common.failures import Unavailable
from tests.support.tables import table_on
from tests.users.earlier_version import DOUBLE_S, SHARP_S, added_before
from tests.users.examples import recent, user
from tests.users.fake_logins import (
    FailingAfterwards,
    FakeFailureRepository,
    FakePasswordRepository,
    FastHasher,
    authenticator,
)
from tests.users.fake_repository import FakeUserRepository
from users.attempts import begin, network_name
from users.domain import User, UserBusy, UserNotFound, account_key
from users.failed_logins import ANONYMOUS, IN_PROGRESS, NETWORK, WITH_TOKEN, Callers, Failures, TooManyAttempts, counted
from users.login import CurrentPasswordRequired, CurrentPasswordWrong
from users.passwords import PasswordRejected
from users.repository import DynamoUserRepository
from users.token_failures import InvalidCredentials

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
EMAIL = "ada@example.com"
HOME = "192.0.2.0/24"
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


def attacked(users: FakeUserRepository, networks: int, now: datetime = NOW) -> None:
    """Store five guesses from each of so many networks, eight of which use up the allowance of all."""
    for number in range(networks):
        for _ in range(NETWORK.at_once):
            begin(FakeFailureRepository(users), account_key(1), ANONYMOUS, f"guesser {number}", now)


def failures(key: str, network: str = HOME, times: int = 1, callers: Callers = ANONYMOUS) -> Failures:
    """Return the failures after attempts at NOW from an unknown network."""
    expected = Failures()
    for _ in range(times):
        expected = counted(expected, callers, network_name(key, network), NOW)
    return expected


def test_right_password_authenticates_and_refunds_the_attempt(users: FakeUserRepository) -> None:
    begin(FakeFailureRepository(users), account_key(1), ANONYMOUS, HOME, NOW)
    before = users.failures[account_key(1)]
    assert authenticator(users).authenticate("ADA@example.com", "right", HOME, NOW) == user(1)
    known = {network_name(account_key(1), HOME): int(NOW.timestamp())}
    assert users.failures == {account_key(1): Failures(known, before.spent)}


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
        authenticator(users, hasher).authenticate(email, f"{password}{accent}", HOME, NOW)
    assert rejection.value.detail == InvalidCredentials().detail
    assert hasher.comparisons == comparisons
    assert users.failures == {key: failures(key)}


@pytest.mark.parametrize("email", [EMAIL, "unknown@example.com", "inactive@example.com", "without@example.com"])
def test_delay_is_the_same_for_known_and_unknown_emails(users: FakeUserRepository, email: str) -> None:
    moment = NOW
    waits: list[int] = []
    while len(waits) < 4:
        try:
            # Another letter case is no other address.
            authenticator(users).authenticate(email.upper() if waits else email, "wrong", HOME, moment)
        except TooManyAttempts as rejection:
            waits.append(rejection.retry_after)
            moment += timedelta(seconds=rejection.retry_after)
        except InvalidCredentials:
            continue
    # As long as an attempt may be in progress, others are told to wait for it.
    assert waits == [1, 1, 1, 357]


def test_right_password_is_not_compared_during_the_delay(users: FakeUserRepository) -> None:
    hasher = FastHasher()
    attacked(users, 1)
    with pytest.raises(TooManyAttempts):
        authenticator(users, hasher).authenticate(EMAIL, "right", "guesser 0", NOW + timedelta(seconds=359))
    assert hasher.comparisons == 0
    later = NOW + timedelta(seconds=360)
    assert authenticator(users, hasher).authenticate(EMAIL, "right", "guesser 0", later) == user(1)


def test_address_that_an_earlier_version_reserved_for_another_address_is_no_login() -> None:
    with table_on("moto", "users") as table:
        added_before(table, 1, SHARP_S)
        users = FakeUserRepository(user(1, SHARP_S))
        users.hashes[1] = "fast:right"
        login = authenticator(users)._replace(users=DynamoUserRepository(table))
        assert login.authenticate(SHARP_S, "right", HOME, NOW).id == 1
        with pytest.raises(InvalidCredentials):
            login.authenticate(DOUBLE_S, "right", HOME, NOW)


def test_owner_logs_in_from_another_network_than_the_guesser(users: FakeUserRepository) -> None:
    attacked(users, 1)
    assert authenticator(users).authenticate(EMAIL, "right", HOME, NOW) == user(1)


def test_owner_logs_in_from_a_known_network_when_the_unknown_ones_have_no_attempts_left(
    users: FakeUserRepository,
) -> None:
    authenticator(users).authenticate(EMAIL, "right", HOME, NOW - timedelta(days=89))
    attacked(users, 8)
    with pytest.raises(TooManyAttempts):
        authenticator(users).authenticate(EMAIL, "right", "elsewhere", NOW)
    assert authenticator(users).authenticate(EMAIL, "right", HOME, NOW) == user(1)


def test_guesses_at_the_login_do_not_delay_a_change_of_the_password(users: FakeUserRepository) -> None:
    attacked(users, 8)
    authenticator(users).change_password(user(1), "right", NEW, "guesser 0", NOW, check_login=recent)
    assert users.hashes[1] == f"fast:{NEW}"


def test_guesses_with_a_token_do_not_delay_a_login(users: FakeUserRepository) -> None:
    for number in range(20):
        with pytest.raises((CurrentPasswordWrong, TooManyAttempts)):
            authenticator(users).change_password(
                user(1), "wrong", NEW, f"guesser {number % 5}", NOW, check_login=recent
            )
    with pytest.raises(TooManyAttempts):
        authenticator(users).change_password(user(1), "right", NEW, HOME, NOW, check_login=recent)
    assert authenticator(users).authenticate(EMAIL, "right", "guesser 0", NOW) == user(1)


def test_user_deactivated_during_the_comparison_is_rejected(users: FakeUserRepository) -> None:
    class Deactivating(FastHasher):
        def matches(self, password: str, password_hash: str | None) -> bool:
            assert users.replace(user(1), user(1).changed(is_active=False))
            return super().matches(password, password_hash)

    with pytest.raises(InvalidCredentials):
        authenticator(users, Deactivating()).authenticate(EMAIL, "right", HOME, NOW)


def test_user_erased_during_the_comparison_is_rejected(users: FakeUserRepository) -> None:
    class Erasing(FastHasher):
        def matches(self, password: str, password_hash: str | None) -> bool:
            users.erase(1, NOW)
            return super().matches(password, password_hash)

    with pytest.raises(InvalidCredentials):
        authenticator(users, Erasing()).authenticate(EMAIL, "right", HOME, NOW)


def test_login_replaces_an_outdated_hash(users: FakeUserRepository) -> None:
    authenticator(users, FastHasher("faster")).authenticate(EMAIL, "right", HOME, NOW)
    assert users.hashes[1] == "faster:right"
    with pytest.raises(InvalidCredentials):
        authenticator(users, FastHasher("fastest")).authenticate(EMAIL, "wrong", HOME, NOW)
    assert users.hashes[1] == "faster:right"


def test_login_does_not_overwrite_a_concurrent_password_change(users: FakeUserRepository) -> None:
    class Overtaken(FastHasher):
        def hash(self, password: str) -> str:
            users.hashes[1] = f"faster:{NEW}"
            return super().hash(password)

    authenticator(users, Overtaken("faster")).authenticate(EMAIL, "right", HOME, NOW)
    assert users.hashes[1] == f"faster:{NEW}"


def test_user_erased_during_the_rehash_is_rejected(users: FakeUserRepository) -> None:
    class Erasing(FastHasher):
        def hash(self, password: str) -> str:
            users.erase(1, NOW)
            return super().hash(password)

    with pytest.raises(InvalidCredentials):
        authenticator(users, Erasing("faster")).authenticate(EMAIL, "right", HOME, NOW)
    assert users.hashes.get(1) is None


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


def test_wrong_current_passwords_are_delayed(users: FakeUserRepository) -> None:
    for _ in range(5):
        with pytest.raises(CurrentPasswordWrong):
            authenticator(users).change_password(user(1), "wrong", NEW, HOME, NOW, check_login=recent)
    assert users.failures == {account_key(1): failures(account_key(1), times=5, callers=WITH_TOKEN)}
    with pytest.raises(TooManyAttempts):
        authenticator(users).change_password(user(1), "right", NEW, HOME, NOW, check_login=recent)
    assert users.hashes[1] == "fast:right"


def test_changed_email_does_not_reset_the_failures(users: FakeUserRepository) -> None:
    attacked(users, 8)
    moved = user(1).changed(email="moved@example.com")
    assert users.replace(user(1), moved)
    with pytest.raises(TooManyAttempts):
        authenticator(users).authenticate("moved@example.com", "right", HOME, NOW)


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


def test_password_that_would_not_be_accepted_still_logs_in(users: FakeUserRepository) -> None:
    users.hashes[1] = "fast:tab\tpassword"
    assert authenticator(users).authenticate(EMAIL, "tab\tpassword", HOME, NOW) == user(1)


def test_password_set_in_one_unicode_form_logs_in_in_the_other(users: FakeUserRepository) -> None:
    authenticator(users).set_password(1, "pass\u00e9 compos\u00e9\u00a0e", by=2, now=NOW, check=anyone)
    decomposed = "passe\u0301 compose\u0301\u3000e"
    assert authenticator(users).authenticate(EMAIL, decomposed, HOME, NOW).id == 1
    authenticator(users).change_password(
        user(1), decomposed, "e\u0301t\u00e9 apre\u0300s l'hiver", HOME, NOW, check_login=recent
    )
    assert users.hashes[1] == "fast:\u00e9t\u00e9 apr\u00e8s l'hiver"


def test_replaced_hash_is_of_the_normalised_password(users: FakeUserRepository) -> None:
    users.hashes[1] = "fast:\u00e9t\u00e9"
    authenticator(users, FastHasher("faster")).authenticate(EMAIL, "e\u0301te\u0301", HOME, NOW)
    assert users.hashes[1] == "faster:\u00e9t\u00e9"


@pytest.mark.parametrize("old", ["e\u0301te\u0301 a\u0300 la mer", "\u00e9t\u00e9\u00a0\u00e0\u3000la mer"])
def test_password_that_was_set_before_normalising_logs_in_and_is_hashed_anew(
    users: FakeUserRepository, old: str
) -> None:
    users.hashes[1] = f"fast:{old}"
    normalised = "\u00e9t\u00e9 \u00e0 la mer"
    with pytest.raises(InvalidCredentials):
        authenticator(users).authenticate(EMAIL, normalised, HOME, NOW)
    assert authenticator(users).authenticate(EMAIL, old, HOME, NOW) == user(1)
    assert users.hashes[1] == f"fast:{normalised}"
    for equal in (old, normalised):
        assert authenticator(users).authenticate(EMAIL, equal, HOME, NOW) == user(1)


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


def test_set_password_ends_the_delay_of_a_network(users: FakeUserRepository) -> None:
    attacked(users, 1)
    authenticator(users).set_password(1, NEW, by=2, now=NOW, check=anyone)
    assert authenticator(users).authenticate(EMAIL, NEW, "guesser 0", NOW).id == 1


def test_set_password_keeps_the_owner_s_networks_and_gives_a_guesser_no_attempts(users: FakeUserRepository) -> None:
    authenticator(users).authenticate(EMAIL, "right", HOME, NOW - timedelta(days=1))
    attacked(users, 8)
    authenticator(users).set_password(1, NEW, by=2, now=NOW, check=anyone)
    with pytest.raises(TooManyAttempts):
        authenticator(users).authenticate(EMAIL, "wrong", "guesser 99", NOW)
    assert authenticator(users).authenticate(EMAIL, NEW, HOME, NOW).id == 1


@pytest.mark.parametrize("served", [0, 1])
def test_password_is_set_although_the_delays_cannot_be_ended(users: FakeUserRepository, served: int) -> None:
    attacked(users, 1)
    failing = FailingAfterwards(users, served)
    authenticator(users)._replace(failures=failing).set_password(1, NEW, by=2, now=NOW, check=anyone)
    assert (users.hashes[1], failing.served) == (f"fast:{NEW}", 0)


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


def test_login_is_a_success_although_neither_refund_nor_new_hash_can_be_stored(users: FakeUserRepository) -> None:
    class Unwritable(FakePasswordRepository):
        def replace(self, user_id: int, known: str | None, password_hash: str, at: int | None = None) -> bool:
            raise Unavailable(f"{user_id}, {known}, {password_hash}, {at}")

    login = authenticator(users, FastHasher("faster"))
    login = login._replace(failures=FailingAfterwards(users, 2), passwords=Unwritable(users))
    assert login.authenticate(EMAIL, "right", HOME, NOW) == user(1)
    assert users.hashes[1] == "fast:right"


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
