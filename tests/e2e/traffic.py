"""Clients that ask again and again, each on a connection of its own, and remember what they were answered."""

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import httpx2

PAUSE = 0.1  # seconds between two requests of a client, because the stage throttles


@dataclass(frozen=True)
class Answer:
    """When a request began and ended (s, monotonic), and its status."""

    began: float
    ended: float
    status: int


class Traffic:
    """A client per path while the `with` block runs, sending `headers`; `answers` has one list per client."""

    def __init__(self, url: str, paths: Sequence[str], headers: Mapping[str, str] | None = None) -> None:
        self.answers: list[list[Answer]] = [[] for _ in paths]
        self._headers = headers
        self._end = threading.Event()
        self._failures: list[Exception] = []
        self._threads = [
            threading.Thread(target=self._ask, args=(f"{url}{path}", answers))
            for path, answers in zip(paths, self.answers, strict=True)
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._end.set()
        for thread in self._threads:
            thread.join()
        assert self._failures == []

    def _ask(self, address: str, answers: list[Answer]) -> None:
        try:
            with httpx2.Client(headers=self._headers, timeout=30) as client:
                while not self._end.wait(PAUSE):
                    began = time.monotonic()
                    status = client.get(address).status_code
                    answers.append(Answer(began, time.monotonic(), status))
        except httpx2.HTTPError as failure:  # No answer at all, such as a connection that was cut.
            self._failures.append(failure)
