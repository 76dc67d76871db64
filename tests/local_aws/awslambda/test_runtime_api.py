import asyncio
import json
from collections.abc import Awaitable, Callable

import pytest

from local_aws.awslambda.invocation import Invocation, Outcome
from local_aws.awslambda.runtime_api import PAYLOAD_LIMIT, Dispatch, RuntimeApi
from local_aws.xray.trace import TraceHeader
from tests.local_aws.zips import CREDENTIALS

INVOCATION = Invocation(b'{"a":1}', TraceHeader("1-5759e988-bd862e3fe1be46a994272793"), "request-1")
DISPATCH = Dispatch(INVOCATION, "arn:live", "Root=1;Parent=2;Sampled=1", 1234)
ELSEWHERE = b"GET /elsewhere HTTP/1.1\r\nHost: runtime\r\n\r\n"
NEXT = b"GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: runtime\r\n\r\n"


class Runtime:
    """A runtime that speaks raw bytes on one connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        host, port = writer.get_extra_info("peername")
        self.host = f"{host}:{port}"

    def send(self, data: bytes) -> None:
        self._writer.write(data.replace(b"Host: runtime", f"Host: {self.host}".encode()))

    async def receive(self) -> tuple[int, dict[str, str], bytes]:
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
        body = await self._reader.readexactly(int(headers.get("content-length", "0")))
        return int(head[0].split()[1]), headers, body

    async def ask(self, data: bytes) -> tuple[int, dict[str, str], bytes]:
        self.send(data)
        return await self.receive()

    async def post(self, path: str, body: bytes, *headers: str) -> tuple[int, dict[str, str], bytes]:
        lines = [f"POST /2018-06-01/runtime/{path} HTTP/1.1", "Host: runtime", f"Content-Length: {len(body)}", *headers]
        return await self.ask("\r\n".join(lines).encode() + b"\r\n\r\n" + body)

    async def another(self) -> "Runtime":
        host, port = self._writer.get_extra_info("peername")
        return Runtime(*await asyncio.open_connection(host, port))

    async def closed(self) -> bool:
        try:
            return await self._reader.read() == b""
        except ConnectionResetError:
            return True

    def close(self) -> None:
        self._writer.close()


def with_runtime[T](scene: Callable[[RuntimeApi, Runtime], Awaitable[T]]) -> T:
    async def run() -> T:
        api = RuntimeApi(CREDENTIALS)
        host, port = (await api.start()).split(":")
        runtime = Runtime(*await asyncio.open_connection(host, int(port)))
        try:
            async with asyncio.timeout(10):
                return await scene(api, runtime)
        finally:
            runtime.close()
            await api.close()

    return asyncio.run(run())


def test_invocation_has_lambdas_headers_and_its_response_is_returned() -> None:
    async def scene(api: RuntimeApi, runtime: Runtime) -> None:
        response, idle = api.dispatch(DISPATCH)
        status, headers, body = await runtime.ask(NEXT)
        assert (status, body) == (200, b'{"a":1}')
        assert headers["lambda-runtime-aws-request-id"] == "request-1"
        assert headers["lambda-runtime-deadline-ms"] == "1234"
        assert headers["lambda-runtime-invoked-function-arn"] == "arn:live"
        assert headers["lambda-runtime-trace-id"] == "root=1;parent=2;sampled=1"
        assert (await runtime.post("invocation/request-1/response", b'"ok"'))[0] == 202
        assert await response == Outcome(b'"ok"')
        assert not idle.done()
        runtime.send(NEXT)
        await idle

    with_runtime(scene)


def test_requesting_an_invocation_ends_init() -> None:
    async def scene(api: RuntimeApi, runtime: Runtime) -> None:
        runtime.send(NEXT)
        assert await api.initialised is None

    with_runtime(scene)


def test_init_error_is_recorded() -> None:
    async def scene(api: RuntimeApi, runtime: Runtime) -> None:
        status, *_ = await runtime.post("init/error", b"{}", "Lambda-Runtime-Function-Error-Type: Runtime.Broken")
        assert status == 202
        assert (await runtime.post("init/error", b"{}"))[0] == 202
        assert await api.initialised == Outcome(b"{}", "Runtime.Broken")

    with_runtime(scene)


@pytest.mark.parametrize(
    ("body", "headers", "outcome"),
    [
        (b'{"errorType":"E"}', (), Outcome(b'{"errorType":"E"}', "E")),
        (b"nonsense", (), Outcome(b"nonsense", "Runtime.Unknown")),
        (b"{}", ("Lambda-Runtime-Function-XRay-Error-Cause: {}",), Outcome(b"{}", "Runtime.Unknown", "{}")),
    ],
)
def test_invocation_error_is_the_outcome(body: bytes, headers: tuple[str, ...], outcome: Outcome) -> None:
    async def scene(api: RuntimeApi, runtime: Runtime) -> None:
        response, _ = api.dispatch(DISPATCH)
        await runtime.ask(NEXT)
        assert (await runtime.post("invocation/request-1/error", body, *headers))[0] == 202
        assert await response == outcome

    with_runtime(scene)


def test_second_response_and_unknown_request_id_are_rejected() -> None:
    async def scene(api: RuntimeApi, runtime: Runtime) -> None:
        assert (await runtime.post("invocation/request-1/response", b"1"))[0] == 400
        response, _ = api.dispatch(DISPATCH)
        await runtime.ask(NEXT)
        assert (await runtime.post("invocation/request-2/response", b"1"))[0] == 400
        assert (await runtime.post("invocation/request-1/response", b"2"))[0] == 202
        assert (await runtime.post("invocation/request-1/response", b"3"))[0] == 403
        assert (await response).payload == b"2"

    with_runtime(scene)


def test_response_above_the_limit_is_an_error_for_both_sides() -> None:
    async def scene(api: RuntimeApi, runtime: Runtime) -> None:
        response, _ = api.dispatch(DISPATCH)
        await runtime.ask(NEXT)
        status, _, body = await runtime.post("invocation/request-1/response", b"x" * (PAYLOAD_LIMIT + 1))
        assert (status, json.loads(body)["errorType"]) == (413, "RequestEntityTooLarge")
        assert (await response).error_type == "Function.ResponseSizeTooLarge"

    with_runtime(scene)


def test_response_at_the_limit_is_accepted_with_100_continue() -> None:
    async def scene(api: RuntimeApi, runtime: Runtime) -> None:
        response, _ = api.dispatch(DISPATCH)
        await runtime.ask(NEXT)
        runtime.send(
            b"POST /2018-06-01/runtime/invocation/request-1/response HTTP/1.1\r\nHost: runtime\r\n"
            b"Content-Length: %d\r\nExpect: 100-continue\r\n\r\n" % PAYLOAD_LIMIT
        )
        assert (await runtime.receive())[0] == 100
        assert (await runtime.ask(b"x" * PAYLOAD_LIMIT))[0] == 202
        assert len((await response).payload) == PAYLOAD_LIMIT

    with_runtime(scene)


@pytest.mark.parametrize(
    ("header", "status"),
    [
        (b"Host: evil.example", 421),
        (b"Host: 127.0.0.1", 421),
        (b"X-Host: runtime", 421),
        (b"Host: runtime\r\nOrigin: https://evil.example", 403),
        (b"Host: evil.example\r\nHost: runtime", 421),
        (b"Host: runtime\r\nhost: runtime", 421),
        (b"Host: runtime\r\nOrigin: https://evil.example\r\nOrigin: http://runtime", 403),
        (b"Host: runtime\r\nSec-Fetch-Site: cross-site\r\nSec-Fetch-Site: none", 403),
        (b"Host: runtime\r\nOrigin: null", 403),
        (b"Host: runtime\r\nSec-Fetch-Site: cross-site", 403),
        (b"Host: runtime\r\nSec-Fetch-Site: same-site", 403),
    ],
)
def test_web_page_gets_no_invocation_and_sends_no_response(header: bytes, status: int) -> None:
    async def scene(api: RuntimeApi, runtime: Runtime) -> None:
        response, _ = api.dispatch(DISPATCH)
        assert (await runtime.ask(NEXT.replace(b"Host: runtime", header)))[0] == status
        assert not api.initialised.done()
        assert (await runtime.ask(NEXT))[2] == INVOCATION.payload
        forged = b"POST /2018-06-01/runtime/invocation/request-1/response HTTP/1.1\r\n%b\r\nContent-Length: 1\r\n\r\n1"
        assert (await runtime.ask(forged % header))[0] == status
        assert not response.done()

    with_runtime(scene)


def test_unknown_path_is_a_404() -> None:
    async def scene(_: RuntimeApi, runtime: Runtime) -> None:
        assert (await runtime.ask(ELSEWHERE))[0] == 404

    with_runtime(scene)


@pytest.mark.parametrize(
    "data",
    [
        b"\x00\x01\r\n\r\n",
        b"GET /a b HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: many\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: +0\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 1_0\r\n\r\n0123456789",
        b"POST / HTTP/1.1\r\nContent-Length:\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length : 1\r\n\r\n0",
        b"POST / HTTP/1.1\r\nX: y\r\n Content-Length: 1\r\n\r\n0",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"GET / HTTP/1.1\r\nX: " + b"x" * 3_000_000,
    ],
)
def test_malformed_request_ends_only_its_connection(data: bytes) -> None:
    async def scene(_: RuntimeApi, runtime: Runtime) -> None:
        other = await runtime.another()
        other.send(data)
        assert await other.closed()
        other.close()
        assert (await runtime.ask(ELSEWHERE))[0] == 404

    with_runtime(scene)


def test_runtime_that_disconnects_during_a_request() -> None:
    async def scene(_: RuntimeApi, runtime: Runtime) -> None:
        other = await runtime.another()
        other.send(b"POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\nabc")
        other.close()
        assert (await runtime.ask(ELSEWHERE))[0] == 404

    with_runtime(scene)
