"""Custom domains: the default endpoint can be off."""

import asyncio

import pytest

from local_aws.model.deployment import Api
from tests.local_aws.apigateway.gateways import Function, serving

DOMAIN = "api.example.com"


@pytest.mark.parametrize(
    ("default_endpoint", "host", "status"),
    [
        (True, DOMAIN, 200),
        (True, "127.0.0.1:8000", 200),
        (False, DOMAIN, 200),
        (False, f"{DOMAIN.upper()}:8000", 200),
        (False, "127.0.0.1:8000", 404),
        (False, f"x.{DOMAIN}", 404),
    ],
)
def test_only_the_domain_responds_if_the_default_endpoint_is_off(
    *, default_endpoint: bool, host: str, status: int
) -> None:
    api = Api("abc123", domains=frozenset({DOMAIN}), default_endpoint=default_endpoint)
    function = Function()

    async def request() -> int:
        async with serving(function, api=api) as client:
            return (await client.get("/", headers={"Host": host})).status_code

    assert asyncio.run(request()) == status
    assert [event["requestContext"]["domainName"] for event in function.events] == (
        [host.partition(":")[0].lower()] if status == 200 else []
    )
