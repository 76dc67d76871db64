"""Sends requests whose log lines can be found again, and remembers them."""

import secrets
import time
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import httpx2

from tests.conformance.wire import Request, send

SECONDS = 30.0


@dataclass(frozen=True)
class Sent:
    """A request that got a response.

    Attributes:
        method: In upper case, as the function sees it.
        path: The path and query.
        status: Of the response.
        gateway_id: API Gateway's id (None: something before API Gateway responded).
        function_id: The same id, if a function responded.
        milliseconds: How long the response took, measured here.
        marked: Whether its lines can be found by the marks of the run.
    """

    method: str
    path: str
    status: int
    gateway_id: str | None
    function_id: str | None
    milliseconds: float
    marked: bool = True

    @classmethod
    def of(cls, method: str, path: str, response: httpx2.Response, milliseconds: float, *, marked: bool = True) -> Self:
        """Return what must be remembered of a request and its response."""
        gateway_id, function_id = (response.headers.get(name) for name in ("apigw-requestid", "x-request-id"))
        return cls(method, path, response.status_code, gateway_id, function_id, milliseconds, marked)


@dataclass
class Sender(AbstractContextManager["Sender"]):
    """Sends the requests of one run.

    Attributes:
        base_url: Where to.
        run: The value of `User-Agent`, which API Gateway's lines contain, and of `X-Correlation-Id`, which those of
            the functions contain. No other caller sends it.
        sent: All requests that got a response.
    """

    base_url: str
    run: str = field(default_factory=lambda: f"verify-{secrets.token_hex(8)}")
    sent: list[Sent] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.api = httpx2.Client(
            base_url=self.base_url,
            headers=self.marks,
            timeout=SECONDS,
            event_hooks={"request": [self._begin], "response": [self._remember]},
        )
        self.started = time.time()

    @property
    def marks(self) -> dict[str, str]:
        """Return the headers by which the lines of this run are found."""
        return {"user-agent": self.run, "x-correlation-id": self.run}

    def send_raw(self, request: Request) -> httpx2.Response:
        """Send the bytes of a request over a connection of its own, with the marks unless it has such headers."""
        missing = {name: value for name, value in self.marks.items() if request.header(name) is None}
        began = time.perf_counter()
        response = send(self.base_url, request.with_headers(*missing.items()))
        milliseconds = (time.perf_counter() - began) * 1000
        marked = missing == self.marks
        self.sent.append(Sent.of(request.method, request.target, response, milliseconds, marked=marked))
        return response

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close the connections."""
        self.api.close()

    def _begin(self, request: httpx2.Request) -> None:
        request.extensions["began"] = time.perf_counter()

    def _remember(self, response: httpx2.Response) -> None:
        response.read()
        request = response.request
        milliseconds = (time.perf_counter() - request.extensions["began"]) * 1000
        self.sent.append(Sent.of(request.method, request.url.raw_path.decode(), response, milliseconds))
