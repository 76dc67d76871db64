"""Middleware for every request: its ids, its log line, and the handling of bugs."""

import os
import re
import time
import uuid
from http import HTTPStatus
from typing import Any, NamedTuple, Self

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from common.http import problems
from common.telemetry import logs
from common.telemetry.request import record_bug, record_request
from common.telemetry.trace_context import traceparent

CORRELATION_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._=/+:-]{0,127}")
UNMATCHED = "unmatched"


class RequestContext(NamedTuple):
    """The ids by which the log lines of one request are found.

    Attributes:
        request_id: API Gateway's id, which its access log contains as well; generated if there is no API Gateway.
        correlation_id: The caller's `X-Correlation-Id` if it is well-formed, else `request_id`.
        traceparent: The caller's if it is valid, else that of the invocation's X-Ray trace, else a new one.
    """

    request_id: str
    correlation_id: str
    traceparent: str

    @classmethod
    def of(cls, scope: Scope) -> Self:
        """Return the ids of the request in an ASGI scope."""
        event: dict[str, Any] = scope.get("aws.event", {})
        request_id = event.get("requestContext", {}).get("requestId") or str(uuid.uuid4())
        headers = Headers(scope=scope)
        given = headers.get("x-correlation-id", "")
        return cls(
            request_id,
            correlation_id=given if CORRELATION_ID.fullmatch(given) else request_id,
            traceparent=traceparent(headers.getlist("traceparent"), os.environ.get("_X_AMZN_TRACE_ID", "")),
        )


class RequestContextMiddleware:
    """Give every request its ids, every response `X-Request-Id`, and every bug exactly one report.

    This is pure ASGI, because Starlette's `BaseHTTPMiddleware` runs the endpoint in another task and so loses the
    trace. It catches bugs itself, because Starlette raises the bug again after an `exception_handler(Exception)`, and
    the server would log it a second time.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        context = RequestContext.of(scope)
        scope[problems.REQUEST_ID] = context.request_id
        logs.logger().thread_safe_append_keys(**context._asdict())
        started = time.perf_counter()
        status = 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-Id"] = context.request_id
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        except Exception as bug:
            record_bug(bug)
            if status:
                # The response has begun, so the server has to abort it (Mangum makes it a 500).
                status = HTTPStatus.INTERNAL_SERVER_ERROR
                raise
            await problems.internal_error(scope)(scope, receive, send_with_id)
        finally:
            route = route_of(scope)
            duration_ms = round((time.perf_counter() - started) * 1000, 3)
            failure = scope.get(problems.FAILURE)
            record_request(route=route, status=status, milliseconds=duration_ms, failure=failure)
            line = {"method": scope["method"], "route": route, "status": status, "duration_ms": duration_ms}
            if problem := scope.get(problems.CODE):
                line["problem"] = problem
            if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
                logs.logger().flush_buffer()
            logs.logger().info("request", extra=line)
            logs.end_request()


def route_of(scope: Scope) -> str:
    """Return the template of the matched route, or `unmatched`; never a path that a caller made up."""
    if "route" not in scope and "endpoint" in scope and not scope["path_params"]:
        path: str = scope["path"]  # the OpenAPI document, for which FastAPI sets no route
        return path
    return getattr(scope.get("route"), "path_format", UNMATCHED)
