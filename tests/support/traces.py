"""Segment documents of a handler that runs here as in Lambda, received as its X-Ray daemon would."""

import os
import socket
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from typing import Any, Final

import pytest
from aws_lambda_powertools import Tracer
from aws_lambda_powertools.tracing import tracer
from aws_xray_sdk import global_sdk_config
from aws_xray_sdk.core import xray_recorder
from aws_xray_sdk.core.emitters.udp_emitter import UDPEmitter
from aws_xray_sdk.core.lambda_launcher import LambdaContext
from aws_xray_sdk.core.sampling.local.sampler import LocalSampler
from opentelemetry import trace

from common.telemetry import traces
from common.telemetry.otel.provider import SpanProvider
from local_aws.xray.daemon import parse_datagram

FUNCTION_ID: Final = "53995c3f42cd8ad8"


class Traces:
    """The documents that the daemon has received, and the trace header of the next invocation."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, daemon: socket.socket) -> None:
        self._monkeypatch = monkeypatch
        self._daemon = daemon
        self._documents: list[dict[str, Any]] = []
        self._count = 0
        self.datagrams: list[bytes] = []

    @property
    def documents(self) -> list[dict[str, Any]]:
        """All documents since the last call of `next`, in order of arrival."""
        # What was sent on loopback has arrived.
        while True:
            try:
                datagram = self._daemon.recv(65_536, socket.MSG_DONTWAIT)
            except BlockingIOError:
                return self._documents
            self.datagrams.append(datagram)
            self._documents += parse_datagram(datagram)

    def next(self, *, sampled: str = "1", trace_id: str | None = None, parent: str = FUNCTION_ID) -> None:
        """Set the trace of the next invocation as Lambda does, and drop the recorded documents."""
        self.documents.clear()
        self._count += 1
        root = trace_id or f"1-67891233-{self._count:024x}"
        self._monkeypatch.setenv("_X_AMZN_TRACE_ID", f"Root={root};Parent={parent};Sampled={sampled}")

    def one(self, name: str) -> dict[str, Any]:
        """Return the only subsegment of that name."""
        [found] = [document for document in self.documents if document["name"] == name]
        return found

    def tree(self) -> dict[str, Any]:
        """Return the names of all subsegments as a tree."""

        def below(parent: str) -> dict[str, Any]:
            children = sorted((each for each in self.documents if each["parent_id"] == parent), key=_start)
            return {child["name"]: below(child["id"]) for child in children}

        return below(FUNCTION_ID)


def _start(document: dict[str, Any]) -> float:
    start: float = document["start_time"]
    return start


def flags(document: dict[str, Any]) -> set[str]:
    """Return the marks of a subsegment."""
    return {flag for flag in ("error", "fault", "throttle") if document.get(flag)}


def described(call: dict[str, Any]) -> dict[str, Any]:
    """Return what a document says about a call to AWS, with either library."""
    return {key: value for key, value in call["aws"].items() if key not in ("retries", "xray")}


def retries(call: dict[str, Any]) -> int:
    """Return the number of retries of a call, for which X-Ray's format of OpenTelemetry's spans has no field."""
    found: int = call["aws"].get(
        "retries", call.get("metadata", {}).get("default", {}).get("http.request.resend_count")
    )
    return found


def unexpected_metadata(documents: Iterable[dict[str, Any]]) -> set[str]:
    """Return the names of metadata other than those that calls have because X-Ray has no field for them."""
    usual = {"rpc.system", "rpc.service", "http.request.resend_count"}
    found = {name for each in documents for part in each.get("metadata", {}).values() for name in part}
    return found - usual


@contextmanager
def recorded_traces(monkeypatch: pytest.MonkeyPatch, library: traces.Library = "otel") -> Iterator[Traces]:
    """Record what this process sends; invocations are sampled unless a test says otherwise."""
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as daemon:
        daemon.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{daemon.getsockname()[1]}"
        for name, value in {
            "LAMBDA_TASK_ROOT": "/var/task",
            "AWS_XRAY_DAEMON_ADDRESS": address,
            "TRACING": library,
        }.items():
            monkeypatch.setenv(name, value)
        sent = Traces(monkeypatch, daemon)
        sent.next()
        with _xray_sdk(address):
            traces.start(library, os.environ)
            try:
                yield sent
            finally:
                stop()


def stop() -> None:
    """Turn tracing off, as in a process outside Lambda."""
    traces.start("off", {})
    provider = trace.get_tracer_provider()
    if isinstance(provider, SpanProvider):
        if provider.send is not None:
            provider.send.close()
        provider.send = None


@contextmanager
def _xray_sdk(address: str) -> Iterator[None]:
    """Configure the X-Ray SDK as if it was imported in Lambda."""
    before = {name: getattr(xray_recorder, name) for name in ("context", "emitter", "sampler")}
    # Lambda decides what is sampled. The recorder's default sampler would make an X-Ray client at each configuration.
    emitter = UDPEmitter(address)
    xray_recorder.configure(context=LambdaContext(), emitter=emitter, sampler=LocalSampler())
    Tracer._reset_config()  # type: ignore[no-untyped-call]
    global_sdk_config.set_sdk_enabled(True)
    tracer.is_cold_start = True
    try:
        yield
    finally:
        emitter._socket.close()
        global_sdk_config.set_sdk_enabled(False)
        Tracer._reset_config()  # type: ignore[no-untyped-call]
        for name, value in before.items():
            setattr(xray_recorder, name, value)
