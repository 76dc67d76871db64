"""The signing key is rotated while people work: nobody is logged out and no request fails."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import jwt
import pytest

from common.secrets import SigningKey
from local_aws.session import Session
from tests.e2e.command import UNTHROTTLED, Up
from tests.e2e.forgery import claims, deployed_key, rotate, signed
from tests.e2e.people import Person, log_in, register

NEW = "the key after the rotation, which is long enough"
PATHS = ("/api/v1/users/me", "/api/v1/books/loans")
WORKERS = 4
ROUNDS = 10  # of each worker, before and after the rotation
SECONDS = 120.0


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    """An embedded AWS of its own: other tests make environments ask for unknown keys, once in half a minute at most."""
    with Up(tmp_path / "up", "--var", UNTHROTTLED) as running:
        running.wait_for("Serving on")
        yield Session.read(running.work)


@pytest.fixture
def api(session: Session) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=session.url, timeout=60) as client:
        yield client


class Work:
    """Requests of several people at once, each with a token of its own, until `done`; every status is kept."""

    def __init__(self, url: str, people: list[Person]) -> None:
        self._url = url
        self._people = people
        self.statuses: list[int] = []
        self.kids: set[str] = set()
        self.done = threading.Event()

    def run(self) -> None:
        with ThreadPoolExecutor(len(self._people)) as pool:
            for finished in [pool.submit(self._work, person) for person in self._people]:
                finished.result()

    def _work(self, person: Person) -> None:
        with httpx2.Client(base_url=self._url, timeout=60) as api:
            old = log_in(api, person)
            while not self.done.is_set():
                new = log_in(api, person)
                self.kids.add(jwt.get_unverified_header(new["Authorization"].partition(" ")[2])["kid"])
                self.statuses += [api.get(path, headers=held).status_code for path in PATHS for held in (old, new)]


def until(holds: Callable[[], bool], running: threading.Thread) -> None:
    deadline = time.monotonic() + SECONDS
    while not holds():
        assert running.is_alive()
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture
def work(session: Session, api: httpx2.Client) -> Iterator[tuple[Work, threading.Thread]]:
    made = Work(session.url, [register(api) for _ in range(WORKERS)])
    thread = threading.Thread(target=made.run)
    thread.start()
    yield made, thread
    made.done.set()
    thread.join()


def test_no_request_fails_while_the_secret_is_rotated(
    session: Session, api: httpx2.Client, work: tuple[Work, threading.Thread]
) -> None:
    people, running = work
    before = SigningKey.of(deployed_key(session))
    each = WORKERS * ROUNDS * len(PATHS) * 2
    until(lambda: len(people.statuses) >= each, running)
    assert people.kids == {before.kid}
    rotate(session, NEW)
    # As an environment that has just been launched signs: those that run hold the old key in their caches.
    someone = register(api)
    for path in PATHS * WORKERS:
        assert api.get(path, headers=signed(NEW, claims(someone.id))).status_code == 200
    until(lambda: len(people.statuses) >= 2 * each and SigningKey.of(NEW).kid in people.kids, running)
    people.done.set()
    running.join()
    assert set(people.statuses) == {200}
    assert people.kids == {before.kid, SigningKey.of(NEW).kid}
    for path in PATHS:
        assert api.get(path, headers=signed(before.value, claims(someone.id))).status_code == 200
