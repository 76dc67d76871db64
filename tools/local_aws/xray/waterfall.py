"""Converts a trace's segment documents to the rows of a waterfall: each below its parent, in order of start.

Fields: https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_FLAGS = ("fault", "error", "throttle")


@dataclass(frozen=True, slots=True)
class Row:
    """A segment or subsegment; `start` in seconds since the epoch, `duration_ms` None while it is in progress.

    Attributes:
        origin: The kind of resource, only of a segment.
        detail: The operation, for example `GetItem shop-dev-people`.
        cause: Its exceptions, `type: message` each.
    """

    id: str
    depth: int
    name: str
    origin: str | None
    start: float
    duration_ms: float | None
    flags: tuple[str, ...]
    status: int | None
    detail: str
    cause: tuple[str, ...]


def waterfall(documents: Iterable[Mapping[str, Any]], request_id: str | None = None) -> list[Row]:
    """Return the rows; if several invocations share the trace, only those of the one with this `request_id`."""
    found: dict[str, Mapping[str, Any]] = {}
    parents: dict[str, str | None] = {}
    for document, parent in _flat(documents):
        # A complete document replaces the one that was sent while it was in progress.
        if document["id"] not in found or "end_time" in document:
            found[document["id"]] = document
            parents[document["id"]] = parent
    children: dict[str | None, list[Mapping[str, Any]]] = {}
    for document in sorted(found.values(), key=lambda document: -document["start_time"]):
        parent = parents[document["id"]]
        children.setdefault(parent if parent in found else None, []).append(document)
    roots = children.get(None, [])
    own = [root for root in roots if request_id and _object(root, "aws").get("request_id") == request_id]
    rows = []
    waiting = [(root, 0) for root in own or roots]
    while waiting:
        document, depth = waiting.pop()
        rows.append(_row(document, depth))
        waiting += [(child, depth + 1) for child in children.get(document["id"], [])]
    return rows


def _flat(documents: Iterable[Mapping[str, Any]]) -> Iterator[tuple[Mapping[str, Any], str | None]]:
    """Return all segments and subsegments that have an id, a name and a start, with their parents' ids."""
    waiting = [(document, document.get("parent_id")) for document in reversed(list(documents))]
    while waiting:
        document, parent = waiting.pop()
        texts = isinstance(document.get("id"), str) and isinstance(document.get("name"), str)
        if texts and _time(document.get("start_time")) is not None:
            yield document, parent if isinstance(parent, str) else None
        inner = document.get("subsegments")
        if isinstance(inner, list):
            waiting += [(below, document.get("id")) for below in reversed(inner) if isinstance(below, Mapping)]


def _row(document: Mapping[str, Any], depth: int) -> Row:
    start, end = document["start_time"], _time(document.get("end_time"))
    aws, http = _object(document, "aws"), _object(document, "http")
    request, response = _object(http, "request"), _object(http, "response")
    parts = (aws.get("operation"), aws.get("table_name"), request.get("method"), request.get("url"))
    status = response.get("status")
    origin = document.get("origin")
    return Row(
        id=document["id"],
        depth=depth,
        name=document["name"],
        origin=origin if isinstance(origin, str) else None,
        start=start,
        duration_ms=None if end is None else max(0.0, end - start) * 1000,
        flags=tuple(flag for flag in _FLAGS if document.get(flag) is True),
        status=status if isinstance(status, int) else None,
        detail=" ".join(part for part in parts if isinstance(part, str)),
        cause=_cause(_object(document, "cause")),
    )


def _cause(cause: Mapping[str, Any]) -> tuple[str, ...]:
    exceptions = cause.get("exceptions")
    listed = (
        [exception for exception in exceptions if isinstance(exception, Mapping)]
        if isinstance(exceptions, list)
        else []
    )
    return tuple(f"{exception.get('type', 'Exception')}: {exception.get('message', '')}" for exception in listed)


def _object(document: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = document.get(key)
    return value if isinstance(value, Mapping) else {}


def _time(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None
