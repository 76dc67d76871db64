"""API Gateway's side of a request: limits, routing, the event, the function's answer, the access log.

Limits: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html. The gateway's own answers are
JSON objects with the single key `message`.
"""

import asyncio
import base64
import json
import logging
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from starlette.types import Receive, Scope, Send

from local_aws import events
from local_aws.access_log import AccessLog, access_line
from local_aws.deployment import Deployment
from local_aws.events import AnswerError, Request, Response
from local_aws.invocation import Invocation, Outcome
from local_aws.journal import KEPT_BYTES, Entry, Journal
from local_aws.pool import Pool
from local_aws.routing import Match, Router
from local_aws.runtime_api import PAYLOAD_LIMIT
from local_aws.xray import TraceHeader

BODY_LIMIT = 10 * 1024 * 1024  # bytes
_BODILESS = frozenset({204, 304})
_NOT_FOUND = events.message(404, "Not Found")
_TOO_LARGE = events.message(413, "Request Entity Too Large")
_THROTTLED = events.message(429, "Too Many Requests")
_ERROR = events.message(500, "Internal Server Error")
_UNAVAILABLE = events.message(503, "Service Unavailable")

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Live:
    """A deployment that answers requests: its router, and its functions' pools by ARN."""

    deployment: Deployment
    router: Router
    pools: Mapping[str, Pool]
    access_log: AccessLog | None = None


class Gateway:
    """An ASGI application that answers from the deployment in `live`; setting that is how a new one takes over.

    Every request that it has read is in `journal`, by API Gateway's request id.
    """

    def __init__(self, live: Live, journal: Journal) -> None:
        self.live = live
        self._journal = journal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; a client that goes away while sending gets none."""
        began = time.perf_counter()
        # The form of API Gateway's ids: 16 characters of base64.
        request_id = base64.urlsafe_b64encode(secrets.token_bytes(11)).decode()
        body = await _body(receive)
        if body is None:
            return
        request = _request(scope, body)
        # From here to the pool nothing is awaited, so that a deployment in between cannot retire that pool.
        live = self.live
        match = live.router.match(request.method, request.path)
        context = events.request_context(
            request,
            match.route.key if match else None,
            live.deployment.api,
            account=live.deployment.account,
            request_id=request_id,
            now=datetime.now(UTC),
        )
        entry = Entry(
            request_id=request_id,
            received=context["timeEpoch"] / 1000,
            method=request.method,
            path=request.path,
            query=request.query,
            route_key=context["routeKey"],
            trace_id=request.trace.root,
        )
        self._journal.add(entry)
        try:
            response = await _answer(live, request, match, context, entry)
        except Exception:
            _logger.exception("the embedded AWS failed to answer %s %s", request.method, request.path)
            response = _ERROR
        entry.status = response.status
        entry.headers = (*response.headers, ("apigw-requestid", request_id))
        entry.body = response.body[:KEPT_BYTES]
        entry.duration_ms = (time.perf_counter() - began) * 1000
        await _send(send, response, entry.headers)
        if live.access_log is not None and live.deployment.api.access_log_format:
            measured = {
                "status": response.status,
                "responseLength": len(response.body),
                "responseLatency": round((time.perf_counter() - began) * 1000),
            }
            live.access_log.write(access_line(live.deployment.api.access_log_format, context, measured))


async def _answer(
    live: Live, request: Request, match: Match | None, context: Mapping[str, Any], entry: Entry
) -> Response:
    if len(request.body) > BODY_LIMIT:
        return _TOO_LARGE
    if match is None:
        return _NOT_FOUND
    event = events.event(request, match, live.deployment.api, context)
    payload = json.dumps(event).encode()
    if len(payload) > PAYLOAD_LIMIT:
        return _TOO_LARGE
    entry.event = event
    outcome = live.pools[match.route.function_arn].invoke(Invocation(payload, request.trace))
    outcome.add_done_callback(partial(_note, entry))
    await asyncio.wait({outcome}, timeout=match.route.timeout)
    if not outcome.done() or outcome.cancelled():
        return _UNAVAILABLE
    return _response(outcome.result())


def _note(entry: Entry, outcome: asyncio.Future[Outcome]) -> None:
    """Note what the environment says, also when the client has its 503 already."""
    if not outcome.cancelled() and outcome.exception() is None:
        entry.invocation = outcome.result().record


def _response(outcome: Outcome) -> Response:
    if outcome.error_type == "TooManyRequestsException":
        return _THROTTLED
    if outcome.error_type is not None:
        return _ERROR
    try:
        return events.response(outcome.payload)
    except AnswerError as error:
        _logger.warning("the function's answer is no response: %s", error)
        return _ERROR


async def _body(receive: Receive) -> bytes | None:
    """Read up to one byte more than the limit; None when the client has gone."""
    body = bytearray()
    more = True
    while more and len(body) <= BODY_LIMIT:
        part = await receive()
        if part["type"] == "http.disconnect":
            return None
        body += part.get("body", b"")
        more = part.get("more_body", False)
    return bytes(body)


def _request(scope: Scope, body: bytes) -> Request:
    headers = tuple((name.decode("latin-1"), _text(value)) for name, value in scope["headers"])
    trace = next((value for name, value in headers if name == "x-amzn-trace-id"), "")
    return Request(
        method=scope["method"],
        path=scope["raw_path"].decode("ascii"),
        query=scope["query_string"].decode("latin-1"),
        headers=headers,
        body=body,
        source_ip=scope["client"][0],
        port=scope["server"][1],
        protocol=f"HTTP/{scope['http_version']}",
        trace=TraceHeader.parse(trace),
    )


def _text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")


async def _send(send: Send, response: Response, pairs: tuple[tuple[str, str], ...]) -> None:
    headers = [(name.encode(), value.encode(errors="replace")) for name, value in pairs]
    if response.status not in _BODILESS:
        headers.append((b"content-length", str(len(response.body)).encode()))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": response.body})
