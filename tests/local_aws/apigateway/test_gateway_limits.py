import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from tests.local_aws.apigateway.gateways import Function, serving
from tests.local_aws.apigateway.served import asked, echo
from tests.local_aws.zips import Zips

TOO_LARGE = b'{"message":"Request Entity Too Large"}'


def test_bodies_in_chunks_arrive_whole_and_too_large_ones_not_at_all(zips: Zips, work: Path) -> None:
    async def body(chunks: int) -> AsyncIterator[bytes]:
        for _ in range(chunks):
            yield b"x" * 1_000_000

    async def play() -> None:
        headers = {"Content-Type": "text/plain"}
        async with echo(zips, work) as (_, client):
            whole = await client.post("/", content=body(2), headers=headers)
            assert whole.json()["headers"]["content-length"] == "2000000"
            for chunks in (7, 11):  # more than Lambda takes, more than the gateway takes
                refused = await client.post("/", content=body(chunks), headers=headers)
                assert (refused.status_code, refused.content) == (413, TOO_LARGE)
            assert (await client.get("/")).status_code == 200

    asyncio.run(play())


# The quota of https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
def test_the_request_line_and_the_header_values_have_10240_bytes(zips: Zips, work: Path) -> None:
    def heads(room: int) -> Iterator[str]:
        yield f"GET / HTTP/1.1\r\nX-Name: {'x' * room}"
        yield f"GET / HTTP/1.1\r\nX-One: {'x' * 100}\r\nX-Another-Name: {'x' * (room - 100)}"
        yield f"GET /{'x' * room} HTTP/1.1"
        yield f"GET /?{'x' * (room - 1)} HTTP/1.1"

    async def play() -> None:
        room = 10_240 - len("GET / HTTP/1.1" + "a" + "close")
        async with echo(zips, work) as (plane, _):
            for extra, status in ((0, b"200 OK"), (1, b"431 Request Header Fields Too Large")):
                for head in heads(room + extra):
                    answer = await asked(plane, f"{head}\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
                    assert answer.startswith(b"HTTP/1.1 " + status + b"\r\n"), head[:50]
                    assert answer.endswith(b'{"message":"Request Header Fields Too Large"}') == bool(extra)

    asyncio.run(play())


def test_a_head_of_many_times_the_limit_is_refused_as_well() -> None:
    async def play() -> None:
        async with serving(Function()) as client:
            answer = await client.get("/", headers={"X-Name": "x" * 200_000})
            assert answer.status_code == 431
            assert (await client.get("/")).status_code == 200

    asyncio.run(play())


def test_ten_megabytes_are_the_gateways_limit_and_six_the_functions() -> None:
    async def play() -> None:
        function = Function()
        headers = {"Content-Type": "text/plain"}
        async with serving(function) as client:
            for size, status in ((6_000_000, 200), (6_300_000, 413), (10_485_760, 413)):
                answer = await client.post("/", content=b"x" * size, headers=headers)
                assert answer.status_code == status
            assert len(function.invocations) == 1

    asyncio.run(play())


def test_what_is_announced_to_be_too_large_is_refused_before_it_is_sent(zips: Zips, work: Path) -> None:
    async def play() -> None:
        async with echo(zips, work) as (plane, client):
            head = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10485761\r\nExpect: 100-continue\r\n\r\n"
            answer = await asked(plane, head)  # which waits until the gateway closes the connection
            assert answer.startswith(b"HTTP/1.1 413 ")
            assert answer.endswith(TOO_LARGE)
            assert (await client.get("/")).status_code == 200

    asyncio.run(play())
