"""The X-Ray daemon, which receives functions' segments, and the traces that it stores."""

import asyncio
import json
import logging
import math
import re
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, Self, override

from local_aws.xray import otlp
from local_aws.xray.trace import ID, ROOT

DOCUMENT_LIMIT = 64 * 1024  # bytes
TRACE_LIMIT = 1000  # documents of one trace
_REQUIRED = {"name": re.compile(r"[\w\s.:/%&#=+\\@-]{1,200}"), "id": ID}

_logger = logging.getLogger(__name__)


class SegmentError(ValueError):
    """X-Ray would reject the segment document."""


class Traces:
    """The segment documents of the latest traces, each in order of arrival; older traces are dropped."""

    def __init__(self, limit: int = 200) -> None:
        self._limit = limit
        self._documents: OrderedDict[str, list[dict[str, Any]]] = OrderedDict()

    def add(self, document: dict[str, Any]) -> None:
        """Store a segment or subsegment; it has a `trace_id`."""
        documents = self._documents.setdefault(document["trace_id"], [])
        if len(documents) < TRACE_LIMIT:
            documents.append(document)
        while len(self._documents) > self._limit:
            self._documents.popitem(last=False)

    def ids(self) -> list[str]:
        """Return the ids of the stored traces, the newest last."""
        return list(self._documents)

    def documents(self, trace_id: str) -> list[dict[str, Any]] | None:
        """Return the documents of one trace, or None."""
        return self._documents.get(trace_id)


class Daemon(asyncio.DatagramProtocol):
    """The daemon's UDP side: a JSON header line, then one segment document, or spans of OpenTelemetry.

    Formats: https://docs.aws.amazon.com/xray/latest/devguide/xray-api-sendingdata.html#xray-api-daemon, and for spans
    https://github.com/aws-observability/aws-otel-python-instrumentation (otlp_udp_exporter.py).
    """

    def __init__(self, traces: Traces) -> None:
        self._traces = traces

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=("127.0.0.1", 0))
        return self

    async def __aexit__(self, *_: object) -> None:
        self._transport.close()

    @property
    def address(self) -> str:
        """`host:port`, the value of AWS_XRAY_DAEMON_ADDRESS."""
        host, port = self._transport.get_extra_info("sockname")
        return f"{host}:{port}"

    @override
    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        try:
            for document in parse_datagram(data):
                self._traces.add(document)
        except SegmentError as error:
            _logger.warning("X-Ray would reject a segment: %s", error)


def parse_datagram(data: bytes) -> list[dict[str, Any]]:
    """Return the documents of a datagram, which starts with the daemon's header.

    Rules: https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html#api-segmentdocuments-fields

    Raises:
        SegmentError: X-Ray would reject it.
    """
    header, _, body = data.partition(b"\n")
    try:
        version = json.loads(header)
    except (ValueError, RecursionError) as error:
        raise SegmentError("not the daemon's format") from error
    if version != {"format": "json", "version": 1}:
        raise SegmentError("not the daemon's format")
    if body.startswith(otlp.UNSAMPLED):
        return []
    found = _spans(body.removeprefix(otlp.SAMPLED)) if body.startswith(otlp.SAMPLED) else [_segment(body)]
    for document in found:
        _check_document(document)
    return found


def _spans(encoded: bytes) -> list[dict[str, Any]]:
    try:
        return otlp.documents(encoded)
    except otlp.SpanError as error:
        raise SegmentError(str(error)) from error


def _segment(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise SegmentError("not the daemon's format") from error
    if not isinstance(document, dict):
        raise SegmentError("not the daemon's format")
    if len(body) > DOCUMENT_LIMIT:
        raise SegmentError(f"{len(body)} bytes are more than {DOCUMENT_LIMIT}")
    return document


def _check_document(document: Mapping[str, Any]) -> None:
    patterns = {**_REQUIRED, "trace_id": ROOT}
    if "type" in document:
        patterns |= {"type": re.compile("subsegment"), "parent_id": ID}
    elif "parent_id" in document:
        patterns |= {"parent_id": ID}
    _check(document, patterns)


def _check(document: Mapping[str, Any], patterns: Mapping[str, re.Pattern[str]]) -> None:
    """Check a segment or subsegment and its subsegments."""
    for field, pattern in patterns.items():
        value = document.get(field)
        if not isinstance(value, str) or not pattern.fullmatch(value):
            raise SegmentError(f"{field} is {value!r}")
    if not _is_time(document.get("start_time")):
        raise SegmentError("start_time is not a number")
    if document.get("in_progress") is not True and not _is_time(document.get("end_time")):
        raise SegmentError("end_time is not a number and the segment is not in_progress")
    children = document.get("subsegments", [])
    if not isinstance(children, list) or not all(isinstance(child, dict) for child in children):
        raise SegmentError("subsegments is not an array of objects")
    for child in children:
        _check(child, _REQUIRED)


def _is_time(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
