"""Delays after failed logins and failed changes of the password."""

from datetime import timedelta

import pytest

from tests.users.attacks import EMAIL, HOME, NEW, NOW, anyone, attacked, failures, three_users
from tests.users.examples import recent, user
from tests.users.fake_logins import (
    FailingAfterwards,
    FastHasher,
    authenticator,
)
from tests.users.fake_repository import FakeUserRepository
from users.domain import account_key
from users.failed_logins import WITH_TOKEN, TooManyAttempts
from users.login import CurrentPasswordWrong
from users.token_failures import InvalidCredentials


@pytest.fixture
def users() -> FakeUserRepository:
    return three_users()


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
