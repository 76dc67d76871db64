"""The JSON of a request for the page: its event, response, logs, trace and calls, with secrets masked."""

import base64
import binascii
import codecs
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from local_aws.apigateway.journal import KEPT_BYTES, Entry
from local_aws.awslambda.invocation import Record
from local_aws.iam.calls import Call
from local_aws.page.log_view import log_view, metrics_view
from local_aws.page.masking import masked_cookie, masked_header, masked_text, masked_value
from local_aws.xray.waterfall import waterfall

SETTLING = 5.0  # seconds after a response in which its trace and its calls arrive
_UNAVAILABLE = 503  # the gateway stopped waiting, but the invocation continues


@lru_cache(maxsize=1024)
def masked_target(text: str) -> str:
    """Mask a path or a query, once: the page reads the whole list every second."""
    return masked_text(text)


def summary(entry: Entry) -> dict[str, Any]:
    """Return one line of the list of requests; `cold_start` is known once the invocation has ended."""
    record = entry.invocation
    return {
        "request_id": entry.request_id,
        "received": entry.received,
        "method": entry.method,
        "path": masked_target(entry.path),
        "query": masked_target(entry.query),
        "status": entry.status,
        "duration_ms": _rounded(entry.duration_ms),
        "function": record.function if record else None,
        "cold_start": record is not None and (record.init_ms or record.restore_ms) is not None,
        "error_type": record.error_type if record else None,
    }


def detail(entry: Entry, documents: Iterable[Mapping[str, Any]], calls: Iterable[Call], now: float) -> dict[str, Any]:
    """Return the details of a request; `settled` means that no more data will arrive."""
    record = entry.invocation
    logs = record.logs if record else ()
    return summary(entry) | {
        "route_key": entry.route_key,
        "trace_id": entry.trace_id,
        "settled": _settled(entry, now),
        "event": None if entry.event is None else _event(entry.event),
        "event_body": None if entry.event is None else _event_body(entry.event),
        "answer": None if entry.status is None else _answer(entry),
        "invocation": _invocation(record) if record else None,
        "logs": log_view(logs),
        "metrics": metrics_view(logs),
        "calls": [_call(call) for call in calls],
        "trace": _trace(entry, documents),
    }


def body_view(body: bytes) -> dict[str, Any]:
    """Return a body's first KEPT_BYTES: text, or base64 if it is not UTF-8; `truncated` if there may be more."""
    truncated = len(body) >= KEPT_BYTES
    body = body[:KEPT_BYTES]
    try:
        # A body that was cut may end within a character.
        text = codecs.getincrementaldecoder("utf-8")().decode(body, final=not truncated)
    except UnicodeDecodeError:
        # Latin-1 maps each byte to a character, so that a form with a file and a password can be masked.
        body = masked_text(body.decode("latin-1")).encode("latin-1", errors="replace")
        return {"content": base64.b64encode(body).decode(), "base64": True, "truncated": truncated}
    return {"content": masked_text(text), "base64": False, "truncated": truncated}


def _event(event: Mapping[str, Any]) -> dict[str, Any]:
    """Return the event without its body; `isBase64Encoded` is as it was sent."""
    shown: dict[str, Any] = masked_value({key: value for key, value in event.items() if key != "body"})
    headers, cookies = event.get("headers"), event.get("cookies")
    if isinstance(headers, Mapping):
        shown["headers"] = {name: masked_header(name, str(value)) for name, value in headers.items()}
    if isinstance(cookies, list):
        shown["cookies"] = [masked_cookie(str(cookie)) for cookie in cookies]
    return shown


def _event_body(event: Mapping[str, Any]) -> dict[str, Any] | None:
    body = event.get("body")
    if not isinstance(body, str):
        return None
    if event.get("isBase64Encoded"):
        try:
            return body_view(base64.b64decode(body))
        except binascii.Error:
            pass
    return body_view(body.encode(errors="replace"))


def _answer(entry: Entry) -> dict[str, Any]:
    headers = [[name, masked_header(name, value)] for name, value in entry.headers]
    return {
        "status": entry.status,
        "headers": headers,
        "headers_truncated": entry.headers_cut,
        "body": body_view(entry.body),
    }


def _invocation(record: Record) -> dict[str, Any]:
    return {
        "function": record.function,
        "environment": record.environment,
        "request_id": record.request_id,
        "duration_ms": _rounded((record.ended - record.began) * 1000),
        "init_ms": _rounded(record.init_ms),
        "max_memory_mb": record.max_memory,
        "error_type": record.error_type,
        "sampled": record.sampled,
    }


def _call(call: Call) -> dict[str, Any]:
    return {
        "time": call.time,
        "operation": call.operation,
        "action": call.action,
        "resource": call.resource,
        "allowed": call.allowed,
        "status": call.status,
        "duration_ms": _rounded(call.duration_ms),
    }


def _trace(entry: Entry, documents: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the waterfall in milliseconds; `gateway` is the request itself, which is not in the trace."""
    record = entry.invocation
    rows = waterfall(documents, record.request_id if record else None)
    spans = [(row.start, row.duration_ms or 0.0) for row in rows]
    spans.append((entry.received, entry.duration_ms or 0.0))
    began = min(start for start, _ in spans)
    return {
        "id": entry.trace_id,
        "duration_ms": _rounded(max((start - began) * 1000 + duration for start, duration in spans)),
        "gateway": {
            "start_ms": _rounded((entry.received - began) * 1000),
            "duration_ms": _rounded(entry.duration_ms),
        },
        "rows": [
            {
                "id": row.id,
                "depth": row.depth,
                "name": row.name,
                "origin": row.origin,
                "start_ms": _rounded((row.start - began) * 1000),
                "duration_ms": _rounded(row.duration_ms),
                "flags": list(row.flags),
                "status": row.status,
                "detail": row.detail,
                "cause": list(row.cause),
            }
            for row in rows
        ],
    }


def _settled(entry: Entry, now: float) -> bool:
    if entry.duration_ms is None or (entry.invocation is None and entry.status == _UNAVAILABLE):
        return False
    ended = entry.received + entry.duration_ms / 1000
    if entry.invocation is not None:
        ended = max(ended, entry.invocation.ended)
    return now - ended > SETTLING


def _rounded(milliseconds: float | None) -> float | None:
    return None if milliseconds is None else round(milliseconds, 3)
