"""Whoever has the password, and logs in from many networks, does not make the owner's networks unknown."""

from datetime import UTC, datetime, timedelta
from typing import Final

import pytest

from tests.support.tables import ENGINES, table_on
from tests.users.examples import user
from tests.users.fake_logins import authenticator
from tests.users.fake_repository import FakeUserRepository
from tests.users.guessing import HOME, many
from users.domain import User
from users.failed_logins import ANONYMOUS, KNOWN_NETWORKS, NETWORK, Failures, TooManyAttempts, renewed, succeeded
from users.item_repository import login_item
from users.login import Authenticator
from users.login_repository import DynamoFailureRepository
from users.token_failures import InvalidCredentials

NOW: Final = datetime(2026, 11, 21, 12, tzinfo=UTC)
EMAIL: Final = "ada@example.com"
NEW: Final = "a battery staple that is new"
WORK: Final = "192.0.3.0/24"


def anyone(_user: User) -> None:
    """Allow every caller."""


@pytest.fixture
def login() -> Authenticator:
    """The owner has logged in from home and from work in the last week."""
    users = FakeUserRepository()
    users.add(user(1), "fast:right")
    login = authenticator(users)
    for days in (7, 5, 3):
        for network in (HOME, WORK):
            login.authenticate(EMAIL, "right", network, NOW - timedelta(days=days))
    return login


def evaluated(login: Authenticator, network: str, password: str, at: datetime) -> bool:
    try:
        login.authenticate(EMAIL, password, network, at)
    except TooManyAttempts:
        return False
    except InvalidCredentials:
        return True
    return True


@pytest.mark.parametrize("count", [8, 50])
def test_owner_logs_in_from_known_networks_after_the_reset_of_a_stolen_password(
    login: Authenticator, count: int
) -> None:
    for number, network in enumerate(many(count)):
        login.authenticate(EMAIL, "right", network, NOW + timedelta(minutes=number))
        # The owner goes on, so that home is not the network that was used longest ago.
        login.authenticate(EMAIL, "right", HOME, NOW + timedelta(minutes=number, seconds=30))
    moment = NOW + timedelta(minutes=count)
    login.set_password(1, NEW, by=2, now=moment, check=anyone)
    guesses = sum(evaluated(login, network, "wrong", moment) for network in many(1000) for _ in range(5))
    assert guesses == ANONYMOUS.together.at_once
    assert login.authenticate(EMAIL, NEW, HOME, moment).id == 1
    assert login.authenticate(EMAIL, NEW, WORK, moment).id == 1


def known(*networks: tuple[str, timedelta]) -> Failures:
    failures = Failures()
    for network, ago in sorted(networks, key=lambda each: -each[1]):
        failures = succeeded(failures, ANONYMOUS, network, NOW - ago)
    return failures


def test_networks_known_longest_and_those_used_last_are_remembered() -> None:
    failures = known(*((f"network{number}", timedelta(hours=20 - number)) for number in range(12)))
    assert len(failures.known) == KNOWN_NETWORKS
    assert failures.known.keys() == {f"network{number}" for number in (0, 1, 2, 3, 8, 9, 10, 11)}


def test_network_of_an_owner_who_moves_about_stays_known_in_the_first_day_of_a_thief() -> None:
    own = [(f"own{number}", timedelta(days=59 - 3 * number)) for number in range(20)]
    thief = [(f"thief{number}", timedelta(hours=1, minutes=-number)) for number in range(20)]
    failures = renewed(known(*own, *thief), NOW)
    assert failures.known.keys() >= {f"own{number}" for number in range(16, 20)}
    assert not any("thief" in network for network in failures.known)


def test_network_used_every_day_stays_known_however_long_a_thief_goes_on() -> None:
    home = [("home", timedelta(days=days)) for days in range(30)]
    thief = [(f"thief{number % 20}", timedelta(hours=300 - number)) for number in range(300)]
    assert "home" in renewed(known(*home, *thief), NOW).known


def test_reset_forgets_networks_of_the_last_day() -> None:
    failures = known(("home", timedelta(days=2)), ("work", timedelta(days=1)), ("thief", timedelta(hours=23)))
    assert renewed(failures, NOW).known.keys() == {"home", "work"}


def test_reset_keeps_the_network_of_a_registration_today() -> None:
    failures = known(("home", timedelta(hours=3)), ("thief", timedelta(hours=2)))
    assert renewed(failures, NOW).known.keys() == {"home"}


def test_network_that_was_used_again_is_known_since_the_first_time() -> None:
    failures = known(("home", timedelta(days=2)), ("home", timedelta(hours=1)))
    assert renewed(failures, NOW).known == {"home": int((NOW - timedelta(hours=1)).timestamp())}
    assert failures.since == {"home": int((NOW - timedelta(days=2)).timestamp())}


def test_network_that_was_forgotten_is_new() -> None:
    failures = succeeded(known(("home", timedelta(days=100))), ANONYMOUS, "home", NOW)
    assert failures == Failures({"home": int(NOW.timestamp())})


def test_known_network_of_a_thief_has_its_own_allowance_only(login: Authenticator) -> None:
    """Until the password is reset, a guesser in it is told nothing: it knows the password."""
    [thief] = many(1)
    login.authenticate(EMAIL, "right", thief, NOW)
    assert sum(evaluated(login, thief, "wrong", NOW) for _ in range(20)) == NETWORK.at_once


@pytest.mark.parametrize("engine", ENGINES)
def test_times_of_first_logins_are_stored_where_an_earlier_version_does_not_read_them(engine: str) -> None:
    """It passes the content of `attempts` on as it is, so that another name in it would be an error."""
    failures = known(("home", timedelta(days=2)), ("home", timedelta(hours=1)))
    with table_on(engine, "users") as table:
        repository = DynamoFailureRepository(table)
        assert repository.replace(EMAIL, None, failures)
        assert repository.get(EMAIL) == failures
        item = table.get(login_item(EMAIL))
        assert item is not None
        assert item["attempts"].keys() == {"known", "spent"}
        assert repository.replace(EMAIL, failures, Failures(failures.known))
        assert repository.get(EMAIL) == Failures(failures.known)
