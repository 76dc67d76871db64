"""Spans of an invocation, also those of a library, of another provider, and those that cannot be sent."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import boto3
import pytest
from fastapi.telemetry import TelemetryConfig
from moto import mock_aws
from opentelemetry import propagate, trace
from opentelemetry.instrumentation.botocore import BotocoreInstrumentor
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, set_span_in_context

from common.lambda_handler import Handler, create_handler
from common.http.application import create_app
from common.telemetry import metrics
from common.telemetry import traces as tracing
from common.telemetry.otel.export import DaemonExporter
from common.telemetry.otel.provider import SpanProvider
from common.telemetry.otel.spans import RecordingSpan
from tests.common.conftest import no_adapters
from tests.common.lines import Lines, logged
from tests.support.http_events import http_event
from tests.support.lambda_context import FakeLambdaContext
from tests.support.traces import FUNCTION_ID, Traces, recorded_traces

SECRET = "s3cr3t-of-a-person"


@pytest.fixture
def traces(function_environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Traces]:
    assert function_environment
    with recorded_traces(monkeypatch) as traces:
        yield traces


def a_handler(work: object, telemetry: TelemetryConfig | None = None) -> Handler:
    app = create_app("things", description="Things.", routers=[], telemetry=telemetry)
    app.add_api_route("/things/{name}", work)  # type: ignore[arg-type]
    return create_handler(app, no_adapters)


@pytest.fixture
def loop() -> Iterator[None]:
    """Close the loop that the handler leaves."""
    yield
    asyncio.get_event_loop().close()
    asyncio.set_event_loop(None)


class Unprintable:
    def __str__(self) -> str:
        raise ValueError(SECRET)


def cyclic() -> list[object]:
    found: list[object] = []
    found.append(found)
    return found


@pytest.mark.usefixtures("loop")
@pytest.mark.parametrize(
    "spoil",
    [
        lambda span: span.set_attribute(1, "x"),
        lambda span: span.set_attribute("key", Unprintable()),
        lambda span: span.set_attribute("key", cyclic()),
        lambda span: span.set_status("ERROR"),
        lambda span: span.update_name(None),
        lambda span: span.add_event("event", timestamp=-1),
        lambda _: trace.get_tracer("things").start_span("a", start_time=1.7e18).end(),  # type: ignore[arg-type]
    ],
)
def test_span_that_cannot_be_encoded_is_reported(traces: Traces, lines: Lines, spoil: Callable[[Any], object]) -> None:
    async def work() -> None:
        with tracing.operation("things.do"):
            spoil(trace.get_current_span())

    response = a_handler(work)(http_event("GET", "/things/lamp"), FakeLambdaContext())
    assert response["statusCode"] == 200
    # The other spans are sent.
    assert "## handler" in {document["name"] for document in traces.documents}
    [line] = [line for line in logged(lines()) if line["level"] == "WARNING"]
    assert (line["message"], line["spans"]) == ("Spans could not be encoded", 1)
    assert SECRET not in str(line)


@pytest.mark.usefixtures("loop")
def test_tracer_without_a_name_and_no_attributes_are_possible(traces: Traces) -> None:
    async def work() -> None:
        span = trace.get_tracer(None).start_span("own")  # type: ignore[arg-type]
        span.set_attributes(None)  # type: ignore[arg-type]
        span.end()

    response = a_handler(work)(http_event("GET", "/things/lamp"), FakeLambdaContext())
    assert (response["statusCode"], traces.tree()) == (200, {"## handler": {"own": {}}})


@pytest.mark.usefixtures("loop")
def test_exporter_that_fails_is_reported(traces: Traces, lines: Lines) -> None:
    async def work() -> None:
        pass

    class Failing:
        def __call__(self, _: Sequence[RecordingSpan]) -> None:
            raise ValueError(SECRET)

        def close(self) -> None:
            """Close nothing."""

    handler = a_handler(work)
    provider = trace.get_tracer_provider()
    assert isinstance(provider, SpanProvider)
    provider.send = Failing()
    assert handler(http_event("GET", "/things/lamp"), FakeLambdaContext())["statusCode"] == 200
    [line] = [line for line in logged(lines()) if line["level"] == "WARNING"]
    assert (line["message"], line["spans"], line["error"]) == ("Spans were not sent", 1, "ValueError")
    assert traces.documents == []


def test_snapshot_keeps_neither_spans_nor_the_socket(traces: Traces) -> None:
    provider = trace.get_tracer_provider()
    assert isinstance(provider, SpanProvider)
    assert isinstance(provider.send, DaemonExporter)
    tracer = provider.get_tracer("things")
    above = SpanContext(1, 2, is_remote=True, trace_flags=TraceFlags(TraceFlags.SAMPLED))
    below = set_span_in_context(NonRecordingSpan(above))
    tracer.start_span("before", below).end()
    provider.force_flush()
    connected = provider.send._socket
    assert connected is not None
    tracer.start_span("kept", below).end()
    tracing.renew()
    assert connected.fileno() == -1
    tracer.start_span("after", below).end()
    provider.force_flush()
    assert [document["name"] for document in traces.documents] == ["before", "after"]


@pytest.mark.usefixtures("loop")
@pytest.mark.parametrize("kind", ["on-demand", "snap-start", "provisioned-concurrency"])
def test_metric_and_trace_agree_on_cold_starts(
    traces: Traces, lines: Lines, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    async def work() -> None:
        pass

    pytest.importorskip("snapshot_restore_py")
    monkeypatch.setenv("AWS_LAMBDA_INITIALIZATION_TYPE", kind)
    handler = a_handler(work)
    found = []
    for invocation in range(3):
        if invocation == 2 and kind == "snap-start":
            metrics.expect_cold_start()
        traces.next()
        lines()
        handler(http_event("GET", "/things/lamp"), FakeLambdaContext())
        counted = any("ColdStart" in line for line in lines())
        assert traces.one("## handler")["annotations"]["ColdStart"] == counted
        found.append(counted)
    assert found == [kind != "provisioned-concurrency", False, kind == "snap-start"]


@pytest.mark.usefixtures("loop")
def test_spans_of_fastapi_are_below_the_handler_if_they_are_wanted(traces: Traces) -> None:
    async def work() -> None:
        with tracing.operation("things.do"):
            pass

    # A caller cannot start a trace of their own, nor choose what is sampled.
    headers = {"traceparent": f"00-{'a' * 32}-{'b' * 16}-01"}
    handler = a_handler(work, {"tracing": True})
    for sampled in ("0", "1"):
        traces.next(sampled=sampled)
        handler(http_event("GET", "/things/lamp", headers=headers), FakeLambdaContext())
        assert bool(traces.documents) == (sampled == "1")
    assert list(traces.tree()) == ["## handler"]
    [(_, request)] = traces.tree().items()
    # X-Ray names a server's span like its service.
    [(_, parts)] = request.items()
    assert parts["fastapi.endpoint"] == {"things.do": {}}
    [server] = [document for document in traces.documents if "type" not in document]
    assert server["http"]["response"]["status"] == 200


@pytest.mark.usefixtures("loop")
def test_spans_of_botocore_are_below_the_operation_if_they_are_wanted(traces: Traces) -> None:
    async def work() -> None:
        with tracing.operation("things.do"):
            client.list_tables()

    instrumentor = BotocoreInstrumentor()  # type: ignore[no-untyped-call]
    with mock_aws():
        instrumentor.instrument()
        try:
            client = boto3.client("dynamodb")
            handler = a_handler(work)
            handler(http_event("GET", "/things/lamp"), FakeLambdaContext())
            client.close()
        finally:
            instrumentor.uninstrument()
    assert traces.tree() == {"## handler": {"things.do": {"DynamoDB": {}}}}


@pytest.mark.usefixtures("loop")
def test_calls_and_events_carry_the_trace(traces: Traces, monkeypatch: pytest.MonkeyPatch) -> None:
    root, lineage = "1-67891233-abcdef012345678912345678", "a87bd80c:1|68fd508a:5"
    found: list[dict[str, str]] = []

    async def work() -> None:
        with tracing.operation("things.do"):
            found.append(tracing.carrier())
            headers: dict[str, str] = {}
            propagate.inject(headers)
            assert headers == found[-1]
            client.list_tables()

    sent: list[bytes | str] = []
    with mock_aws():
        client = boto3.client("dynamodb")
        client.meta.events.register("before-send", lambda request, **_: sent.append(request.headers["X-Amzn-Trace-Id"]))
        handler = a_handler(work)
        tracing.watch(client)
        for flag in ("1", "0"):
            header = f"Root={root};Parent={FUNCTION_ID};Sampled={flag};Lineage={lineage}"
            monkeypatch.setenv("_X_AMZN_TRACE_ID", header)
            monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "things")
            handler(http_event("GET", "/things/lamp"), FakeLambdaContext())
        client.close()
    operation, call = traces.one("things.do"), traces.one("dynamodb")
    trace_id = root.removeprefix("1-").replace("-", "")
    assert found[0] == {
        "X-Amzn-Trace-Id": f"Root={root};Parent={operation['id']};Sampled=1;Lineage={lineage}",
        "traceparent": f"00-{trace_id}-{operation['id']}-01",
    }
    unsampled = f"Root={root};Parent={FUNCTION_ID};Sampled=0;Lineage={lineage}"
    assert found[1] == {"X-Amzn-Trace-Id": unsampled, "traceparent": f"00-{trace_id}-{FUNCTION_ID}-00"}
    # Without sampling, botocore itself passes on Lambda's header, whose `|` it quotes.
    assert [value if isinstance(value, str) else value.decode() for value in sent] == [
        f"Root={root};Parent={call['id']};Sampled=1;Lineage={lineage}",
        unsampled.replace("|", "%7C"),
    ]


@pytest.mark.parametrize("header", ["", "noise"])
def test_without_a_trace_nothing_is_carried(traces: Traces, monkeypatch: pytest.MonkeyPatch, header: str) -> None:
    assert traces.documents == []
    monkeypatch.setenv("_X_AMZN_TRACE_ID", header)
    assert tracing.carrier() == {}
    tracing.start("off", {})
    assert tracing.carrier() == {}
