"""Traces by OpenTelemetry: spans of the handler, of operations, and of calls to AWS."""

import functools
import os
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from http import HTTPStatus
from types import TracebackType
from typing import Any, Final, override

from mangum.types import LambdaContext
from opentelemetry import propagate, trace
from opentelemetry.context import attach, detach
from opentelemetry.trace import (
    ProxyTracerProvider,
    Span,
    SpanKind,
    StatusCode,
    TracerProvider,
    set_span_in_context,
)

from common.failures import Failure, Throttled, Unavailable
from common.telemetry import logs, metrics
from common.telemetry.otel.export import endpoint, exporter
from common.telemetry.otel.propagation import XRAY_HEADER, Propagator, as_parent, called_by, headers, xray_header
from common.telemetry.otel.provider import SpanProvider
from common.telemetry.otel.spans import RecordingSpan, stack
from common.telemetry.trace_context import VARIABLE, from_xray
from common.telemetry.tracing import Call, Handler, Outcome, Tracing

NAME: Final = "common.telemetry"
# X-Ray derives the marks `error`, `throttle` and `fault` of a segment from the first two:
# https://github.com/open-telemetry/opentelemetry-collector-contrib/tree/main/exporter/awsxrayexporter
STATUS: Final = "http.response.status_code"
ANNOTATIONS: Final = "aws.xray.annotations"


class OtelTracing(Tracing):
    """Traces by OpenTelemetry's API.

    A provider that the process has set before, such as the one of OpenTelemetry's SDK, is used as it is. Otherwise
    the provider is ours, which records nothing in an invocation that is not sampled.
    """

    def __init__(self, environment: Mapping[str, str], *, stage: str, version: str) -> None:
        self._service = environment.get("POWERTOOLS_SERVICE_NAME", "")
        self._provider = trace.get_tracer_provider()
        self._own = isinstance(self._provider, ProxyTracerProvider | SpanProvider)
        # Lambda's segments are the parents in X-Ray, but another backend does not have them. The SDK's exporter reads
        # the same variables.
        self._xray = not endpoint(environment)
        if self._own:
            self._provider = provider = _own_provider(self._provider)
            provider.send = exporter(environment, _resource(environment, self._service, stage, version))
        self._tracer = self._provider.get_tracer(NAME)
        self._handler: Span | None = None
        self._annotations: dict[str, str | int | bool] = {}

    @override
    def traced[Answer](self, handler: Handler[Answer]) -> Handler[Answer]:
        @functools.wraps(handler)
        def recorded(event: dict[str, Any], context: LambdaContext) -> Answer:
            found = from_xray(os.environ.get(VARIABLE, ""))
            if not self._xray:
                # Also if it is not sampled, so that others' instrumentation does not choose another parent.
                found = called_by(event, found)
            elif self._own and not (found.sampled and found.span_id):
                return handler(event, context)
            span = self._tracer.start_span("## handler", as_parent(found))
            self._handler = span if span.is_recording() else None
            self._annotations = {"ColdStart": metrics.is_cold_start(), "Service": self._service}
            token = attach(set_span_in_context(span))
            try:
                return handler(event, context)
            finally:
                detach(token)
                self._handler = None
                span.set_attributes({**self._annotations, ANNOTATIONS: tuple(self._annotations)})
                span.end()
                self._flush()

        return recorded

    def _flush(self) -> None:
        # The API has no such method, but our provider and the SDK's do.
        flush: Callable[[], object] | None = getattr(self._provider, "force_flush", None)
        try:
            if flush is not None:
                flush()
        except Exception as error:  # noqa: BLE001 - no request may fail because of its trace
            logs.logger().warning("Spans were not sent", extra={"error": type(error).__name__})

    @override
    def renew(self) -> None:
        if isinstance(self._provider, SpanProvider):
            self._provider.drop()
            if self._provider.send is not None:
                self._provider.send.close()

    @override
    def is_recording(self) -> bool:
        return self._handler is not None

    @override
    def operation(self, name: str) -> AbstractContextManager[object]:
        return Operation(self._tracer.start_span(name))

    @override
    def annotate(self, annotations: Mapping[str, str | int]) -> None:
        self._annotations.update(annotations)

    @override
    def note_bug(self, bug: Exception) -> None:
        if self._handler is not None:
            _note_bug(self._handler, bug)

    @override
    def note_status(self, status: int) -> None:
        if self._handler is not None:
            self._handler.set_attribute(STATUS, status)

    @override
    def begin_call(self, call: Call, request: dict[str, Any]) -> Span:
        attributes = {
            "rpc.system": "aws-api",
            "rpc.service": call.service,
            "rpc.method": call.operation,
            "aws.region": call.region,
        }
        if call.table:
            attributes["aws.table_name"] = call.table
        span = self._tracer.start_span(f"{call.service}.{call.operation}", kind=SpanKind.CLIENT, attributes=attributes)
        if self._xray:
            # Otherwise botocore sends the header of the invocation, and X-Ray cannot tell the calls apart.
            request["headers"][XRAY_HEADER] = xray_header(span.get_span_context())
        return span

    @override
    def end_call(self, span: Span, outcome: Outcome) -> None:
        if outcome.status is None:
            span.set_status(StatusCode.ERROR)
        else:
            # X-Ray knows throttling only by this status, although DynamoDB responds with 400.
            throttled = HTTPStatus.TOO_MANY_REQUESTS if outcome.throttled else outcome.status
            span.set_attributes(
                {
                    STATUS: int(throttled),
                    "http.request.resend_count": outcome.retries,
                    "aws.request_id": outcome.request_id or "",
                }
            )
        if outcome.error:
            span.add_event("exception", {"exception.type": outcome.error})
        span.end()

    @override
    def carrier(self) -> dict[str, str]:
        return headers(trace.get_current_span().get_span_context())


class Operation(AbstractContextManager[None, None]):
    """The span of an operation of the domain, which is current until it ends."""

    __slots__ = ("_span", "_token")

    def __init__(self, span: Span) -> None:
        self._span = span

    @override
    def __enter__(self) -> None:
        self._token = attach(set_span_in_context(self._span))

    @override
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        detach(self._token)
        match error:
            case Unavailable():
                self._span.set_status(StatusCode.ERROR)
            case Throttled():
                self._span.set_attribute(STATUS, HTTPStatus.TOO_MANY_REQUESTS.value)
            case Failure():
                self._span.set_attribute(STATUS, HTTPStatus.BAD_REQUEST.value)
            case Exception():
                _note_bug(self._span, error)
        self._span.end()


def _note_bug(span: Span, bug: Exception) -> None:
    span.set_status(StatusCode.ERROR)
    if isinstance(span, RecordingSpan):
        span.record_exception(bug)
    else:
        # The SDK's `record_exception` records the message, which may quote input.
        span.add_event("exception", {"exception.type": type(bug).__name__, "exception.stacktrace": stack(bug)})


def _own_provider(current: TracerProvider) -> SpanProvider:
    """Return the process's provider, which OpenTelemetry allows to be set once only."""
    if isinstance(current, SpanProvider):
        return current
    provider = SpanProvider()
    trace.set_tracer_provider(provider)
    propagate.set_global_textmap(Propagator())
    return provider


def _resource(environment: Mapping[str, str], service: str, stage: str, version: str) -> dict[str, str]:
    """Return the attributes of the process by OpenTelemetry's conventions (resource/faas, resource/cloud)."""
    described = {
        "service.name": service,
        "service.version": version,
        "deployment.environment.name": stage,
        "cloud.provider": "aws",
        "cloud.platform": "aws_lambda",
        "cloud.region": environment.get("AWS_REGION"),
        "faas.name": environment.get("AWS_LAMBDA_FUNCTION_NAME"),
        "faas.version": environment.get("AWS_LAMBDA_FUNCTION_VERSION"),
        "telemetry.sdk.name": NAME,
        "telemetry.sdk.language": "python",
    }
    return {key: value for key, value in described.items() if value}
