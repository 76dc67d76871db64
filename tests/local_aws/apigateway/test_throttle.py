import asyncio

from local_aws.apigateway.throttle import Buckets, TokenBucket, read_throttle
from local_aws.model.deployment import Route, Throttle
from tests.local_aws.apigateway.gateways import ARN, Function, serving


def test_only_a_burst_passes_at_once() -> None:
    bucket = TokenBucket(Throttle(rate=10, burst=3), now=0.0)
    assert [bucket.take(0.0) for _ in range(5)] == [True, True, True, False, False]


def test_tokens_refill_at_the_rate_up_to_the_burst() -> None:
    bucket = TokenBucket(Throttle(rate=10, burst=2), now=0.0)
    assert [bucket.take(0.0) for _ in range(3)] == [True, True, False]
    assert not bucket.take(0.09)
    assert bucket.take(0.1)
    assert not bucket.take(0.1)
    assert [bucket.take(60.0) for _ in range(3)] == [True, True, False]


def test_steady_stream_at_the_rate_passes() -> None:
    bucket = TokenBucket(Throttle(rate=64, burst=1), now=0.0)
    assert all(bucket.take(number / 64) for number in range(500))


def test_burst_of_zero_rejects_everything() -> None:
    bucket = TokenBucket(Throttle(rate=100, burst=0), now=0.0)
    assert not any(bucket.take(float(second)) for second in range(5))


def test_each_route_has_its_own_bucket() -> None:
    buckets, throttle = Buckets(), Throttle(rate=1, burst=1)
    assert buckets.admit("GET /orders", throttle, 0.0)
    assert not buckets.admit("GET /orders", throttle, 0.0)
    assert buckets.admit("GET /people", throttle, 0.0)


def test_bucket_is_kept_while_its_throttle_is_unchanged() -> None:
    buckets = Buckets()
    assert buckets.admit("GET /orders", Throttle(rate=1, burst=1), 0.0)
    assert not buckets.admit("GET /orders", Throttle(rate=1, burst=1), 0.0)
    assert buckets.admit("GET /orders", Throttle(rate=1, burst=2), 0.0)


def test_missing_settings_are_the_accounts_quota() -> None:
    assert read_throttle({"DetailedMetricsEnabled": True}) == Throttle(rate=10_000, burst=5_000)
    assert read_throttle({"ThrottlingRateLimit": 0.5, "ThrottlingBurstLimit": 2}) == Throttle(rate=0.5, burst=2)


def test_throttled_request_is_a_429() -> None:
    async def run() -> None:
        function = Function()
        routes = [Route("GET /slow", ARN, throttle=Throttle(rate=0.001, burst=2)), Route("$default", ARN)]
        async with serving(function, routes=routes) as client:
            responses = [await client.get("/slow") for _ in range(3)]
            assert [response.status_code for response in responses] == [200, 200, 429]
            assert responses[-1].content == b'{"message":"Too Many Requests"}'
            assert (await client.get("/other")).status_code == 200
            assert len(function.invocations) == 3

    asyncio.run(run())
