"""Runs functions for Lambda's Invoke, as the control plane forwards it."""

import asyncio
import base64
import logging
from collections.abc import Awaitable, Callable, Iterable
from functools import partial

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from local_aws.apigateway.gateway import Live
from local_aws.awslambda.environment import View
from local_aws.awslambda.invocation import Invocation, Outcome
from local_aws.awslambda.pool import Pool
from local_aws.model.deployment import DeploymentError, Function
from local_aws.xray.trace import TraceHeader

LOG_BYTES = 4096  # https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html, X-Amz-Log-Result

_logger = logging.getLogger(__name__)


class DirectInvocations:
    """Invokes a routed version of a function in the environments of the API, and any other in environments of its own.

    Args:
        live: Returns the deployment that is served.
        read: Returns the applied function of a qualified ARN; called in a thread.
        start: Returns a new pool of a function.
        retire: Ends a pool after its invocations.
        changing: Held while folders of code are unpacked or deleted.
    """

    def __init__(
        self,
        live: Callable[[], Live],
        read: Callable[[str], Function],
        start: Callable[[Function], Awaitable[Pool]],
        retire: Callable[[Pool], None],
        changing: asyncio.Lock,
    ) -> None:
        self._live = live
        self._read = read
        self._start = start
        self._retire = retire
        self._changing = changing
        self._own: dict[str, tuple[Function, Pool]] = {}

    @property
    def pools(self) -> list[Pool]:
        """The pools of functions that are not routed."""
        return [pool for _, pool in self._own.values()]

    def functions(self) -> Iterable[tuple[Function, list[View]]]:
        """Return the functions that are not routed, with their environments."""
        return [(function, pool.environments()) for function, pool in self._own.values()]

    async def respond(self, request: Request) -> Response:
        """Invoke `function` (a qualified ARN) with the body as its event; do not wait if the `type` is Event."""
        arn = request.query_params["function"]
        trace = TraceHeader.parse(request.headers.get("x-amzn-trace-id", ""))
        invocation = Invocation(await request.body(), trace)
        try:
            function, outcome = await self._invoke(arn, invocation)
        except DeploymentError as error:
            return PlainTextResponse(str(error), 409)
        headers = {"x-amzn-requestid": invocation.request_id}
        if request.query_params["type"] == "Event":
            outcome.add_done_callback(partial(_report, f"{arn} ({invocation.request_id})"))
            return Response(status_code=202, headers=headers)
        await asyncio.wait({outcome})
        if outcome.cancelled():
            return PlainTextResponse("it is ending", 503)
        result = outcome.result()
        if result.throttled:
            return Response(status_code=429)
        headers |= {"x-amz-executed-version": function.version, "x-amz-log-result": _tail(result)}
        if result.error_type is not None:
            headers["x-amz-function-error"] = "Unhandled"
        return Response(result.payload, headers=headers)

    async def _invoke(self, arn: str, invocation: Invocation) -> tuple[Function, asyncio.Future[Outcome]]:
        routed = self._routed(arn)
        if routed is not None:
            # No await before that, so that a deployment cannot retire the pool meanwhile.
            return routed[0], routed[1].invoke(invocation)
        async with self._changing:
            function, pool = await self._unrouted(arn)
            return function, pool.invoke(invocation)

    def _routed(self, arn: str) -> tuple[Function, Pool] | None:
        live = self._live()
        if arn in live.deployment.functions:
            return live.choose(arn)
        named, _, qualifier = arn.rpartition(":")
        for function, pool in live.versions():
            if function.arn.rpartition(":")[0] == named and function.version == qualifier:
                return function, pool
        return None

    async def _unrouted(self, arn: str) -> tuple[Function, Pool]:
        """Return the function as it is applied now, because no deployment switches it."""
        function = await asyncio.to_thread(self._read, arn)
        kept = self._own.get(arn)
        if kept is not None and kept[0] == function:
            return kept
        pool = await self._start(function)
        self._own[arn] = function, pool
        if kept is not None:
            self._retire(kept[1])
        return function, pool


def _tail(outcome: Outcome) -> str:
    lines = outcome.record.logs if outcome.record else ()
    log = "".join(f"{line.message.rstrip()}\n" for line in lines)
    return base64.b64encode(log.encode(errors="replace")[-LOG_BYTES:]).decode()


def _report(name: str, outcome: asyncio.Future[Outcome]) -> None:
    """Log the failure of an invocation that nobody waits for."""
    if outcome.cancelled():
        reason = "the embedded AWS ended"
    elif (error := outcome.exception()) is not None:
        reason = repr(error)
    elif (kind := outcome.result().error_type) is not None:
        reason = kind
    else:
        return
    _logger.warning("the asynchronous invocation of %s failed: %s. AWS would retry it. Here it is lost.", name, reason)
