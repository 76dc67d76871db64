import asyncio
from typing import Any

import pytest

from local_aws.apigateway.cors import Preflight, allowed_origin, is_preflight, preflight_headers, response_headers
from local_aws.model.deployment import Api, Cors, Route
from tests.local_aws.apigateway.gateways import ARN, Function, serving

HERE, ELSEWHERE = "https://example.com", "https://example.org"
EVERYTHING = Cors(
    allow_origins=(HERE,),
    allow_methods=("GET", "PUT"),
    allow_headers=("authorization", "content-type"),
    expose_headers=("etag", "x-request-id"),
    allow_credentials=True,
    max_age=300,
)
PREFLIGHT = {"Origin": HERE, "Access-Control-Request-Method": "PUT"}


# The example values of https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
@pytest.mark.parametrize(
    ("allowed", "origin", "answered"),
    [
        ((HERE,), HERE, HERE),
        ((HERE,), ELSEWHERE, None),
        ((HERE,), "http://example.com", None),
        ((HERE, ELSEWHERE), ELSEWHERE, ELSEWHERE),
        (("*",), HERE, "*"),
        (("https://*",), ELSEWHERE, ELSEWHERE),
        (("https://*",), "http://example.org", None),
        (("http://*",), "http://localhost:3000", "http://localhost:3000"),
        (("http://*",), HERE, None),
        ((), HERE, None),
    ],
)
def test_origin_is_allowed_as_configured(allowed: tuple[str, ...], origin: str, answered: str | None) -> None:
    assert allowed_origin(Cors(allow_origins=allowed), origin) == answered


def test_only_options_with_origin_and_wanted_method_is_a_preflight() -> None:
    headers = {"origin": HERE, "access-control-request-method": "PUT"}
    assert is_preflight("OPTIONS", headers)
    assert not is_preflight("GET", headers)
    assert not is_preflight("OPTIONS", {"origin": HERE})
    assert not is_preflight("OPTIONS", {"access-control-request-method": "PUT"})


def test_preflight_response_lists_what_is_allowed() -> None:
    assert dict(preflight_headers(EVERYTHING, HERE)) == {
        "access-control-allow-origin": HERE,
        "access-control-allow-credentials": "true",
        "access-control-allow-methods": "GET,PUT",
        "access-control-allow-headers": "authorization,content-type",
        "access-control-max-age": "300",
    }


def test_settings_that_are_not_configured_have_no_header() -> None:
    assert dict(preflight_headers(Cors(allow_origins=("*",)), HERE)) == {"access-control-allow-origin": "*"}
    assert preflight_headers(Cors(allow_origins=("*",), max_age=0), HERE)[-1] == ("access-control-max-age", "0")


def test_wildcards_are_returned_unchanged() -> None:
    wild = Cors(allow_origins=("*",), allow_methods=("*",), allow_headers=("*",), expose_headers=("*",))
    assert dict(preflight_headers(wild, HERE))["access-control-allow-methods"] == "*"
    assert dict(response_headers(wild, HERE, ()))["access-control-expose-headers"] == "*"


def test_origin_that_is_not_allowed_gets_no_headers() -> None:
    assert preflight_headers(EVERYTHING, ELSEWHERE) == ()
    assert response_headers(EVERYTHING, ELSEWHERE, (("etag", '"1"'),)) == (("etag", '"1"'),)


def with_own_cors(_: dict[str, Any]) -> object:
    headers = {"Access-Control-Allow-Origin": "*", "Access-Control-Max-Age": "9", "ETag": '"1"'}
    return {"statusCode": 200, "headers": headers, "body": "hello"}


def cors_headers(headers: Any) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name.startswith("access-control-")}


@pytest.mark.parametrize("key", ["$default", "GET /orders"])
def test_configured_gateway_responds_to_preflight_itself(key: str) -> None:
    async def run() -> None:
        function = Function()
        async with serving(function, api=Api("abc123", cors=EVERYTHING), routes=[Route(key, ARN)]) as client:
            response = await client.options("/anywhere", headers=PREFLIGHT)
            assert (response.status_code, response.content) == (204, b"")
            assert cors_headers(response.headers) == dict(preflight_headers(EVERYTHING, HERE))
            assert "apigw-requestid" in response.headers
            assert function.invocations == []

    asyncio.run(run())


def with_allow(_: dict[str, Any]) -> object:
    headers = {"Allow": "GET, OPTIONS", "Access-Control-Allow-Origin": "*", "Access-Control-Allow-Methods": "TRACE"}
    return {"statusCode": 204, "headers": headers}


@pytest.mark.parametrize("key", ["$default", "ANY /orders", "OPTIONS /orders"])
def test_function_responds_to_preflight_if_chosen(key: str) -> None:
    async def run() -> None:
        function = Function(with_allow)
        api, routes = Api("abc123", cors=EVERYTHING), [Route(key, ARN)]
        async with serving(function, api=api, routes=routes, preflight=Preflight.FUNCTION) as client:
            response = await client.options("/orders", headers=PREFLIGHT)
            assert (response.status_code, response.headers["allow"]) == (204, "GET, OPTIONS")
            assert cors_headers(response.headers) == dict(preflight_headers(EVERYTHING, HERE))
            elsewhere = await client.options("/orders", headers=PREFLIGHT | {"Origin": ELSEWHERE})
            assert cors_headers(elsewhere.headers) == {}
            assert [event["requestContext"]["http"]["method"] for event in function.events] == ["OPTIONS"] * 2

    asyncio.run(run())


def test_gateway_responds_to_preflight_without_a_route_for_options() -> None:
    async def run() -> None:
        function = Function(with_allow)
        api, routes = Api("abc123", cors=EVERYTHING), [Route("PUT /orders", ARN)]
        async with serving(function, api=api, routes=routes, preflight=Preflight.FUNCTION) as client:
            response = await client.options("/orders", headers=PREFLIGHT)
            assert response.status_code == 204
            assert cors_headers(response.headers) == dict(preflight_headers(EVERYTHING, HERE))
            assert function.events == []

    asyncio.run(run())


def test_options_request_other_than_preflight_reaches_the_function() -> None:
    async def run() -> None:
        function = Function()
        async with serving(function, api=Api("abc123", cors=EVERYTHING)) as client:
            assert (await client.options("/orders")).text == "hello /orders"

    asyncio.run(run())


def test_configured_gateway_replaces_the_functions_cors_headers() -> None:
    async def run() -> None:
        async with serving(Function(with_own_cors), api=Api("abc123", cors=EVERYTHING)) as client:
            allowed = await client.get("/", headers={"Origin": HERE})
            assert cors_headers(allowed.headers) == {
                "access-control-allow-origin": HERE,
                "access-control-allow-credentials": "true",
                "access-control-expose-headers": "etag,x-request-id",
            }
            assert allowed.headers["etag"] == '"1"'
            for headers in ({"Origin": ELSEWHERE}, {}):
                assert cors_headers((await client.get("/", headers=headers)).headers) == {}

    asyncio.run(run())


def test_error_responses_of_the_gateway_have_cors_headers() -> None:
    async def run() -> None:
        api = Api("abc123", cors=EVERYTHING)
        async with serving(Function(), api=api, routes=[Route("GET /orders", ARN)]) as client:
            response = await client.get("/nowhere", headers={"Origin": HERE})
            assert response.status_code == 404
            assert response.headers["access-control-allow-origin"] == HERE

    asyncio.run(run())


def test_without_configuration_cors_headers_are_not_changed() -> None:
    async def run() -> None:
        function = Function(with_own_cors)
        async with serving(function) as client:
            response = await client.get("/", headers={"Origin": HERE})
            assert cors_headers(response.headers) == {
                "access-control-allow-origin": "*",
                "access-control-max-age": "9",
            }
            assert (await client.options("/", headers=PREFLIGHT)).status_code == 200
            assert len(function.invocations) == 2

    asyncio.run(run())
