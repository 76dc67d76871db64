"""httpx and aiohttp on every service: one connection for all kinds of responses, and problems that they parse."""

import asyncio
from typing import TYPE_CHECKING, Any, NamedTuple

import aiohttp
import httpx
import httpx2
import pytest

from tests.conformance.found import ROWS
from tests.e2e.successes import prepared
from tests.support.deployed.signing import Signer
from tests.support.problem import assert_problem
from tests.support.services import SERVICES, address

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class Exchange(NamedTuple):
    """A request without a body, and the status of its response."""

    method: str
    path: str
    headers: dict[str, str]
    status: int


@pytest.fixture(params=SERVICES)
def exchanges(
    request: pytest.FixtureRequest, deployed_api: httpx2.Client, dynamodb: "DynamoDBClient", signer: Signer
) -> list[Exchange]:
    """Return requests whose responses have a body, none, and one that HEAD leaves out."""
    service = request.param
    health = f"{address(service)}/health"
    found = [
        Exchange("GET", health, {}, 200),
        Exchange("HEAD", health, {}, 200),
        Exchange("OPTIONS", health, {}, 204),
        Exchange("GET", f"{address(service)}/a/b/c", {}, 404),
        Exchange("DELETE", health, {}, 405),
    ]
    rows = [row for row in ROWS if row.service == service and not row.operation.environment]
    for row in [row for row in rows if row.operation.method == "GET" and "{" in row.operation.path][:1]:
        read = prepared(deployed_api, dynamodb, signer, row)
        if etag := read.send(deployed_api).headers.get("etag"):
            known = {**read.headers, "If-None-Match": etag}
            found += [Exchange(method, read.path, known, 304) for method in ("GET", "HEAD")]
    for row in [row for row in rows if row.operation.method == "DELETE"][:1]:
        removal = prepared(deployed_api, dynamodb, signer, row)
        found.append(Exchange("DELETE", removal.path, dict(removal.headers), removal.status))
    return [*found, found[0]]


def check(exchange: Exchange, status: int, headers: Any, body: bytes) -> None:
    """Assert that the response has the status, and a body and a content type only where it may have them."""
    assert status == exchange.status, (exchange, body)
    if status in {204, 304}:
        assert (body, "content-type" in headers) == (b"", False), exchange
    elif exchange.method == "HEAD":
        assert (body, "content-type" in headers) == (b"", True), exchange
    else:
        problem = "application/problem+json" if status >= 400 else "application/json"
        assert headers["content-type"] == problem, exchange
        assert headers["content-length"] == str(len(body)), exchange


def test_httpx_keeps_its_connection(deployed_api: httpx2.Client, exchanges: list[Exchange]) -> None:
    ports = set()
    with httpx.Client(base_url=str(deployed_api.base_url), timeout=30) as client:
        for exchange in exchanges:
            response = client.request(exchange.method, exchange.path, headers=exchange.headers)
            check(exchange, response.status_code, response.headers, response.content)
            ports.add(response.extensions["network_stream"].get_extra_info("client_addr"))
            if response.is_error:
                assert_problem(response, exchange.status, None)
    assert len(ports) == 1


def test_async_httpx_keeps_its_connection(deployed_api: httpx2.Client, exchanges: list[Exchange]) -> None:
    async def send() -> set[Any]:
        ports = set()
        async with httpx.AsyncClient(base_url=str(deployed_api.base_url), timeout=30) as client:
            for exchange in exchanges:
                response = await client.request(exchange.method, exchange.path, headers=exchange.headers)
                check(exchange, response.status_code, response.headers, response.content)
                ports.add(response.extensions["network_stream"].get_extra_info("client_addr"))
        return ports

    assert len(asyncio.run(send())) == 1


def test_aiohttp_keeps_its_connection_and_parses_problems(
    deployed_api: httpx2.Client, exchanges: list[Exchange]
) -> None:
    made: list[object] = []

    async def connected(*event: object) -> None:
        made.append(event)

    async def send() -> None:
        trace = aiohttp.TraceConfig()
        trace.on_connection_create_end.append(connected)
        url = str(deployed_api.base_url).rstrip("/")
        async with aiohttp.ClientSession(trace_configs=[trace]) as client:
            for exchange in exchanges:
                sent = client.request(exchange.method, url + exchange.path, headers=exchange.headers)
                async with sent as response:
                    check(exchange, response.status, response.headers, await response.read())
                    if response.status >= 400:
                        assert (await response.json())["status"] == response.status  # it accepts `+json`
                        with pytest.raises(aiohttp.ClientResponseError) as raised:
                            response.raise_for_status()
                        assert raised.value.status == response.status

    asyncio.run(send())
    assert len(made) == 1
