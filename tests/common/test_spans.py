"""The provider of spans: what instrumentation of others gets when it uses OpenTelemetry's API."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Link, NonRecordingSpan, SpanContext, Status, StatusCode, TraceFlags, set_span_in_context

from common.telemetry.otel.provider import FULL, SpanProvider
from common.telemetry.otel.spans import STACK_DEPTH, RecordingSpan

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
