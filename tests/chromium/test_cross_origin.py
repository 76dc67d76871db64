"""A page of another origin calls the API through the gateway, whoever responds to its preflight requests."""

import asyncio
import json
from collections.abc import Iterator, Mapping
from typing import Any

import httpx2
import pytest
from starlette.responses import HTMLResponse

from local_aws.apigateway.cors import Preflight
from local_aws.apigateway.loopback_server import LoopbackServer
from local_aws.model.deployment import Api, Cors
from local_aws.page.chromium import Chromium
from local_aws.page.devtools import visiting
from tests.conformance.found import ROWS, Row, profile
from tests.local_aws.apigateway.gateways import Function, serving
from tests.local_aws.source_server import served_from_source

METHODS = ("DELETE", "GET", "PATCH", "POST", "PUT")
TOKEN = "Bearer of no user"
FETCH = """Promise.all(%s.map(([method, path, body]) => fetch(%s + path, {
  method, body,
  headers: { "Authorization": %s, "Content-Type": "application/json", "Idempotency-Key": crypto.randomUUID() },
}).then(
  async (response) => [
    response.status, response.headers.get("etag"), response.headers.get("idempotent-replayed"), await response.text()
  ],
  (error) => error.message,
)))"""
WITH_JSON = [row for row in ROWS if "json" in row.operation.send(0) and not row.operation.environment]

type Request = tuple[str, str, str]  # method, path, body


def application(event: Mapping[str, Any]) -> object:
    """Respond to OPTIONS as the services do, and to another request with its token and body, and as if replayed."""
    if event["requestContext"]["http"]["method"] == "OPTIONS":
        return {"statusCode": 204, "headers": {"allow": "OPTIONS, PATCH, POST"}}
    return {
        "statusCode": 201,
        "headers": {"etag": '"1"', "idempotent-replayed": "true"},
        "body": f"{event['headers']['authorization']}: {event['body']}",
    }


def fetched(function: Function, preflight: Preflight, requests: list[Request], origin: str | None = None) -> Any:
    """Send requests with a token and JSON from a page of another port; return what the page gets of each.

    Args:
        function: Serves the API.
        preflight: Who responds to preflight requests.
        requests: The requests.
        origin: The allowed origin, if it is not the page's.
    """

    async def run() -> Any:
        async with LoopbackServer(HTMLResponse("<title>Shop</title>")) as page:
            cors = Cors(
                allow_origins=(origin or page.url,),
                allow_methods=METHODS,
                allow_headers=("authorization", "content-type", "idempotency-key"),
                expose_headers=("etag", "idempotent-replayed"),
            )
            async with serving(function, api=Api("abc123", cors=cors), preflight=preflight) as client:
                address = str(client.base_url).removesuffix("/")
                script = FETCH % (json.dumps(requests), json.dumps(address), json.dumps(TOKEN))

                def visit() -> Any:
                    with visiting(Chromium.found(), page.url, width=800, height=600) as tab:
                        return tab.evaluate(script)

                return await asyncio.to_thread(visit)

    return asyncio.run(run())


def methods(function: Function) -> list[str]:
    return [event["requestContext"]["http"]["method"] for event in function.events]


@pytest.mark.parametrize("method", ["POST", "PATCH"])
@pytest.mark.parametrize("preflight", Preflight)
def test_page_of_an_allowed_origin_sends_token_and_json(preflight: Preflight, method: str) -> None:
    function = Function(application)
    responses = fetched(function, preflight, [(method, "/orders", '{"title":"é"}')])
    assert responses == [[201, '"1"', "true", f'{TOKEN}: {{"title":"é"}}']]
    assert methods(function) == (["OPTIONS", method] if preflight is Preflight.FUNCTION else [method])


@pytest.mark.parametrize("preflight", Preflight)
def test_page_of_another_origin_sends_no_request(preflight: Preflight) -> None:
    function = Function(application)
    responses = fetched(function, preflight, [("POST", "/orders", "{}")], origin="https://example.com")
    assert responses == ["Failed to fetch"]
    assert methods(function) == (["OPTIONS"] if preflight is Preflight.FUNCTION else [])


@pytest.fixture(scope="module")
def source() -> Iterator[httpx2.Client]:
    """Serve the services from source, and return a client of them."""
    with served_from_source() as url, httpx2.Client(base_url=url, timeout=30) as client:
        yield client


def of_row(row: Row, number: int) -> Request:
    path = row.operation.path.format(**profile(row.service).parameters)
    return row.operation.method, path, json.dumps(row.operation.send(number)["json"])


@pytest.mark.parametrize("preflight", Preflight)
def test_every_operation_with_json_can_be_called_from_another_origin(
    preflight: Preflight, source: httpx2.Client
) -> None:
    def forward(event: Mapping[str, Any]) -> object:
        method, path = event["requestContext"]["http"]["method"], event["rawPath"]
        response = source.request(method, path, headers=event["headers"], content=event.get("body", ""))
        return {"statusCode": response.status_code, "headers": dict(response.headers), "body": response.text}

    # Each preflight setting sends other data, so that no request conflicts with an earlier one.
    first = 1 + 2 * list(Preflight).index(preflight)
    headers = {"Authorization": TOKEN, "Content-Type": "application/json"}
    direct = [
        source.request(method, path, content=body, headers=headers).status_code
        for method, path, body in (of_row(row, first) for row in WITH_JSON)
    ]
    function = Function(forward)
    responses = fetched(function, preflight, [of_row(row, first + 1) for row in WITH_JSON])
    assert [status for status, *_ in responses] == direct
    assert min(direct) < httpx2.codes.BAD_REQUEST  # At least one of them serves callers without a valid token.
    assert ("OPTIONS" in methods(function)) is (preflight is Preflight.FUNCTION)
