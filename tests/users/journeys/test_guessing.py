"""A guesser at the login does not keep the owner out, and cannot choose a network by a header."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import httpx2

from tests.support.problem import assert_problem
from tests.users.journeys.accounts import PASSWORD, TOKEN, Person, log_in, register

# All addresses of 127.0.0.0/8 are this machine's own, and the gateway sees the one that a client is bound to.
GUESSER, NEIGHBOUR, OWNER = "127.0.1.5", "127.0.1.6", "127.0.2.5"
SECONDS_BETWEEN = 1 / 7
NEW_PASSWORD = "another horse battery"


@contextmanager
def bound_to(address: str, api: httpx2.Client) -> Iterator[httpx2.Client]:
    """Yield a client of the same API that sends from this address."""
    transport = httpx2.HTTPTransport(local_address=address)
    with httpx2.Client(base_url=api.base_url, transport=transport, timeout=30) as client:
        yield client


class Guesses:
    """Sends guesses, with another address in the headers each time, until it is stopped."""

    def __init__(self, client: httpx2.Client, person: Person) -> None:
        self._client = client
        self._person = person
        self.statuses: list[int] = []
        self.rejected = threading.Event()
        self.stopped = threading.Event()

    def run(self) -> None:
        """Send them."""
        try:
            while not self.stopped.wait(SECONDS_BETWEEN):
                self._send(f"198.51.{len(self.statuses)}.1")
        finally:
            self.rejected.set()

    def _send(self, claimed: str) -> None:
        headers = {"X-Forwarded-For": claimed, "Forwarded": f"for={claimed}", "X-Real-IP": claimed}
        form = self._person.form | {"password": f"guess {len(self.statuses)}"}
        response = self._client.post(TOKEN, data=form, headers=headers)
        self.statuses.append(response.status_code)
        if response.status_code == 429:
            assert_problem(response, 429, "too-many-attempts")
            self.rejected.set()


def test_owner_logs_in_at_the_first_try_and_changes_the_password_while_a_guesser_goes_on(
    deployed_api: httpx2.Client,
) -> None:
    person = register(deployed_api)
    change = {"password": NEW_PASSWORD, "current_password": PASSWORD}
    with (
        bound_to(GUESSER, deployed_api) as guessing,
        bound_to(NEIGHBOUR, deployed_api) as neighbour,
        bound_to(OWNER, deployed_api) as owner,
        ThreadPoolExecutor(1) as pool,
    ):
        guesses = Guesses(guessing, person)
        sent = pool.submit(guesses.run)
        try:
            assert guesses.rejected.wait(60)
            assert_problem(neighbour.post(TOKEN, data=person.form), 429, "too-many-attempts")
            own = log_in(owner, person)
            # With a token, not even the guesser's network delays the owner.
            assert neighbour.put(f"{person.path}/password", json=change, headers=own).status_code == 204
        finally:
            guesses.stopped.set()
        sent.result()
    assert guesses.statuses[:5] == [400] * 5
    assert set(guesses.statuses[5:]) == {429}
