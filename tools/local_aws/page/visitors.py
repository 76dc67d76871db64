"""People who use the deployed API for a while, so that its dashboard has something to show."""

import itertools
import json
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from local_aws.clients.operator_client import operator_client

SECONDS = 30.0  # that a request may take
PASSWORD = "correct horse battery staple"  # noqa: S105 - of users who are made up here
_AT_A_TIME = 3
_PAUSE = 0.2  # seconds between two visits, because the stage throttles
_DAMAGED = "019b76da-a800-7000-8000-00000000dead"


@contextmanager
def damaged_book(control_plane: Mapping[str, str]) -> Iterator[str]:
    """Put a book into the table that no service would write, while the block runs; give its path, which answers 500."""
    client = operator_client("dynamodb", control_plane)
    [table] = [name for name in client.list_tables()["TableNames"] if name.endswith("-books")]
    key = {"pk": {"S": f"BOOK#{_DAMAGED}"}, "sk": {"S": "BOOK"}}
    client.put_item(TableName=table, Item=key)
    try:
        yield f"/api/v1/books/{_DAMAGED}"
    finally:
        client.delete_item(TableName=table, Key=key)


def visit(url: str, failing: str, seconds: float) -> None:
    """Let one person after the other visit, later several at a time: that starts environments, one after the other.

    Every fourth person also asks for the path `failing`.
    """
    end = time.monotonic() + seconds
    first = time.time_ns() // 1_000_000
    numbers = itertools.count()

    def come_and_go(wait: float) -> None:
        time.sleep(wait)
        while True:
            number = next(numbers)
            _one(url, first + number, failing if number % 4 == 0 else None)
            if time.monotonic() >= end:
                return
            time.sleep(_PAUSE)

    threads = [threading.Thread(target=come_and_go, args=(seconds * n / _AT_A_TIME,)) for n in range(_AT_A_TIME)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _one(url: str, number: int, failing: str | None) -> None:
    """Do what one person does: register, log in, add a book, borrow it; and a few things that are refused."""
    api = _Api(url)
    person = {"email": f"reader-{number}@example.com", "username": "reader", "password": PASSWORD}
    form = {"grant_type": "password", "username": person["email"], "password": PASSWORD}
    api.send("POST", "/api/v1/users", person)
    api.form("/api/v1/users/token", form | {"password": "not this one, sorry"})
    api.token = api.form("/api/v1/users/token", form).get("access_token")
    api.send("GET", "/api/v1/users/me")
    book = {"title": f"Book {number}", "author": "A. Reader", "isbn": isbn(number), "published_year": 2026}
    path = f"/api/v1/books/{api.send('POST', '/api/v1/books', book).get('id')}"
    for method in ("PUT", "PUT", "DELETE"):
        api.send("GET", path)
        api.send(method, f"{path}/loan")
    api.send("GET", "/api/v1/books?limit=5")
    api.send("POST", "/api/v1/books", {"title": "Dune"})
    api.send("GET", "/users/1")
    api.send("GET", "/users/4711")
    if failing:
        api.send("GET", failing)


def isbn(number: int) -> str:
    """Make an ISBN-13 of a number's last nine digits (ISO 2108)."""
    digits = f"978{number % 10**9:09d}"
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits))
    return f"{digits}{-total % 10}"


class _Api:
    def __init__(self, url: str) -> None:
        self._url = url
        self.token: str | None = None

    def send(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        return self._send(method, path, None if body is None else json.dumps(body).encode(), "application/json")

    def form(self, path: str, form: Mapping[str, str]) -> dict[str, Any]:
        return self._send("POST", path, urllib.parse.urlencode(form).encode(), "application/x-www-form-urlencoded")

    def _send(self, method: str, path: str, data: bytes | None, kind: str) -> dict[str, Any]:
        """Return the object that is answered, also by a refusal; an empty one for any other answer."""
        request = urllib.request.Request(self._url + path, data, {"Content-Type": kind}, method=method)
        if self.token:
            request.add_header("Authorization", f"Bearer {self.token}")
        try:
            with urllib.request.urlopen(request, timeout=SECONDS) as answer:
                text = answer.read()
        except urllib.error.HTTPError as error:
            with error:
                text = error.read()
        found = json.loads(text or b"{}")
        return found if isinstance(found, dict) else {}
