"""A gateway on a loopback port, whose functions are handlers in the test's process."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, override

import httpx2

from local_aws.apigateway.access_log import AccessLog
from local_aws.apigateway.cors import Preflight
from local_aws.apigateway.gateway import Gateway, Live
from local_aws.apigateway.journal import Journal
from local_aws.apigateway.loopback_server import LoopbackServer
from local_aws.apigateway.routing import Router
from local_aws.awslambda.invocation import Invocation, Outcome
from local_aws.awslambda.pool import Pool
from local_aws.model.deployment import Api, Deployment, Route
from tests.local_aws.zips import a_function

ARN = a_function().arn


def hello(event: dict[str, Any]) -> object:
    return {"statusCode": 200, "headers": {"content-type": "text/plain"}, "body": f"hello {event['rawPath']}"}


class Function(Pool):
    """Responds at once with the handler's result: JSON, an Outcome as it is, or no response at all."""

    def __init__(self, handler: Callable[[dict[str, Any]], object] = hello) -> None:
        self._handler = handler
        self.invocations: list[Invocation] = []

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(invocation.payload) for invocation in self.invocations]

    @override
    def invoke(self, invocation: Invocation) -> asyncio.Future[Outcome]:
        self.invocations.append(invocation)
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        response = self._handler(json.loads(invocation.payload))
        if isinstance(response, Outcome):
            future.set_result(response)
        elif response is not NEVER:
            future.set_result(Outcome(json.dumps(response).encode()))
        return future


NEVER = object()


@asynccontextmanager
async def serving(
    function: Function,
    *,
    api: Api | None = None,
    routes: Sequence[Route] = (Route("$default", ARN),),
    access_log: AccessLog | None = None,
    journal: Journal | None = None,
    preflight: Preflight = Preflight.GATEWAY,
) -> AsyncIterator[httpx2.AsyncClient]:
    """Serve a function with routes; yield a client of them."""
    deployment = Deployment(api or Api("abc123"), tuple(routes), {ARN: a_function()})
    live = Live(deployment, Router(routes), {ARN: function}, access_log, preflight)
    async with (
        LoopbackServer(Gateway(live, journal or Journal())) as server,
        httpx2.AsyncClient(base_url=server.url, timeout=20) as client,
    ):
        yield client
