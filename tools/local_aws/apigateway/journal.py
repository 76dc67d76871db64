"""The latest requests, each with its event, its response and the record of its invocation."""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from local_aws.apigateway.events import Response
from local_aws.awslambda.invocation import Record

KEPT_BYTES = 64 * 1024  # of a body
KEPT_HEADERS = 16 * 1024  # characters; most clients reject larger heads
KEPT_TARGET = 1_000  # characters of a path, and of a query
_KEPT_CHARACTERS = -(-KEPT_BYTES // 3) * 4  # the length of these bytes in base64


@dataclass(slots=True)
class Entry:
    """One request to the gateway, filled in as it is served; times are seconds since the epoch.

    Attributes:
        path: At most KEPT_TARGET characters, and a mark if it was cut; so is `query`.
        event: The function's event with the beginning of its body; None when no function was invoked.
        headers: The response's headers in their order, at most KEPT_HEADERS characters.
        headers_cut: Whether headers were cut.
        body: The response's first bytes, at most KEPT_BYTES.
        invocation: The environment's record; arrives after the response when the gateway stopped waiting.
    """

    request_id: str
    received: float
    method: str
    path: str
    query: str
    route_key: str | None
    trace_id: str
    event: Mapping[str, Any] | None = None
    status: int | None = None
    duration_ms: float | None = None
    headers: tuple[tuple[str, str], ...] = ()
    headers_cut: bool = False
    body: bytes = b""
    invocation: Record | None = None

    def answered(self, response: Response, headers: Iterable[tuple[str, str]], milliseconds: float) -> None:
        """Record the response with the gateway's own `headers`, and how long it took."""
        self.status = response.status
        self.duration_ms = milliseconds
        self.headers, self.headers_cut = _kept_headers((*headers, *response.headers))
        self.body = response.body[:KEPT_BYTES]


class Journal:
    """The latest requests by API Gateway's request id, the newest last; older ones are dropped."""

    def __init__(self, limit: int = 200) -> None:
        self._limit = limit
        self._entries: OrderedDict[str, Entry] = OrderedDict()

    def add(self, entry: Entry) -> None:
        """Add a request; its entry may be filled in later."""
        self._entries[entry.request_id] = entry
        while len(self._entries) > self._limit:
            self._entries.popitem(last=False)

    def entries(self) -> list[Entry]:
        """Return the stored requests, the newest last."""
        return list(self._entries.values())

    def entry(self, request_id: str) -> Entry | None:
        """Return one request, or None if it is unknown or was dropped."""
        return self._entries.get(request_id)


def kept_target(text: str) -> str:
    """Return a path or a query, cut to KEPT_TARGET: requests that are rejected for their size are stored, too."""
    return text if len(text) <= KEPT_TARGET else f"{text[:KEPT_TARGET]}…"


def kept(event: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the event with its body cut to about KEPT_BYTES, because hundreds of events are stored."""
    body = event.get("body", "")
    return event if len(body) <= _KEPT_CHARACTERS else {**event, "body": body[:_KEPT_CHARACTERS]}


def _kept_headers(headers: Iterable[tuple[str, str]]) -> tuple[tuple[tuple[str, str], ...], bool]:
    """Return headers cut to KEPT_HEADERS, and whether any were cut."""
    found: list[tuple[str, str]] = []
    left = KEPT_HEADERS
    for name, value in headers:
        room = left - len(name)
        if len(value) > room:
            if room > 0:
                found.append((name, value[:room]))
            return tuple(found), True
        found.append((name, value))
        left = room - len(value)
    return tuple(found), False
