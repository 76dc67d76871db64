import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from tests.local_aws.apigateway.gateways import Function, serving
from tests.local_aws.apigateway.served import echo, exchange
from tests.local_aws.zips import Zips

TOO_LARGE = b'{"message":"Request Entity Too Large"}'


def test_chunked_body_up_to_the_limit(zips: Zips, work: Path) -> None:
    async def body(chunks: int) -> AsyncIterator[bytes]:
        for _ in range(chunks):
            yield b"x" * 1_000_000

    async def run() -> None:
        headers = {"Content-Type": "text/plain"}
        async with echo(zips, work) as (_, client):
            whole = await client.post("/", content=body(2), headers=headers)
            assert whole.json()["headers"]["content-length"] == "2000000"
            for chunks in (7, 11):  # more than Lambda takes, more than the gateway takes
                rejected = await client.post("/", content=body(chunks), headers=headers)
                assert (rejected.status_code, rejected.content) == (413, TOO_LARGE)
            assert (await client.get("/")).status_code == 200

    asyncio.run(run())


# The quota of https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
def test_head_limit_is_10240_bytes(zips: Zips, work: Path) -> None:
    def heads(size: int) -> Iterator[str]:
        yield f"GET / HTTP/1.1\r\nX-Name: {'x' * size}"
        yield f"GET / HTTP/1.1\r\nX-One: {'x' * 100}\r\nX-Another-Name: {'x' * (size - 100)}"
        yield f"GET /{'x' * size} HTTP/1.1"
        yield f"GET /?{'x' * (size - 1)} HTTP/1.1"

    async def run() -> None:
        size = 10_240 - len("GET / HTTP/1.1" + "a" + "close")
        async with echo(zips, work) as (plane, _):
            for extra, status in ((0, b"200 OK"), (1, b"431 Request Header Fields Too Large")):
                for head in heads(size + extra):
                    response = await exchange(plane, f"{head}\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
                    assert response.startswith(b"HTTP/1.1 " + status + b"\r\n"), head[:50]
                    assert response.endswith(b'{"message":"Request Header Fields Too Large"}') == bool(extra)

    asyncio.run(run())


def test_head_far_above_the_limit_is_rejected() -> None:
    async def run() -> None:
        async with serving(Function()) as client:
            response = await client.get("/", headers={"X-Name": "x" * 200_000})
            assert response.status_code == 431
            assert (await client.get("/")).status_code == 200

    asyncio.run(run())


def test_body_limits_of_gateway_and_function() -> None:
    async def run() -> None:
        function = Function()
        headers = {"Content-Type": "text/plain"}
        async with serving(function) as client:
            for size, status in ((6_000_000, 200), (6_300_000, 413), (10_485_760, 413)):
                response = await client.post("/", content=b"x" * size, headers=headers)
                assert response.status_code == status
            assert len(function.invocations) == 1

    asyncio.run(run())


def test_too_large_content_length_is_rejected_before_the_body(zips: Zips, work: Path) -> None:
    async def run() -> None:
        async with echo(zips, work) as (plane, client):
            head = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10485761\r\nExpect: 100-continue\r\n\r\n"
            response = await exchange(plane, head)  # waits until the gateway closes the connection
            assert response.startswith(b"HTTP/1.1 413 ")
            assert response.endswith(TOO_LARGE)
            assert (await client.get("/")).status_code == 200

    asyncio.run(run())
