"""The standard variables of OpenTelemetry choose another backend than X-Ray."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, override

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from common.lambda_handler import create_handler
from common.http.application import create_app
from common.settings import SettingsError
from common.telemetry import logs
from common.telemetry import traces as tracing
from common.telemetry.otel.export import DaemonExporter, HttpExporter, described, exporter
from tests.common.conftest import no_adapters
from tests.common.lines import Lines
from tests.common.test_otlp import a_span
from tests.support.http_events import http_event
from tests.support.lambda_context import FakeLambdaContext
from tests.support.traces import stop


class Backend:
    """The requests that a backend got, and the status of its responses."""

    def __init__(self) -> None:
        self.status = 200
        self.slow = threading.Event()
        self.slow.set()
        self.trickle = False
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        self.url = ""
        self.carrier: dict[str, str] = {}


@contextmanager
def serving(backend: Backend) -> Iterator[None]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            backend.requests.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            while backend.trickle and not backend.slow.wait(0.02):
                self.wfile.write(b"H")
            backend.slow.wait(10)
            self.send_response(backend.status)
            self.send_header("content-length", "0")
            self.end_headers()

        @override
        def log_message(self, *_: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        backend.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield
        finally:
            backend.slow.set()
            server.shutdown()
            thread.join()


@pytest.fixture
def backend(function_environment: dict[str, str]) -> Iterator[Backend]:
    assert function_environment
    backend = Backend()
    with serving(backend):
        yield backend


@contextmanager
def exporting(**variables: str) -> Iterator[HttpExporter]:
    # Here, because the logger keeps the output stream of the moment, which pytest replaces after the fixtures.
    logs.start("INFO", environment="test", version="0")
    found = exporter(variables, {"service.name": "things", "cloud.provider": "aws"})
    assert isinstance(found, HttpExporter)
    yield found
    if found._sender is not None:
        found._sender.join(10)
    found.close()


def test_spans_are_posted_with_the_headers_of_the_variables(backend: Backend, lines: Lines) -> None:
    with exporting(
        OTEL_EXPORTER_OTLP_ENDPOINT=f"{backend.url}/otlp/",
        OTEL_EXPORTER_OTLP_HEADERS="api-key=se%20cret, other=1,,nonsense",
        OTEL_SERVICE_NAME="chosen",
        OTEL_RESOURCE_ATTRIBUTES="service.name=other,team=blue%2Cgreen",
    ) as export:
        export([a_span("a"), a_span("b")])
    [(path, headers, body)] = backend.requests
    assert path == "/otlp/v1/traces"
    assert (headers["content-type"], headers["api-key"], headers["other"]) == ("application/x-protobuf", "se cret", "1")
    [of_resource] = ExportTraceServiceRequest.FromString(body).resource_spans
    attributes = {each.key: each.value.string_value for each in of_resource.resource.attributes}
    assert attributes == {"service.name": "chosen", "cloud.provider": "aws", "team": "blue,green"}
    assert [span.name for span in of_resource.scope_spans[0].spans] == ["a", "b"]
    assert lines() == []


def test_variables_of_traces_have_priority(backend: Backend) -> None:
    with exporting(
        OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:9",
        OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=f"{backend.url}/as/it/is",
        OTEL_EXPORTER_OTLP_HEADERS="name=general",
        OTEL_EXPORTER_OTLP_TRACES_HEADERS="name=traces",
    ) as export:
        export([a_span()])
    [(path, headers, _)] = backend.requests
    assert (path, headers["name"]) == ("/as/it/is", "traces")


@pytest.mark.parametrize("status", [302, 401, 429, 503])
def test_rejected_spans_are_reported(backend: Backend, lines: Lines, status: int) -> None:
    backend.status = status
    with exporting(OTEL_EXPORTER_OTLP_ENDPOINT=backend.url) as export:
        export([a_span(), a_span()])
    assert len(backend.requests) == 1
    [line] = lines()
    assert (line["level"], line["spans"], line["error"]) == ("WARNING", 2, status)


def test_slow_backend_is_given_up_after_the_timeout(backend: Backend, lines: Lines) -> None:
    backend.slow.clear()
    with exporting(OTEL_EXPORTER_OTLP_ENDPOINT=backend.url, OTEL_EXPORTER_OTLP_TIMEOUT="50") as export:
        export([a_span()])
    [line] = lines()
    assert line["message"] == "Spans were not sent to the backend"
    assert line["error"] in ("TimeoutError", "ReadTimeoutError")


def test_backend_that_responds_bit_by_bit_is_given_up(backend: Backend, lines: Lines) -> None:
    backend.slow.clear()
    backend.trickle = True
    with exporting(OTEL_EXPORTER_OTLP_ENDPOINT=backend.url, OTEL_EXPORTER_OTLP_TIMEOUT="200") as export:
        began = time.monotonic()
        export([a_span()])
        assert time.monotonic() - began < 5
        assert not backend.slow.is_set()
        # It is not waited for again.
        export([a_span()])
        backend.slow.set()
    assert [line["error"] for line in lines()] == ["TimeoutError"] * 2
    assert len(backend.requests) == 1


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("OTEL_EXPORTER_OTLP_HEADERS", "api-key=s3cr3t%0Ab"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "api-key=s3cr3t%E2%82%AC"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "0"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "1s"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
    ],
)
def test_unusable_variable_is_named_without_its_value(variable: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"^{variable}: ") as raised:
        exporter({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9", variable: value}, {})
    assert value not in str(raised.value)
    assert "s3cr3t" not in str(raised.value)


def test_address_of_the_daemon_must_be_host_and_port() -> None:
    with pytest.raises(SettingsError, match=r"^AWS_XRAY_DAEMON_ADDRESS: "):
        exporter({"AWS_XRAY_DAEMON_ADDRESS": "tcp:127.0.0.1:2000 udp:127.0.0.2:2001"}, {})


@pytest.mark.parametrize("chosen", [{"OTEL_SDK_DISABLED": "true"}, {"OTEL_TRACES_EXPORTER": "none"}])
def test_export_can_be_excluded(chosen: dict[str, str]) -> None:
    assert exporter({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9", **chosen}, {}) is None


def test_backend_that_is_not_there_is_reported(backend: Backend, lines: Lines) -> None:
    assert backend.url
    with exporting(OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:9") as export:
        export([a_span()])
    [line] = lines()
    assert line["error"] == "NewConnectionError"


def test_daemon_is_used_without_an_endpoint() -> None:
    variables = {"AWS_XRAY_DAEMON_ADDRESS": "169.254.100.1:2000", "OTEL_EXPORTER_OTLP_ENDPOINT": ""}
    assert isinstance(exporter(variables, {}), DaemonExporter)
    assert exporter({}, {}) is None


def test_own_description_of_the_process_may_be_replaced() -> None:
    assert described({}, {"service.name": "things"}) == {"service.name": "things"}
    replaced = described({"OTEL_RESOURCE_ATTRIBUTES": "service.name=other"}, {"service.name": "things"})
    assert replaced == {"service.name": "other"}


@pytest.fixture
def to_backend(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, str], list[Span]]]:
    """Return a function that handles an invocation with this X-Ray header and `traceparent`, and returns its spans."""
    app = create_app("things", description="Things.", routers=[], telemetry={"tracing": True})

    async def work() -> None:
        backend.carrier = tracing.carrier()
        with tracing.operation("things.do"):
            pass

    app.add_api_route("/things/{name}", work)
    monkeypatch.setenv("LAMBDA_TASK_ROOT", "/var/task")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", backend.url)
    handler = create_handler(app, no_adapters)

    def handled(xray: str, traceparent: str) -> list[Span]:
        backend.requests.clear()
        monkeypatch.setenv("_X_AMZN_TRACE_ID", xray)
        headers = {"traceparent": traceparent} if traceparent else {}
        handler(http_event("GET", "/things/lamp", headers=headers), FakeLambdaContext())
        return [
            span
            for _, _, body in backend.requests
            for scope in ExportTraceServiceRequest.FromString(body).resource_spans[0].scope_spans
            for span in scope.spans
        ]

    yield handled
    stop()
    asyncio.get_event_loop().close()
    asyncio.set_event_loop(None)


XRAY = "Root=1-67891233-abcdef012345678912345678;Parent=53995c3f42cd8ad8;Sampled="
UNSAMPLED = "00-67891233abcdef012345678912345678-53995c3f42cd8ad8-00"
GIVEN = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0"


@pytest.mark.parametrize(
    ("xray", "given", "parent"),
    [
        (f"{XRAY}1", f"{GIVEN}1", GIVEN[3:52]),
        (f"{XRAY}1", "noise", "67891233abcdef012345678912345678-53995c3f42cd8ad8"),
        (f"{XRAY}1", "", "67891233abcdef012345678912345678-53995c3f42cd8ad8"),
    ],
)
def test_caller_is_the_parent_in_a_backend_that_lacks_lambdas_segments(
    to_backend: Callable[[str, str], list[Span]], xray: str, given: str, parent: str
) -> None:
    spans = to_backend(xray, given)
    [handler] = (span for span in spans if span.name == "## handler")
    assert f"{handler.trace_id.hex()}-{handler.parent_span_id.hex()}" == parent
    # Those of FastAPI are below it too.
    assert "things.do" in {span.name for span in spans}
    ids = {span.span_id for span in spans}
    assert all(span.parent_span_id in ids for span in spans if span is not handler)


@pytest.mark.parametrize(
    ("xray", "given"),
    [(f"{XRAY}1", f"{GIVEN}0"), (f"{XRAY}0", f"{GIVEN}1"), ("", f"{GIVEN}1"), (f"{XRAY}0", ""), ("", "")],
)
def test_unsampled_request_is_not_posted(
    to_backend: Callable[[str, str], list[Span]], backend: Backend, xray: str, given: str
) -> None:
    assert to_backend(xray, given) == []
    # A callee gets the caller's trace, not sampled.
    assert backend.carrier.get("traceparent", "") == (f"{GIVEN}0" if given else UNSAMPLED if xray else "")
    assert to_backend(f"{XRAY}0", "") == []
