"""The provider of spans: what instrumentation of others gets when it uses OpenTelemetry's API."""

import asyncio
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import boto3
import pytest
from fastapi.telemetry import TelemetryConfig
from moto import mock_aws
from opentelemetry import propagate, trace
from opentelemetry.context import Context
from opentelemetry.instrumentation.botocore import BotocoreInstrumentor
from opentelemetry.trace import Link, NonRecordingSpan, SpanContext, Status, StatusCode, TraceFlags, set_span_in_context

from common.lambda_handler import Handler, create_handler
from common.http.application import create_app
from common.telemetry import metrics
from common.telemetry import traces as tracing
from common.telemetry.otel.export import DaemonExporter
from common.telemetry.otel.provider import FULL, SpanProvider
from common.telemetry.otel.spans import STACK_DEPTH, RecordingSpan
from tests.common.conftest import no_adapters
from tests.common.lines import Lines, logged
from tests.support.http_events import http_event
from tests.support.lambda_context import FakeLambdaContext
from tests.support.traces import FUNCTION_ID, Traces, recorded_traces

SECRET = "s3cr3t-of-a-person"


class Sent:
    """A provider and the spans that it has sent, in batches."""

    def __init__(self) -> None:
        self.batches: list[list[RecordingSpan]] = []
        self.provider = SpanProvider()
        self.provider.send = self
        self.tracer = self.provider.get_tracer("things", "1")

    def __call__(self, spans: Sequence[RecordingSpan]) -> None:
        self.batches.append(list(spans))

    def close(self) -> None:
        """Close nothing."""

    def spans(self) -> list[RecordingSpan]:
        self.provider.force_flush()
        return [span for batch in self.batches for span in batch]

    def parent(self, flags: int = TraceFlags.SAMPLED) -> Context:
        above = SpanContext(1, 2, is_remote=True, trace_flags=TraceFlags(flags))
        return set_span_in_context(NonRecordingSpan(above))


@pytest.fixture
def sent() -> Sent:
    return Sent()


def test_span_without_a_sampled_parent_is_not_recorded(sent: Sent) -> None:
    for context in (None, sent.parent(TraceFlags.DEFAULT)):
        with sent.tracer.start_as_current_span("a", context) as span:
            assert not span.is_recording()
            with sent.tracer.start_as_current_span("below") as below:
                assert below.get_span_context() == span.get_span_context()
    assert sent.spans() == []


def test_child_has_the_trace_of_its_parent(sent: Sent) -> None:
    with sent.tracer.start_as_current_span("a", sent.parent()) as span, sent.tracer.start_as_current_span("b") as below:
        assert span.get_span_context().trace_id == below.get_span_context().trace_id == 1
    b, a = sent.spans()
    assert (a.parent_id, b.parent_id) == (2, a.span_id)
    assert a.began <= b.began <= b.ended <= a.ended
    assert not trace.get_current_span().get_span_context().is_valid


def test_span_that_has_ended_does_not_change(sent: Sent) -> None:
    span = sent.tracer.start_span("a", sent.parent(), attributes={"a": 1})
    span.end(5)
    for _ in range(2):
        span.set_attribute("b", 2)
        span.set_attributes({"c": 3})
        span.add_event("event")
        span.add_link(SpanContext(1, 2, is_remote=True))
        span.update_name("b")
        span.set_status(StatusCode.ERROR)
        span.record_exception(KeyError())
        span.end()
    [found] = sent.spans()
    assert (found.name, found.attributes, found.events, list(found.links)) == ("a", {"a": 1}, [], [])
    assert (found.status, found.ended) == (StatusCode.UNSET, 5)


def test_status_of_ok_is_final(sent: Sent) -> None:
    span = sent.tracer.start_span("a", sent.parent())
    span.set_status(Status(StatusCode.OK))
    span.set_status(StatusCode.ERROR)
    span.end()
    assert sent.spans()[0].status is StatusCode.OK


def deep(depth: int) -> None:
    if depth == 0:
        raise ZeroDivisionError(SECRET)
    deep(depth - 1)


def test_exception_is_recorded_without_its_message(sent: Sent) -> None:
    with pytest.raises(ZeroDivisionError), sent.tracer.start_as_current_span("a", sent.parent()):
        deep(STACK_DEPTH)
    [found] = sent.spans()
    assert found.status is StatusCode.ERROR
    [raised] = (event.attributes for event in found.events)
    assert raised["exception.type"] == "ZeroDivisionError"
    assert raised["exception.stacktrace"].count("in deep") == STACK_DEPTH
    assert SECRET not in str([found.attributes, found.events])


def test_messages_that_instrumentation_sets_are_dropped(sent: Sent) -> None:
    with sent.tracer.start_as_current_span("a", sent.parent()) as span:
        span.add_event("exception", {"exception.message": SECRET, "exception.type": "Own"})
        span.set_status(StatusCode.ERROR, SECRET)
    [found] = sent.spans()
    assert (found.events[0].attributes, found.status) == ({"exception.type": "Own"}, StatusCode.ERROR)
    assert SECRET not in str(vars(found))


def test_messages_are_dropped_wherever_they_are_set(sent: Sent) -> None:
    given: dict[str, Any] = {
        "exception.message": SECRET,
        "error.message": SECRET,
        "exception.stacktrace": SECRET,
        "kept": 1,
    }
    link = Link(SpanContext(1, 2, is_remote=True), given)
    with sent.tracer.start_as_current_span("a", sent.parent(), attributes=given, links=[link]) as span:
        span.set_attributes(given)
        for name, value in given.items():
            span.set_attribute(name, value)
        span.add_event("exception", given)
        span.add_link(SpanContext(3, 4, is_remote=True), given)
        span.record_exception(ZeroDivisionError(SECRET), given)
    [found] = sent.spans()
    assert SECRET not in str(vars(found))
    assert found.attributes == found.events[0].attributes == found.links[0].attributes == {"kept": 1}
    assert found.links[1].attributes == {"kept": 1}
    assert set(found.events[1].attributes) == {"exception.type", "exception.stacktrace", "kept"}


def test_status_that_is_unset_is_ignored(sent: Sent) -> None:
    span = sent.tracer.start_span("a", sent.parent())
    span.set_status(StatusCode.ERROR)
    span.set_status(StatusCode.UNSET)
    span.end()
    assert sent.spans()[0].status is StatusCode.ERROR


def test_list_that_changes_later_does_not_change_the_span(sent: Sent) -> None:
    parts = ["a"]
    span = sent.tracer.start_span("a", sent.parent(), attributes={"first": parts})
    span.set_attribute("second", parts)
    span.set_attributes({"third": parts})
    span.add_event("event", {"fourth": parts})
    span.end()
    parts.append("b")
    [found] = sent.spans()
    assert [*found.attributes.values(), *found.events[0].attributes.values()] == [("a",)] * 4


def test_provider_has_the_methods_of_the_sdks(sent: Sent) -> None:
    sent.tracer.start_span("a", sent.parent()).end()
    assert sent.provider.force_flush(1000)
    sent.tracer.start_span("b", sent.parent()).end()
    sent.provider.shutdown()
    assert [[span.name for span in batch] for batch in sent.batches] == [["a"], ["b"]]


def test_exception_may_be_left_out(sent: Sent) -> None:
    with (
        pytest.raises(ZeroDivisionError),
        sent.tracer.start_as_current_span(
            "a", sent.parent(), record_exception=False, set_status_on_exception=False, end_on_exit=False
        ) as span,
    ):
        deep(1)
    assert sent.spans() == []
    span.end()
    [found] = sent.spans()
    assert (found.events, found.status) == ([], StatusCode.UNSET)


def test_functions_and_coroutines_are_decorated(sent: Sent) -> None:
    context = sent.parent()

    @sent.tracer.start_as_current_span("called", context)
    def called(number: int) -> int:
        return number

    @sent.tracer.start_as_current_span("awaited", context)
    async def awaited(number: int) -> int:
        await asyncio.sleep(0)
        assert trace.get_current_span().is_recording()
        return number

    assert [called(1), called(2), asyncio.run(awaited(3))] == [1, 2, 3]
    found = sent.spans()
    assert [span.name for span in found] == ["called", "called", "awaited"]
    assert len({span.span_id for span in found}) == 3


def test_many_spans_are_sent_before_the_end(sent: Sent) -> None:
    for _ in range(FULL + 1):
        sent.tracer.start_span("a", sent.parent()).end()
    assert [len(batch) for batch in sent.batches] == [FULL]
    assert len(sent.spans()) == FULL + 1


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
    tracer.start_span("before", Sent().parent()).end()
    provider.force_flush()
    connected = provider.send._socket
    assert connected is not None
    tracer.start_span("kept", Sent().parent()).end()
    tracing.renew()
    assert connected.fileno() == -1
    tracer.start_span("after", Sent().parent()).end()
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


# In a process of its own, because a provider can be set only once.
WITH_SDK = """
import os, sys
sys.path[:0] = sys.argv[1:]
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
exported = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(exported, schedule_delay_millis=1_000_000))
trace.set_tracer_provider(provider)
from common.http.application import create_app
from common.lambda_handler import create_handler
from common.telemetry import traces
from tests.support.http_events import http_event
from tests.support.lambda_context import FakeLambdaContext
app = create_app("things", description="Things.", routers=[])
async def work():
    with traces.operation("things.do"):
        raise ZeroDivisionError("s3cr3t")
app.add_api_route("/things/{name}", work)
handler = create_handler(app, lambda runtime: None)
for sampled in "01":
    root = "Root=1-67891233-abcdef012345678912345678"
    os.environ["_X_AMZN_TRACE_ID"] = f"{root};Parent=53995c3f42cd8ad8;Sampled={sampled}"
    handler(http_event("GET", "/things/lamp"), FakeLambdaContext())
spans = exported.get_finished_spans()
assert "s3cr3t" not in "".join(span.to_json() for span in spans)
def remote(span):
    return f"{span.parent.span_id:x}" if span.parent.is_remote else ""
print([(span.name, remote(span), span.status.status_code.name) for span in spans])
provider.shutdown()
"""


def test_provider_of_the_sdk_is_used_if_it_is_set(function_environment: dict[str, str]) -> None:
    finished = subprocess.run(
        [sys.executable, "-W", "error", "-c", WITH_SDK, *sys.path],
        env=function_environment | {"LAMBDA_TASK_ROOT": "/var/task", "AWS_DEFAULT_REGION": "eu-central-1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert finished.stderr == ""
    expected = [("things.do", "", "ERROR"), ("## handler", "53995c3f42cd8ad8", "ERROR")]
    assert finished.stdout.splitlines()[-1] == str(expected)
