import math
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from users.failed_logins import (
    ALL_UNKNOWN,
    ANONYMOUS,
    HOUR,
    IN_PROGRESS,
    KNOWN_NETWORKS,
    KNOWN_SECONDS,
    NETWORK,
    WITH_TOKEN,
    Allowance,
    Callers,
    Failures,
    TooManyAttempts,
    counted,
    renewed,
    succeeded,
)

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SECOND = int(NOW.timestamp())
EVERY_KIND = pytest.mark.parametrize("callers", [ANONYMOUS, WITH_TOKEN], ids=lambda callers: callers.name)


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def ended(failures: Failures) -> Failures:
    """Return the failures when no attempt is in progress any more."""
    spent = {
        name: {network: until for network, until in spent.items() if network != IN_PROGRESS}
        for name, spent in failures.spent.items()
    }
    return replace(failures, spent={name: left for name, left in spent.items() if left})


def failed(
    times: int, *networks: str, failures: Failures | None = None, callers: Callers = ANONYMOUS, at: datetime = NOW
) -> Failures:
    """Return the failures after so many attempts from each of the networks."""
    failures = failures or Failures()
    for network in networks:
        for _ in range(times):
            failures = counted(failures, callers, network, at)
    return ended(failures)


def retry_after(failures: Failures, network: str, callers: Callers = ANONYMOUS, at: datetime = NOW) -> int:
    with pytest.raises(TooManyAttempts) as rejection:
        counted(failures, callers, network, at)
    return rejection.value.retry_after


def known(network: str, failures: Failures | None = None, at: datetime = NOW) -> Failures:
    """Return the failures after a success from a network."""
    return ended(succeeded(counted(failures or Failures(), ANONYMOUS, network, at), ANONYMOUS, network, at))


def evaluated(failures: Failures, network: str, callers: Callers = ANONYMOUS, at: datetime = NOW) -> bool:
    try:
        counted(failures, callers, network, at)
    except TooManyAttempts:
        return False
    return True


@pytest.mark.parametrize(
    ("allowance", "per_hour"), [(NETWORK, 15), (ANONYMOUS.together, 80), (WITH_TOKEN.together, 20)]
)
def test_attempts_in_an_hour(allowance: Allowance, per_hour: int) -> None:
    """`make guessing` writes these figures, and the documentation states them."""
    assert allowance.per_hour == per_hour


@EVERY_KIND
def test_network_has_five_attempts_then_one_each_six_minutes(callers: Callers) -> None:
    failures = failed(5, "one", callers=callers)
    assert retry_after(failures, "one", callers) == 360
    assert retry_after(failures, "one", callers, after(359.999)) == 1
    failures = failed(1, "one", failures=failures, callers=callers, at=after(360))
    assert retry_after(failures, "one", callers, after(360)) == 360


@EVERY_KIND
def test_other_network_has_attempts_left(callers: Callers) -> None:
    assert evaluated(failed(5, "one", callers=callers), "another", callers)


def test_callers_with_a_token_and_those_without_do_not_delay_each_other() -> None:
    guessed = failed(5, *(f"guesser{number}" for number in range(8)))
    retry_after(guessed, "one")
    assert evaluated(guessed, "one", WITH_TOKEN)
    stolen = failed(5, "guesser0", "guesser1", callers=WITH_TOKEN)
    retry_after(stolen, "one", WITH_TOKEN)
    assert evaluated(stolen, "one")


def test_unknown_networks_together_have_forty_attempts_then_one_each_90_seconds() -> None:
    failures = failed(1, *(f"guesser{number}" for number in range(40)))
    assert retry_after(failures, "one") == 90
    failures = failed(1, "one", failures=failures, at=after(90))
    assert retry_after(failures, "another", at=after(90)) == 90


def test_retry_after_is_that_of_the_longer_wait() -> None:
    failures = failed(5, *(f"guesser{number}" for number in range(8)))
    assert (retry_after(failures, "guesser0"), retry_after(failures, "one")) == (360, 90)


def test_known_network_has_attempts_left_when_the_unknown_ones_have_none() -> None:
    failures = failed(5, *(f"guesser{number}" for number in range(8)), failures=known("home"))
    retry_after(failures, "one")
    assert evaluated(failed(4, "home", failures=failures), "home")
    assert retry_after(failed(5, "home", failures=failures), "home") == 360


def test_reset_password_ends_the_delay_of_each_network_and_keeps_what_unknown_ones_spent_together() -> None:
    failures = failed(5, *(f"guesser{number}" for number in range(8)), "home", failures=known("home"))
    failures = failed(1, "home", failures=failures, callers=WITH_TOKEN)
    assert renewed(failures, NOW) == Failures(known={"home": SECOND}, spent={"login": {ALL_UNKNOWN: SECOND + 40 * 90}})


def test_success_refunds_its_own_attempt_only() -> None:
    failures = failed(4, "one")
    assert known("one", failures) == Failures(
        known={"one": SECOND}, spent={"login": {"one": SECOND + 4 * 360, ALL_UNKNOWN: SECOND + 4 * 90}}
    )
    assert known("one") == Failures(known={"one": SECOND})


def test_success_in_a_known_network_leaves_those_of_the_others() -> None:
    failures = known("home", failed(5, "guesser"))
    assert known("home", failures).spent == failures.spent


def test_network_is_forgotten_90_days_after_the_last_success() -> None:
    last = NOW + timedelta(days=1)
    failures = known("home", known("home"), at=last)
    assert failures.expires_at == int(last.timestamp()) + KNOWN_SECONDS
    days = timedelta(seconds=KNOWN_SECONDS)
    assert "home" in failures.still(int((last + days).timestamp()) - 1).known
    assert failures.still(int((last + days).timestamp())) == Failures()


@EVERY_KIND
def test_unknown_network_with_the_most_left_is_dropped(callers: Callers) -> None:
    failures = failed(1, "first", callers=callers)
    for number in range(callers.unknown_networks):
        failures = failed(1, f"network{number}", failures=failures, callers=callers, at=after(1 + number))
    assert "first" not in failures.spent[callers.name]
    assert len(failures.spent[callers.name].keys() - {ALL_UNKNOWN}) == callers.unknown_networks


def test_known_networks_are_never_dropped() -> None:
    failures = failed(1, "home", failures=known("home"))
    failures = failed(1, *(f"network{number}" for number in range(40)), failures=failures, at=after(1))
    assert failures.spent["login"]["home"] == SECOND + 360


def test_allowances_that_are_whole_again_are_not_stored() -> None:
    failures = failed(2, "one")
    assert failures.expires_at == SECOND + 720
    assert failures.still(SECOND + 719).spent == {"login": {"one": SECOND + 720}}
    assert failures.still(SECOND + 720) == Failures()


def test_slow_clock_neither_adds_attempts_nor_delays_the_first() -> None:
    failures = counted(Failures(), ANONYMOUS, "one", NOW)
    failures = counted(failures, ANONYMOUS, "one", after(-1))
    assert failures.spent["login"]["one"] == SECOND + 720


GUESSERS = [f"network{number}" for number in range(24)]
PAUSES = st.sampled_from([0.0, 0.5, 30.0, 90.0, 360.0, 3600.0]) | st.floats(0, 4000)
# Networks that the owner logs in from. Guessers are in them as well.
OWNERS = st.none() | st.sampled_from(GUESSERS[:KNOWN_NETWORKS])


@EVERY_KIND
@given(rounds=st.lists(st.tuples(PAUSES, OWNERS), min_size=2, max_size=8))
@settings(max_examples=25)
def test_no_sequence_gets_more_evaluated_guesses_in_any_hour(
    callers: Callers, rounds: list[tuple[float, str | None]]
) -> None:
    """Each round, every network sends as many guesses as are evaluated. The owner logs in meanwhile."""
    failures, moment = Failures(), NOW
    guesses: list[tuple[datetime, str | None]] = []
    for pause, owner in rounds:
        moment += timedelta(seconds=pause)
        if owner and evaluated(failures, owner, callers, moment):
            failures = succeeded(counted(failures, callers, owner, moment), callers, owner, moment)
        for network in GUESSERS:
            for _ in range(2 * NETWORK.per_hour):
                if not evaluated(failures, network, callers, moment):
                    break
                guesses.append((moment, network if network in failures.known else None))
                failures = counted(failures, callers, network, moment)
    for end in {at for at, _ in guesses}:
        hour = Counter(network for at, network in guesses if end - timedelta(seconds=HOUR) <= at <= end)
        assert hour.pop(None, 0) <= callers.together.per_hour
        assert all(number <= NETWORK.per_hour for number in hour.values())


@given(st.lists(st.floats(0, 400), max_size=60))
def test_one_network_gets_no_more_than_its_allowance_in_any_hour(pauses: list[float]) -> None:
    failures, moment = Failures(), NOW
    guesses: list[datetime] = []
    for pause in pauses:
        moment += timedelta(seconds=pause)
        if evaluated(failures, "one", at=moment):
            failures = counted(failures, ANONYMOUS, "one", moment)
            guesses.append(moment)
    for first, beyond in zip(guesses, guesses[NETWORK.per_hour :], strict=False):
        assert beyond - first > timedelta(seconds=HOUR)


@given(st.integers(1, 60), st.floats(0, 100_000))
def test_attempt_at_retry_after_is_evaluated_and_one_a_second_earlier_is_not(times: int, start: float) -> None:
    moment = after(start)
    failures = Failures()
    for _ in range(times):
        try:
            failures = failed(1, "one", failures=failures, at=moment)
        except TooManyAttempts as rejection:
            whole = math.floor(moment.timestamp())
            due = datetime.fromtimestamp(whole + rejection.retry_after, UTC)
            assert not evaluated(failures, "one", at=due - timedelta(milliseconds=1))
            moment = due
            failures = failed(1, "one", failures=failures, at=moment)
