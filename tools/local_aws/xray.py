"""The X-Ray daemon that functions send their segments to, and the segments that Lambda itself writes."""

import asyncio
import json
import re
import secrets
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self, override

_ROOT = re.compile(r"1-[0-9a-f]{8}-[0-9a-f]{24}")
_ID = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True, slots=True)
class TraceHeader:
    """The tracing header (https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader)."""

    root: str
    parent: str | None = None
    sampled: bool | None = None

    @classmethod
    def parse(cls, header: str) -> "TraceHeader":
        """Read a client's header; a root that is missing or malformed is made anew."""
        fields = dict(part.strip().partition("=")[::2] for part in header.split(";"))
        root, parent = fields.get("Root", ""), fields.get("Parent", "")
        return cls(
            root=root if _ROOT.fullmatch(root) else new_trace_id(),
            parent=parent if _ID.fullmatch(parent) else None,
            sampled={"0": False, "1": True}.get(fields.get("Sampled", "")),
        )

    @override
    def __str__(self) -> str:
        parts = [f"Root={self.root}"]
        if self.parent:
            parts.append(f"Parent={self.parent}")
        if self.sampled is not None:
            parts.append(f"Sampled={int(self.sampled)}")
        return ";".join(parts)


def new_trace_id() -> str:
    """Make a trace id: version, the time in hexadecimal seconds, 96 random bits."""
    return f"1-{int(time.time()):08x}-{secrets.token_hex(12)}"


def new_segment_id() -> str:
    """Make a segment id: 64 random bits."""
    return secrets.token_hex(8)


class Traces:
    """The segment documents of the latest traces, each in the order of arrival; the oldest traces are forgotten."""

    def __init__(self, limit: int = 1000) -> None:
        self._limit = limit
        self._documents: OrderedDict[str, list[dict[str, Any]]] = OrderedDict()

    def add(self, document: dict[str, Any]) -> None:
        """Keep a segment or subsegment; it has a `trace_id`."""
        self._documents.setdefault(document["trace_id"], []).append(document)
        while len(self._documents) > self._limit:
            self._documents.popitem(last=False)

    def ids(self) -> list[str]:
        """The ids of the traces kept, the newest last."""
        return list(self._documents)

    def documents(self, trace_id: str) -> list[dict[str, Any]] | None:
        """The documents of one trace, or None."""
        return self._documents.get(trace_id)


class Daemon(asyncio.DatagramProtocol):
    """The daemon's UDP side: a JSON header line, then one segment document.

    Format: https://docs.aws.amazon.com/xray/latest/devguide/xray-api-sendingdata.html#xray-api-daemon
    """

    def __init__(self, traces: Traces) -> None:
        self._traces = traces
        self.rejected = 0

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
        document = parse_datagram(data)
        if document is None:
            self.rejected += 1
        else:
            self._traces.add(document)


def parse_datagram(data: bytes) -> dict[str, Any] | None:
    """Read what an SDK sends; None unless it has the daemon's header and a document with the required fields.

    Required: https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html#api-segmentdocuments-fields
    """
    header, _, body = data.partition(b"\n")
    try:
        version, document = json.loads(header), json.loads(body)
    except ValueError:
        return None
    if version != {"format": "json", "version": 1} or not isinstance(document, dict):
        return None
    valid = (
        isinstance(document.get("name"), str)
        and _ROOT.fullmatch(str(document.get("trace_id")))
        and _ID.fullmatch(str(document.get("id")))
        and isinstance(document.get("start_time"), int | float)
        and (isinstance(document.get("end_time"), int | float) or document.get("in_progress") is True)
    )
    return document if valid else None


@dataclass(frozen=True, slots=True)
class FunctionTrace:
    """The part of a trace that Lambda writes about one invocation: the service's segment and the function's below it.

    The function is told the second one's id as `Parent`, so what its code sends hangs below that
    (https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html). Times are seconds since the epoch.
    """

    incoming: TraceHeader
    sampled: bool
    service_id: str
    function_id: str

    @classmethod
    def begin(cls, incoming: TraceHeader, *, active: bool) -> "FunctionTrace":
        """Follow the client's sampling decision; without one everything is sampled where tracing is active."""
        sampled = active if incoming.sampled is None else incoming.sampled
        return cls(incoming, sampled, new_segment_id(), new_segment_id())

    @property
    def header(self) -> TraceHeader:
        """The header to give to the runtime."""
        return TraceHeader(self.incoming.root, self.function_id, self.sampled)

    def documents(
        self,
        name: str,
        arn: str,
        request_id: str,
        *,
        span: tuple[float, float],
        init: tuple[float, float] | None,
        failure: Mapping[str, Any] | None,
    ) -> list[dict[str, Any]]:
        """Make both segments, none when the trace is not sampled.

        `span` and `init` are (start, end); `failure` is the cause of a fault, maybe empty.
        """
        if not self.sampled:
            return []
        common = {"name": name, "trace_id": self.incoming.root, "start_time": span[0], "end_time": span[1]}
        if failure is not None:
            common["fault"] = True
        service = common | {
            "id": self.service_id,
            "origin": "AWS::Lambda",
            "resource_arn": arn,
            "http": {"response": {"status": 200}},
            "aws": {"request_id": request_id},
        }
        if self.incoming.parent:
            service["parent_id"] = self.incoming.parent
        function = common | {
            "id": self.function_id,
            "parent_id": self.service_id,
            "origin": "AWS::Lambda::Function",
            "resource_arn": arn,
            "aws": {"function_arn": arn, "request_id": request_id},
        }
        if init:
            function["subsegments"] = [
                {"id": new_segment_id(), "name": "Initialization", "start_time": init[0], "end_time": init[1]}
            ]
        if failure:
            function["cause"] = failure
        return [service, function]
