"""A handler whose traces are recorded, by each library."""

import asyncio
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from starlette.responses import StreamingResponse

from common.lambda_handler import Handler, create_handler
from common.dynamodb.client import CONFIG
from common.http.application import create_app
from common.telemetry import traces as tracing
from tests.common.conftest import no_adapters
from tests.common.tracing.traced_route import SECRET, Route
from tests.support.traces import Traces, recorded_traces

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@pytest.fixture(params=["otel", "powertools"])
def traces(
    request: pytest.FixtureRequest, function_environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Traces]:
    assert function_environment
    with recorded_traces(monkeypatch, request.param) as traces:
        yield traces


@pytest.fixture
def route(traces: Traces) -> Iterator[Route]:
    assert traces.documents == []
    client: DynamoDBClient = boto3.client("dynamodb", config=CONFIG)
    yield Route(client)
    client.close()


@pytest.fixture
def handler(route: Route) -> Iterator[Handler]:
    app = create_app("things", description="Things.", routers=[])

    async def plain() -> None:
        route.work()

    async def inside(name: str) -> None:
        with tracing.operation("things.do"):
            route.work()
        assert name

    async def late() -> StreamingResponse:
        async def body() -> Any:
            yield b"half"
            raise ZeroDivisionError(SECRET)

        return StreamingResponse(body())

    app.add_api_route("/plain", plain)
    app.add_api_route("/things/{name}", inside)
    app.add_api_route("/late", late)
    handler = create_handler(app, no_adapters)
    tracing.watch(route.client)
    yield handler
    asyncio.get_event_loop().close()
    asyncio.set_event_loop(None)
