"""Clients' connections to the gateway, well-behaved and not."""

import asyncio
import json
import socket
import struct
from collections.abc import Iterable
from pathlib import Path

import pytest

from local_aws.apigateway.access_log import AccessLog
from local_aws.data_plane.open_files import allow_many_open_files
from local_aws.data_plane.server import DataPlane
from local_aws.model.deployment import Api, Route
from tests.local_aws.apigateway.gateways import ARN, Function, serving
from tests.local_aws.apigateway.served import ECHO, Applied, connected, echo, exchange, served, zipped
from tests.local_aws.zips import Zips, a_deployment, a_function, deliver

GET = b"GET /%b HTTP/1.1\r\nHost: a\r\n\r\n"


async def answered(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    """Return head and body of one response with a Content-Length."""
    async with asyncio.timeout(20):
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
        return head, await reader.readexactly(length)


async def sent_in_parts(plane: DataPlane, parts: Iterable[bytes]) -> tuple[bytes, bytes]:
    """Send parts over one connection, one packet each, and return one response."""
    reader, writer = await connected(plane)
    for part in parts:
        writer.write(part)
        await writer.drain()
        await asyncio.sleep(0)
    response = await answered(reader)
    writer.close()
    return response


def test_connection_is_reused_for_the_next_request(zips: Zips, work: Path) -> None:
    async def run() -> None:
        async with echo(zips, work) as (plane, _):
            reader, writer = await connected(plane)
            for path in (b"one", b"two", b"three"):
                writer.write(GET % path)
                _, body = await answered(reader)
                assert json.loads(body)["rawPath"] == "/" + path.decode()
            writer.close()

    asyncio.run(run())


def test_pipelined_requests_get_responses_in_order(zips: Zips, work: Path) -> None:
    async def run() -> None:
        async with echo(zips, work) as (plane, _):
            reader, writer = await connected(plane)
            writer.write(b"".join(GET % path for path in (b"one", b"two", b"three")))
            paths = [json.loads((await answered(reader))[1])["rawPath"] for _ in range(3)]
            assert paths == ["/one", "/two", "/three"]
            writer.close()

    asyncio.run(run())


def test_head_and_204_have_no_body(zips: Zips, work: Path) -> None:
    async def run() -> None:
        async with echo(zips, work) as (plane, client):
            response = await exchange(plane, b"HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            head, _, body = response.partition(b"\r\n\r\n")
            assert int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0]) > 0
            assert body == b""
            bare = await client.get("/bare")
            assert (bare.status_code, bare.content, bare.headers["x-test"]) == (204, b"", "1")
            assert "content-length" not in bare.headers

    asyncio.run(run())


def test_chunked_upload_arrives_whole(zips: Zips, work: Path) -> None:
    async def run() -> None:
        head = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n"
        async with echo(zips, work) as (plane, _):
            _, body = await sent_in_parts(plane, (head, b"5\r\nhel", b"lo\r\n", b"1;name=value\r\n!\r\n", b"0\r\n\r\n"))
            event = json.loads(body)
            assert event["body"] == "hello!"
            assert event["headers"]["content-length"] == "6"
            assert "transfer-encoding" not in event["headers"]

    asyncio.run(run())


def test_request_sent_byte_by_byte(zips: Zips, work: Path) -> None:
    async def run() -> None:
        request = b"POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Type: text/plain\r\n\r\nabc"
        async with echo(zips, work) as (plane, _):
            _, body = await sent_in_parts(plane, (bytes([byte]) for byte in request))
            assert json.loads(body)["body"] == "abc"

    asyncio.run(run())


def test_client_gets_100_continue(zips: Zips, work: Path) -> None:
    async def run() -> None:
        async with echo(zips, work) as (plane, _):
            reader, writer = await connected(plane)
            writer.write(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
            async with asyncio.timeout(20):
                assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 100 ")
            writer.write(b"abc")
            _, body = await answered(reader)
            event = json.loads(body)
            assert event["body"] == "abc"
            assert "expect" not in event["headers"]
            writer.close()

    asyncio.run(run())


def test_http_1_0(zips: Zips, work: Path) -> None:
    async def run() -> None:
        async with echo(zips, work) as (plane, _):
            response = await exchange(plane, b"GET /old HTTP/1.0\r\n\r\n")
            event = json.loads(response.partition(b"\r\n\r\n")[2])
            assert event["requestContext"]["http"]["protocol"] == "HTTP/1.0"
            assert event["requestContext"]["domainName"] == ""

    asyncio.run(run())


@pytest.mark.parametrize(
    ("host", "domain"),
    [("[::1]:8000", "[::1]"), ("[::1]", "[::1]"), ("localhost:8000", "localhost"), ("a_b.example:443", "a_b.example")],
)
def test_well_formed_host_is_passed_on_with_its_port(host: str, domain: str) -> None:
    async def run() -> None:
        function = Function()
        async with serving(function) as client:
            assert (await client.get("/", headers={"Host": host})).status_code == 200
            (event,) = function.events
            assert event["headers"]["host"] == host
            assert event["requestContext"]["domainName"] == domain

    asyncio.run(run())


@pytest.mark.parametrize(
    "host",
    [
        *("", "[", "[::1", "[::1]8000", "[::1]:", "[]", "[::g]", "[1.2.3.4]", "::1", "a:b:c", "a:b", "localhost:"),
        *("localhost:65536", "localhost:-1", "evil/x", "user@localhost", "a b", "é", "a%zz", "a?b", "a#b"),
    ],
)
def test_malformed_host_is_a_400_of_the_gateway(host: str, tmp_path: Path) -> None:
    async def run() -> None:
        function = Function()
        api = Api("abc123", access_log_group="shop", access_log_format="$context.status $context.error.message")
        async with serving(function, api=api, access_log=AccessLog(tmp_path, "shop", "stream", deliver)) as client:
            response = await client.get("/", headers={b"Host": host.encode()})
            assert (response.status_code, response.content) == (400, b'{"message":"Bad Request"}')
            assert "apigw-requestid" in response.headers
            assert (await client.get("/")).status_code == 200
            assert len(function.events) == 1

    asyncio.run(run())
    lines = (tmp_path / "shop.access.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["message"] for line in lines] == ["400 Bad Request", "200 -"]


def test_forwarded_headers_of_a_client_do_not_replace_the_connection() -> None:
    async def run() -> None:
        function = Function()
        sent = {"X-Forwarded-For": "9.9.9.9", "X-Forwarded-Port": "443,80", "X-Forwarded-Proto": "https,ftp"}
        async with serving(function) as client:
            await client.get("/", headers=sent)
            (event,) = function.events
            assert event["requestContext"]["http"]["sourceIp"] == "127.0.0.1"
            assert event["headers"]["x-forwarded-for"] == "9.9.9.9, 127.0.0.1"
            assert event["headers"]["x-forwarded-port"] == str(client.base_url.port)
            assert event["headers"]["x-forwarded-proto"] == "http"

    asyncio.run(run())


def test_absolute_request_target() -> None:
    async def run() -> None:
        function = Function()
        async with serving(function) as client:
            port = client.base_url.port
            for target in (b"http://example.com/a%20b?c=d", b"http://example.com", b"http://[::1/c"):
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(b"GET " + target + b" HTTP/1.1\r\nHost: a\r\n\r\n")
                await answered(reader)
                writer.close()
            assert [event["rawPath"] for event in function.events] == ["/a b", "/", "/c"]

    asyncio.run(run())


def test_request_target_that_is_not_a_path_is_a_404() -> None:
    async def run() -> None:
        async with serving(Function(), routes=[Route("GET /orders", ARN)]) as client:
            reader, writer = await asyncio.open_connection("127.0.0.1", client.base_url.port)
            writer.write(b"OPTIONS * HTTP/1.1\r\nHost: a\r\nX-Name: \xff\r\nConnection: close\r\n\r\n")
            assert (await reader.read()).startswith(b"HTTP/1.1 404 Not Found\r\n")
            writer.close()

    asyncio.run(run())


MALFORMED = (
    b"nonsense\r\n\r\n",
    b"GET\r\n\r\n",
    b"GET /a b HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /\x00 HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET / HTTP/1.1\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nX Name: b\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nX-Name: a\x00b\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    b"GET / HTTP/1.1\r\nHost: a\r\nX-Name: " + b"x" * 8_000_000,  # most of it arrives after the response
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",  # the beginning of TLS
)


def test_malformed_request_is_a_400_and_the_server_continues(zips: Zips, work: Path) -> None:
    async def run() -> None:
        async with echo(zips, work) as (plane, client):
            for sent in MALFORMED:
                response = await exchange(plane, sent)
                assert response.startswith(b"HTTP/1.1 400 Bad Request\r\n"), sent[:100]
                assert (await client.get("/")).status_code == 200, sent[:100]

    asyncio.run(run())


def test_malformed_chunk_ends_the_connection(zips: Zips, work: Path) -> None:
    async def run() -> None:
        async with echo(zips, work) as (plane, client):
            sent = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n"
            assert b" 200 " not in await exchange(plane, sent)
            assert (await client.get("/")).status_code == 200

    asyncio.run(run())


def reset(writer: asyncio.StreamWriter) -> None:
    """Close with a reset."""
    connection: socket.socket = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


LEFT_UNFINISHED = (
    b"",
    b"POST / HT",
    b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc",
    b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc",
    b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n",
    GET % b"large",
    GET % b"slow",
    GET % b"slow" + GET % b"slow",
)


def test_disconnected_clients_leave_no_environment_busy(zips: Zips, work: Path) -> None:
    async def run() -> None:
        function = a_function(code=zipped(zips, ECHO), timeout=3)
        async with served(Applied(a_deployment(function)), work) as (plane, client):
            for leave in (asyncio.StreamWriter.close, reset):
                for sent in LEFT_UNFINISHED:
                    _, writer = await connected(plane)
                    writer.write(sent)
                    await writer.drain()
                    leave(writer)
            # The slow ones alone keep every environment busy until they time out.
            responses = await asyncio.gather(*(client.get("/") for _ in range(8)))
            assert {response.status_code for response in responses} == {200}

    asyncio.run(run())


def test_client_that_disconnects_during_the_response(zips: Zips, work: Path) -> None:
    async def run() -> None:
        async with echo(zips, work) as (plane, client):
            for _ in range(5):
                reader, writer = await connected(plane)
                writer.write(GET % b"large")
                assert await reader.read(1000)
                reset(writer)
            assert (await client.get("/")).status_code == 200

    asyncio.run(run())


def test_1000_connections_are_served(zips: Zips, work: Path) -> None:
    async def run() -> None:
        allow_many_open_files()  # for the clients, before the data plane does it
        async with echo(zips, work) as (plane, client):
            connections = [await connected(plane) for _ in range(1000)]
            for number, (_, writer) in enumerate(connections):
                writer.write(GET % str(number).encode())
            bodies = [(await answered(reader))[1] for reader, _ in connections]
            assert [json.loads(body)["rawPath"] for body in bodies] == [f"/{number}" for number in range(1000)]
            (function,) = (await client.get(f"{plane.admin_url}/functions")).json()["functions"]
            assert len(function["environments"]) == 4
            for _, writer in connections:
                writer.close()

    asyncio.run(run())


def test_warm_response_is_not_delayed_by_tcp(zips: Zips, work: Path) -> None:
    # If Nagle's algorithm waits for a delayed ACK, every response takes at least 40 ms.
    async def run() -> None:
        async with echo(zips, work) as (_, client):
            responses = [await client.get("/") for _ in range(20)]
            assert min(response.elapsed.total_seconds() for response in responses[1:]) < 0.035

    asyncio.run(run())
