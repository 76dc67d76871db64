"""Records a request in logs, metrics and traces."""

from common.failures import Busy, Failure, Unavailable
from common.telemetry import logs, metrics, traces


def record_principal(subject: str) -> None:
    """Put the caller's id (never a name or an address) on every later log line and on the trace."""
    logs.identify(subject)
    traces.annotate(principal_id=subject)


def record_bug(bug: Exception) -> None:
    """Report a bug once: an ERROR line with its stack, a fault in the trace, and a count in the metric `Faults`."""
    logs.write_bug(bug)
    metrics.count_fault("bug")
    traces.note_bug(bug)


def record_request(*, route: str, status: int, milliseconds: float, failure: Failure | None = None) -> None:
    """Record the outcome of a request in metrics and in its trace; `Busy` is not counted as a fault."""
    metrics.count_request(route, status, milliseconds)
    if isinstance(failure, Unavailable) and not isinstance(failure, Busy):
        metrics.count_fault("unavailable")
    traces.annotate(route=route, status=status)
    traces.note_status(status)
