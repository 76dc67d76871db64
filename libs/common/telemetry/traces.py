"""Traces of a request: the one interface to whichever tracing library the function's settings choose."""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Final, Literal

from botocore.client import BaseClient

from common.telemetry.tracing import Handler, Tracing

type Library = Literal["otel", "powertools", "off"]

NOTHING: Final = nullcontext()


class _Process:
    """The tracing of this process; None: outside Lambda, or with TRACING=off."""

    tracing: Tracing | None = None


def start(library: Library, environment: Mapping[str, str], *, stage: str = "", version: str = "") -> None:
    """Turn tracing on if the process runs in Lambda, else off.

    Args:
        library: What records the traces; it is imported only here.
        environment: The function's environment variables.
        stage: The environment that is deployed, such as `prod`.
        version: The version that is deployed.
    """
    _Process.tracing = None
    if "LAMBDA_TASK_ROOT" not in environment:
        return
    if library == "otel":
        from common.telemetry.otel.tracing import OtelTracing  # noqa: PLC0415 - only what the setting asks for

        _Process.tracing = OtelTracing(environment, stage=stage, version=version)
    elif library == "powertools":
        from common.telemetry.powertools_tracing import PowertoolsTracing  # noqa: PLC0415 - same

        _Process.tracing = PowertoolsTracing()


def traced[Answer](handler: Handler[Answer]) -> Handler[Answer]:
    """Wrap the handler so that each sampled invocation is the span `## handler`."""
    return handler if _Process.tracing is None else _Process.tracing.traced(handler)


def renew() -> None:
    """Drop what was recorded before a snapshot of the process, and close connections."""
    if _Process.tracing is not None:
        _Process.tracing.renew()


def watch(client: BaseClient) -> None:
    """Trace every call of an AWS client with its operation, table, status and error code."""
    if _Process.tracing is not None:
        _Process.tracing.watch(client)


def operation(name: str) -> AbstractContextManager[object]:
    """Trace an operation of the domain; a failure marks it as an error, an unavailable dependency as a fault."""
    recording = _recording()
    return NOTHING if recording is None else recording.operation(name)


def annotate(**annotations: str | int) -> None:
    """Put annotations, which traces can be searched by, on the handler's span."""
    if recording := _recording():
        recording.annotate(annotations)


def note_bug(bug: Exception) -> None:
    """Mark the handler's span as faulty."""
    if recording := _recording():
        recording.note_bug(bug)


def note_status(status: int) -> None:
    """Mark the handler's span according to the status of the response."""
    if recording := _recording():
        recording.note_status(status)


def carrier() -> dict[str, str]:
    """Return the trace headers for a message or a request to another system, also if the trace is not sampled.

    They are `X-Amzn-Trace-Id` and `traceparent`; without tracing there are none.
    """
    return {} if _Process.tracing is None else _Process.tracing.carrier()


def _recording() -> Tracing | None:
    tracing = _Process.tracing
    return tracing if tracing is not None and tracing.is_recording() else None
