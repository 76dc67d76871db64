"""More right logins at the same time than a network has attempts: the others need to wait only until these end."""

from datetime import UTC, datetime, timedelta
from typing import Final

import pytest

from tests.users.examples import user
from tests.users.fake_logins import authenticator
from tests.users.fake_repository import FakeUserRepository
from users.attempts import Attempt, begin
from users.domain import account_key
from users.failed_logins import ANONYMOUS, NETWORK, WITH_TOKEN, Callers, FailureRepository, TooManyAttempts
from users.login import Authenticator

NOW: Final = datetime(2026, 11, 21, 12, tzinfo=UTC)
EMAIL: Final = "ada@example.com"
KEY: Final = account_key(1)
HOME: Final = "192.0.2.0/24"
KINDS: Final = pytest.mark.parametrize("callers", [ANONYMOUS, WITH_TOKEN], ids=lambda callers: callers.name)


@pytest.fixture
def login() -> Authenticator:
    users = FakeUserRepository()
    users.add(user(1), "fast:right")
    return authenticator(users)


@pytest.fixture
def failures(login: Authenticator) -> FailureRepository:
    return login.failures


def wait(failures: FailureRepository, callers: Callers, after: timedelta) -> int:
    with pytest.raises(TooManyAttempts) as rejection:
        begin(failures, KEY, callers, HOME, NOW + after)
    return rejection.value.retry_after


@KINDS
def test_attempt_waits_a_second_while_others_are_in_progress(failures: FailureRepository, callers: Callers) -> None:
    attempts = [begin(failures, KEY, callers, HOME, NOW) for _ in range(NETWORK.at_once)]
    assert wait(failures, callers, timedelta(seconds=1)) == 1
    attempts[0].succeed()
    assert isinstance(begin(failures, KEY, callers, HOME, NOW + timedelta(seconds=1)), Attempt)


@KINDS
def test_attempt_waits_for_its_turn_after_others_have_failed(failures: FailureRepository, callers: Callers) -> None:
    for _ in range(NETWORK.at_once):
        begin(failures, KEY, callers, HOME, NOW)
    assert wait(failures, callers, timedelta(seconds=10)) == NETWORK.interval - 10


def test_waiting_for_attempts_in_progress_of_earlier_failures(failures: FailureRepository) -> None:
    """One attempt failed before, so the wait by the allowance would be any number of seconds."""
    begin(failures, KEY, ANONYMOUS, HOME, NOW - timedelta(seconds=100))
    for _ in range(NETWORK.at_once - 1):
        begin(failures, KEY, ANONYMOUS, HOME, NOW)
    assert wait(failures, ANONYMOUS, timedelta()) == 1


def test_twenty_right_logins_at_once_all_succeed_within_four_seconds(failures: FailureRepository) -> None:
    left = 20
    for seconds in range(20 // NETWORK.at_once):
        now = NOW + timedelta(seconds=seconds)
        attempts = [begin(failures, KEY, ANONYMOUS, HOME, now) for _ in range(NETWORK.at_once)]
        assert wait(failures, ANONYMOUS, now - NOW) == 1
        for attempt in attempts:
            attempt.succeed()
        left -= len(attempts)
    assert left == 0


def test_guesser_who_obeys_a_short_wait_has_no_more_attempts(failures: FailureRepository) -> None:
    evaluated, due = 0, 0
    while due < 3600:
        try:
            begin(failures, KEY, ANONYMOUS, HOME, NOW + timedelta(seconds=due))
        except TooManyAttempts as rejection:
            due += rejection.retry_after
        else:
            evaluated += 1
    assert evaluated <= NETWORK.per_hour
