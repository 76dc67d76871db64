import os
from datetime import timedelta
from pathlib import Path

import pytest

from tests.users.guessing import CROWDS, GUESSERS, OWNERS, PER_SECOND, Guesser, Outcome, abridged, simulate, steady
from users.failed_logins import ANONYMOUS, KNOWN_NETWORKS, KNOWN_SECONDS, NETWORK, WITH_TOKEN

PAGE = Path(__file__).parents[2] / "services" / "users" / "docs" / "guessing.md"
# `make guessing` sets it.
WRITE = "WRITE_PAGES"

KNOWN_DAYS = KNOWN_SECONDS // 86_400
TEXT = f"""\
# Guessing at a password

`make guessing` writes this page. It runs the service's own code, with a clock of its own, against guessers who send
{PER_SECOND} requests a second. Meanwhile the owner, who has logged in from one network before, tries four things every
ten minutes, each once. The reasons are in [decision 0050](../../../docs/decisions/0050-failed-logins-by-network.md).

| attempts with one account | at once | then one each | at most in any hour |
|---|---|---|---|
| at the login, from one network | {NETWORK.at_once} | {NETWORK.interval} s | {NETWORK.per_hour} |
| at the login, from all unknown networks together | {ANONYMOUS.together.at_once} | {ANONYMOUS.together.interval} s \
| {ANONYMOUS.together.per_hour} |
| with a token of the account, from one network | {NETWORK.at_once} | {NETWORK.interval} s | {NETWORK.per_hour} |
| with a token of the account, from all unknown networks together | {WITH_TOKEN.together.at_once} \
| {WITH_TOKEN.together.interval} s | {WITH_TOKEN.together.per_hour} |

A network is an IPv4 /24 or an IPv6 /56. It is *known* for {KNOWN_DAYS} days after a success from it, or after
the registration. An account has at most {KNOWN_NETWORKS} known networks. They do not share the allowance of the
unknown ones, so a guesser in one of them has {NETWORK.per_hour} attempts in any hour beside those. A success refunds
its own attempt and no other.

## Guessers

| guesser | time | evaluated guesses | in the worst hour |
|---|---|---|---|
"""
OWNER = """
## The owner, at the first try

Each column is a guesser of the table above. `144 of 144` means that all tries in 24 hours succeeded. In a network that
is not known, the owner cannot be told from a guesser with many networks, and waits as those do. In a known one, only a
guesser in the same network keeps the owner waiting, and callers with a token and without do not delay each other.

"""
CROWD = """
## From how many networks a guesser keeps the owner out of new ones

Each network has its own allowance, and all unknown ones have one together, which as many as below use up sooner or
later. The owner, in a network that is new to the account, then waits as they do.

| networks of the guesser | owner's login, in 24 h | owner's change of the password, while a stolen token is valid |
|---|---|---|
"""
README = PAGE.parents[1] / "README.md"
NUMBERS = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight"]


def duration(lasts: timedelta) -> str:
    minutes = int(lasts.total_seconds()) // 60
    return f"{minutes // 60} h" if minutes >= 60 else f"{minutes} min"


def page(outcomes: dict[Guesser, Outcome], crowds: dict[int, tuple[str, str]]) -> str:
    rows = [
        f"| {guesser.name} | {duration(guesser.lasts)} | {len(outcome.evaluated):,} | {outcome.worst_hour} |"
        for guesser, outcome in outcomes.items()
    ]
    head = [
        "| the owner's try | " + " | ".join(guesser.name for guesser in outcomes) + " |",
        "|---" * (1 + len(outcomes)) + "|",
    ]
    tries = [
        f"| {name} | " + " | ".join(_tries(outcome, name) for outcome in outcomes.values()) + " |" for name in OWNERS
    ]
    crowd = [f"| {count} | {login} | {change} |" for count, (login, change) in crowds.items()]
    return TEXT + "\n".join(rows) + "\n" + OWNER + "\n".join(head + tries) + "\n" + CROWD + "\n".join(crowd) + "\n"


@pytest.fixture(scope="module")
def outcomes() -> dict[Guesser, Outcome]:
    moments = steady if WRITE in os.environ else abridged
    return {guesser: simulate(guesser, moments(guesser.lasts)) for guesser in GUESSERS}


@pytest.fixture(scope="module")
def crowds() -> dict[int, tuple[str, str]]:
    """What the owner achieves in new networks, by the number of the guesser's networks."""
    return {
        count: (
            _tries(simulate(login, abridged(login.lasts)), "login, another network"),
            _tries(simulate(stolen, abridged(stolen.lasts)), "change of the password, another network"),
        )
        for count, (login, stolen) in CROWDS.items()
    }


def _tries(outcome: Outcome, name: str) -> str:
    return f"{outcome.successes[name]} of {outcome.tries[name]}"


def test_documentation_says_from_how_many_networks_the_owner_is_kept_out(crowds: dict[int, tuple[str, str]]) -> None:
    logins, changes = (
        min(count for count, tries in crowds.items() if tries[at].split(" of ")[0] != tries[at].split(" of ")[1])
        for at in (0, 1)
    )
    readme = " ".join(README.read_text().split())
    assert f"A guesser with {NUMBERS[logins]} networks or more keeps the owner out of networks that are new" in readme
    assert f"a thief of a token with {NUMBERS[changes]} networks" in readme


def test_page_is_as_make_guessing_writes_it(
    outcomes: dict[Guesser, Outcome], crowds: dict[int, tuple[str, str]]
) -> None:
    text = page(outcomes, crowds)
    if WRITE in os.environ:
        PAGE.write_text(text)
    assert PAGE.read_text() == text, "run: make guessing"


def test_guessers_are_held_to_the_stated_numbers(outcomes: dict[Guesser, Outcome]) -> None:
    limits = [NETWORK, ANONYMOUS.together, NETWORK, NETWORK, WITH_TOKEN.together]
    for outcome, allowance in zip(outcomes.values(), limits, strict=True):
        assert outcome.worst_hour <= allowance.per_hour


def test_owner_is_kept_out_of_unknown_networks_by_many_networks_and_of_a_known_one_by_that_one(
    outcomes: dict[Guesser, Outcome],
) -> None:
    kept_out = {
        (guesser.name, name)
        for guesser, outcome in outcomes.items()
        for name in OWNERS
        if outcome.successes[name] < outcome.tries[name]
    }
    assert kept_out == {
        ("at the login, 1,000 networks", "login, another network"),
        ("at the login, the owner's network", "login, known network"),
        ("stolen token, 1,000 networks", "change of the password, another network"),
    }
