"""API Gateway's processing of a request: limits, CORS, routing, throttling, authorizers, events, responses, its log.

Limits: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html. The gateway's own responses
are JSON objects with the single key `message`.
"""

import asyncio
import base64
import json
import logging
import random
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

from starlette.types import Receive, Scope, Send

from local_aws.apigateway import events, integration
from local_aws.apigateway.access_log import AccessLog, access_line, variables
from local_aws.apigateway.answer import Answer, refusal
from local_aws.apigateway.cors import Preflight, is_preflight, preflight_headers, response_headers
from local_aws.apigateway.events import Request, Response
from local_aws.apigateway.exchange import (
    declared_length,
    has_valid_host,
    head_size,
    read_body,
    read_request,
    send_response,
)
from local_aws.apigateway.journal import Entry, Journal, kept, kept_target
from local_aws.apigateway.jwt_authorizer import Caller, Issuers
from local_aws.apigateway.routing import Match, Router
from local_aws.apigateway.throttle import Buckets
from local_aws.awslambda.invocation import Invocation, Outcome
from local_aws.awslambda.pool import Pool
from local_aws.awslambda.runtime_api import PAYLOAD_LIMIT
from local_aws.model.deployment import Cors, Deployment, Function

BODY_LIMIT = 10 * 1024 * 1024  # bytes
HEAD_LIMIT = 10_240  # bytes of the request line and the values of all headers
_PREFLIGHT = Answer(Response(204, (), b""))
_BAD_REQUEST = refusal(400, "Bad Request", "DEFAULT_4XX")
_NOT_FOUND = refusal(404, "Not Found", "RESOURCE_NOT_FOUND")
_TOO_LARGE = refusal(413, "Request Entity Too Large", "REQUEST_TOO_LARGE")
_THROTTLED = refusal(429, "Too Many Requests", "THROTTLED")
_HEAD_TOO_LARGE = refusal(431, "Request Header Fields Too Large", "DEFAULT_4XX")
_ERROR = refusal(500, "Internal Server Error", "DEFAULT_5XX")

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Live:
    """A deployment that serves requests: its router, its functions' pools by ARN, and who responds to preflights.

    Attributes:
        shifted: The pools of the second versions of aliases, by the alias' ARN.
        draw: Returns a random number from 0 to 1, which chooses between the two versions of an alias.
    """

    deployment: Deployment
    router: Router
    pools: Mapping[str, Pool]
    access_log: AccessLog | None = None
    preflight: Preflight = Preflight.GATEWAY
    shifted: Mapping[str, Pool] = field(default_factory=dict)
    draw: Callable[[], float] = random.random

    def choose(self, arn: str) -> tuple[Function, Pool]:
        """Return the version that the next invocation of the alias gets, and its pool."""
        shift = self.deployment.shifts.get(arn)
        if shift is not None and self.draw() < shift.weight:
            return shift.function, self.shifted[arn]
        return self.deployment.functions[arn], self.pools[arn]

    def versions(self) -> list[tuple[Function, Pool]]:
        """Return every version that is served, and its pool."""
        first = [(function, self.pools[arn]) for arn, function in self.deployment.functions.items()]
        return [*first, *((shift.function, self.shifted[arn]) for arn, shift in self.deployment.shifts.items())]


class Gateway:
    """An ASGI application that serves the deployment in `live`; assign `live` to switch to a new one.

    It adds every request that it reads to `journal`, by API Gateway's request id.
    """

    def __init__(self, live: Live, journal: Journal) -> None:
        self.live = live
        self._journal = journal
        self._buckets = Buckets()
        self._issuers = Issuers()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; a client that disconnects while sending gets no response."""
        began = time.perf_counter()
        # The form of API Gateway's ids: 16 characters of base64.
        request_id = base64.urlsafe_b64encode(secrets.token_bytes(11)).decode()
        refused = _refused_by_its_head(scope)
        body = b"" if refused else await read_body(receive, BODY_LIMIT)
        if body is None:
            return
        request = read_request(scope, body)
        live, match, caller = await self._matched(request, refused)
        # No await between here and the pool, so that a deployment cannot retire that pool meanwhile.
        context = events.request_context(
            request,
            match.route.key if match else None,
            live.deployment.api,
            account=live.deployment.account,
            request_id=request_id,
            now=datetime.now(UTC),
        )
        if isinstance(caller, Caller):
            context["authorizer"] = caller.described()
        entry = Entry(
            request_id=request_id,
            received=context["timeEpoch"] / 1000,
            method=request.method,
            path=kept_target(request.path),
            query=kept_target(request.query),
            route_key=context["routeKey"],
            trace_id=request.trace.root,
        )
        self._journal.add(entry)
        try:
            denied = caller if isinstance(caller, Answer) else None
            answer = refused or await self._answer(live, request, match, denied, context, entry)
        except Exception:
            _logger.exception("the embedded AWS failed to serve %s %s", request.method, request.path)
            answer = _ERROR
        response = _with_cors(live.deployment.api.cors, request, answer.response)
        own = (("apigw-requestid", request_id), *_closing(request, refused))
        latency = (time.perf_counter() - began) * 1000
        entry.answered(response, own, latency)
        await send_response(send, response, own)
        if live.access_log is not None and live.deployment.api.access_log_format:
            values = variables(context, answer, len(body), latency)
            live.access_log.write(access_line(live.deployment.api.access_log_format, values))

    async def _matched(
        self, request: Request, refused: Answer | None
    ) -> tuple[Live, Match | None, Caller | Answer | None]:
        """Return the deployment, the route and its authorizer's result, which is None without an authorizer."""
        while True:
            live = self.live
            match = _match(live, request)
            if refused or match is None or match.route.authorizer is None or _is_own_preflight(live, request, match):
                return live, match, None
            header = request.header(match.route.authorizer.header)
            caller = await asyncio.to_thread(self._issuers.authorize, match.route, header)
            if live is self.live:  # Else a deployment has retired the pools meanwhile.
                return live, match, caller

    async def _answer(
        self,
        live: Live,
        request: Request,
        match: Match | None,
        denied: Answer | None,
        context: Mapping[str, Any],
        entry: Entry,
    ) -> Answer:
        if len(request.body) > BODY_LIMIT:
            return _TOO_LARGE
        if _is_own_preflight(live, request, match):
            return _PREFLIGHT
        if match is None:
            return _NOT_FOUND
        if not self._buckets.admit(match.route.key, match.route.throttle, time.monotonic()):
            return _THROTTLED
        return denied or await _integrated(live, request, match, context, entry)


def _match(live: Live, request: Request) -> Match | None:
    """Return the route; None also for the default endpoint if it is off: https://repost.aws/knowledge-center/api-gateway-disable-endpoint."""
    api = live.deployment.api
    served = api.default_endpoint or request.host in api.domains
    return live.router.match(request.method, request.path) if served else None


def _is_own_preflight(live: Live, request: Request, match: Match | None) -> bool:
    to_function = live.preflight is Preflight.FUNCTION and match is not None
    return live.deployment.api.cors is not None and _is_preflight(request) and not to_function


async def _integrated(live: Live, request: Request, match: Match, context: Mapping[str, Any], entry: Entry) -> Answer:
    route = match.route
    event = events.event(request, match, live.deployment.api, context)
    payload = json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()
    if len(payload) > PAYLOAD_LIMIT:
        return _TOO_LARGE
    invocation = Invocation(payload, request.trace)
    if not route.permitted:
        return integration.not_permitted(invocation.request_id)
    entry.event = kept(event)
    outcome = live.choose(route.function_arn)[1].invoke(invocation)
    outcome.add_done_callback(partial(_note, entry))
    return await integration.answered(outcome, invocation.request_id, route.timeout)


def _refused_by_its_head(scope: Scope) -> Answer | None:
    if head_size(scope) > HEAD_LIMIT:
        return _HEAD_TOO_LARGE
    if not has_valid_host(scope):
        return _BAD_REQUEST
    return _TOO_LARGE if declared_length(scope) > BODY_LIMIT else None


def _closing(request: Request, refused: Answer | None) -> tuple[tuple[str, str], ...]:
    """Close the connection after rejecting `Expect: 100-continue`, or the next request would be read as the body."""
    return (("connection", "close"),) if refused and request.header("expect") else ()


def _with_cors(cors: Cors | None, request: Request, response: Response) -> Response:
    if cors is None:
        return response
    origin = request.header("origin")
    own = preflight_headers if _is_preflight(request) else response_headers
    return replace(response, headers=own(cors, origin, response.headers))


def _is_preflight(request: Request) -> bool:
    return is_preflight(request.method, dict(request.headers))


def _note(entry: Entry, outcome: asyncio.Future[Outcome]) -> None:
    """Record the invocation, even when the client already got a 503."""
    if not outcome.cancelled() and outcome.exception() is None:
        entry.invocation = outcome.result().record
