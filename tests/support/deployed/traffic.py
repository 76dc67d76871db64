"""Clients that send one request after another, each on a new connection, and record the responses."""

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import httpx2

PAUSE = 0.1  # seconds between two requests of a client, because the stage throttles


@dataclass(frozen=True)
class Timed:
    """When a request began and ended (s, monotonic), and the status of its response."""

    began: float
    ended: float
    status: int


class Traffic:
    """One client per path while the `with` block runs, sending `headers`. `responses` has one list per client."""

    def __init__(self, url: str, paths: Sequence[str], headers: Mapping[str, str] | None = None) -> None:
        self.responses: list[list[Timed]] = [[] for _ in paths]
        self._headers = headers
        self._end = threading.Event()
        self._failures: list[Exception] = []
        self._threads = [
            threading.Thread(target=self._send, args=(f"{url.rstrip('/')}{path}", responses))
            for path, responses in zip(paths, self.responses, strict=True)
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

    def _send(self, address: str, responses: list[Timed]) -> None:
        try:
            with httpx2.Client(headers=self._headers, timeout=30) as client:
                while not self._end.wait(PAUSE):
                    began = time.monotonic()
                    status = client.get(address).status_code
                    responses.append(Timed(began, time.monotonic(), status))
        except httpx2.HTTPError as failure:  # no response, such as on a connection that was cut
            self._failures.append(failure)
