import asyncio
import json
import socket
from typing import Any, override

import pytest

from local_aws.xray.daemon import DOCUMENT_LIMIT, Daemon, SegmentError, Traces, parse_datagram
from local_aws.xray.trace import FunctionTrace, TraceHeader

ROOT = "1-5759e988-bd862e3fe1be46a994272793"
HEADER = b'{"format": "json", "version": 1}\n'
SEGMENT = {"name": "people", "id": "70de5b6f19ff9a0a", "start_time": 1.0, "end_time": 2.0, "trace_id": ROOT}


def a_datagram(**changes: object) -> bytes:
    return HEADER + json.dumps(SEGMENT | changes).encode()


def test_documented_tracing_header_is_read_and_written() -> None:
    text = f"Root={ROOT};Parent=53995c3f42cd8ad8;Sampled=1"
    header = TraceHeader.parse(text)
    assert header == TraceHeader(ROOT, "53995c3f42cd8ad8", sampled=True)
    assert str(header) == text


@pytest.mark.parametrize("text", ["", "nonsense", "Root=2-1-1", "Root=;Parent=xyz;Sampled=?"])
def test_header_without_a_valid_root_gets_a_new_one(text: str) -> None:
    header = TraceHeader.parse(text)
    assert TraceHeader.parse(str(header)) == header
    assert (header.parent, header.sampled) == (None, None)


def test_root_alone_is_unchanged() -> None:
    assert str(TraceHeader.parse(f"Root={ROOT}")) == f"Root={ROOT}"


@pytest.mark.parametrize(
    ("incoming", "active", "sampled"),
    [(None, True, True), (None, False, False), (False, True, False), (True, False, True)],
)
def test_sampling_decision_of_the_client_has_priority(*, incoming: bool | None, active: bool, sampled: bool) -> None:
    trace = FunctionTrace.begin(TraceHeader(ROOT, None, incoming), active=active)
    assert trace.header.sampled is sampled


def test_segments_are_children_of_the_callers_segment() -> None:
    trace = FunctionTrace.begin(TraceHeader(ROOT, "53995c3f42cd8ad8"), active=True)
    service, function = trace.documents("people", "arn", "id", span=(2.0, 3.0), init=(1.0, 2.0), failure=None)
    assert (service["origin"], service["parent_id"]) == ("AWS::Lambda", "53995c3f42cd8ad8")
    assert (function["origin"], function["parent_id"]) == ("AWS::Lambda::Function", service["id"])
    assert function["id"] == trace.header.parent
    assert [part["name"] for part in function["subsegments"]] == ["Initialization"]
    assert "fault" not in function
    assert all(parse_datagram(HEADER + json.dumps(document).encode()) for document in (service, function))


def test_restore_has_its_own_subsegment() -> None:
    trace = FunctionTrace.begin(TraceHeader(ROOT), active=True)
    _, function = trace.documents("people", "arn", "id", span=(2.0, 3.0), init=None, restore=(1.0, 2.0), failure=None)
    [part] = function["subsegments"]
    assert (part["name"], part["start_time"], part["end_time"]) == ("Restore", 1.0, 2.0)


def test_failed_invocation_is_a_fault_with_its_cause() -> None:
    trace = FunctionTrace.begin(TraceHeader(ROOT), active=True)
    service, function = trace.documents("people", "arn", "id", span=(2.0, 3.0), init=None, failure={"exceptions": []})
    assert service["fault"] is function["fault"] is True
    assert function["cause"] == {"exceptions": []}
    assert "parent_id" not in service


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\n\xff",
        json.dumps(SEGMENT).encode(),
        b'{"format": "json", "version": 2}\n' + json.dumps(SEGMENT).encode(),
        HEADER + b"[]",
        a_datagram(trace_id="1-2-3"),
        a_datagram(id="xyz"),
        a_datagram(name=None),
        a_datagram(start_time="now"),
        a_datagram(end_time=None),
        a_datagram(start_time=float("nan")),
        a_datagram(start_time=True),
        HEADER + b"[" * 60_000,
        a_datagram(name="a?b"),
        a_datagram(name="x" * 201),
        a_datagram(parent_id="xyz"),
        a_datagram(type="segment", parent_id="70de5b6f19ff9a0a"),
        a_datagram(type="subsegment"),
        a_datagram(subsegments={}),
        a_datagram(subsegments=[1]),
        a_datagram(subsegments=[SEGMENT | {"id": "xyz"}]),
        a_datagram(subsegments=[SEGMENT | {"subsegments": [SEGMENT | {"start_time": None}]}]),
        a_datagram(metadata="x" * DOCUMENT_LIMIT),
    ],
)
def test_invalid_segment_is_rejected(data: bytes) -> None:
    with pytest.raises(SegmentError):
        parse_datagram(data)


def test_subsegments_are_accepted_embedded_and_separately() -> None:
    assert parse_datagram(a_datagram(name="## handler", type="subsegment", parent_id="70de5b6f19ff9a0b"))
    assert parse_datagram(a_datagram(subsegments=[{"name": "a", "id": "0" * 16, "start_time": 1, "in_progress": True}]))


def test_segment_in_progress_needs_no_end_time() -> None:
    assert parse_datagram(a_datagram(end_time=None, in_progress=True))


class Watched(Traces):
    def __init__(self) -> None:
        super().__init__()
        self.arrived = asyncio.Event()

    @override
    def add(self, document: dict[str, Any]) -> None:
        super().add(document)
        self.arrived.set()


def test_daemon_keeps_segments_by_trace_and_reports_invalid_ones(caplog: pytest.LogCaptureFixture) -> None:
    async def received() -> list[dict[str, Any]] | None:
        traces = Watched()
        async with Daemon(traces) as daemon:
            host, port = daemon.address.split(":")
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
                client.sendto(b"nonsense", (host, int(port)))
                client.sendto(a_datagram(), (host, int(port)))
            async with asyncio.timeout(5):
                await traces.arrived.wait()
            return traces.documents(ROOT)

    assert asyncio.run(received()) == [SEGMENT]
    assert "X-Ray would reject a segment: not the daemon's format" in caplog.text


def test_only_the_latest_traces_are_kept() -> None:
    traces = Traces(limit=2)
    for number in range(3):
        traces.add(SEGMENT | {"trace_id": str(number)})
    traces.add(SEGMENT | {"trace_id": "1"})
    assert traces.ids() == ["1", "2"]
    assert traces.documents("0") is None
    assert len(traces.documents("1") or []) == 2
