"""Lambda's Runtime API for one execution environment, on a loopback port of its own.

Rules: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html.
"""

import asyncio
import json
from dataclasses import dataclass

import h11

from local_aws.invocation import Invocation, Outcome

PAYLOAD_LIMIT = 6_291_556  # bytes, each way: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
_PREFIX = "/2018-06-01/runtime/"
_HEADERS_LIMIT = 2 * 1024 * 1024  # the runtime describes an exception for X-Ray in a header of up to 1 MB
_ERROR_TYPE = "lambda-runtime-function-error-type"
_ERROR_CAUSE = "lambda-runtime-function-xray-error-cause"


@dataclass(frozen=True, slots=True)
class Dispatch:
    """An invocation on its way to the runtime: who is called, in which trace, until when (epoch milliseconds)."""

    invocation: Invocation
    function_arn: str
    trace_header: str
    deadline: int


@dataclass(frozen=True, slots=True)
class _Reply:
    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()


_ACCEPTED = _Reply(202, b'{"status":"OK"}')


class RuntimeApi:
    """Hands invocations to one runtime, one at a time, and takes its answers.

    `initialised` holds None once the runtime asks for its first invocation, or the error of its initialisation.
    """

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self.initialised: asyncio.Future[Outcome | None] = loop.create_future()
        self._answer: asyncio.Future[Outcome] = loop.create_future()
        self._idle: asyncio.Future[None] = loop.create_future()
        self._dispatches: asyncio.Queue[Dispatch] = asyncio.Queue()
        self._current: str | None = None
        self._connections: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> str:
        """Listen; returns the value of AWS_LAMBDA_RUNTIME_API."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        host, port = self._server.sockets[0].getsockname()
        return f"{host}:{port}"

    async def close(self) -> None:
        """Stop listening and drop the runtime's connections."""
        if self._server is not None:
            self._server.close()
        for task in self._connections:
            task.cancel()
        if self._connections:
            await asyncio.wait(self._connections)

    def dispatch(self, dispatch: Dispatch) -> tuple[asyncio.Future[Outcome], asyncio.Future[None]]:
        """Give the runtime its next invocation; the futures: its answer, and that it asks for the one after it."""
        loop = asyncio.get_running_loop()
        self._answer, self._idle = loop.create_future(), loop.create_future()
        self._dispatches.put_nowait(dispatch)
        return self._answer, self._idle

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._connections.add(task)
            task.add_done_callback(self._connections.discard)
        connection = h11.Connection(h11.SERVER, max_incomplete_event_size=_HEADERS_LIMIT)
        try:
            while (received := await _receive(connection, reader, writer)) is not None:
                reply = await self._reply(*received)
                # One write: headers and body in two packets wait 40 ms for each other (Nagle, delayed ACK).
                writer.write(_wire(connection, reply))
                await writer.drain()
                if connection.our_state is not h11.DONE:
                    break
                connection.start_next_cycle()
        except (h11.RemoteProtocolError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _reply(self, request: h11.Request, body: bytes) -> _Reply:
        method, path = request.method.decode(), request.target.decode()
        headers = {name.decode(): value.decode(errors="replace") for name, value in request.headers}
        match method, path.removeprefix(_PREFIX).split("/"):
            case "GET", ["invocation", "next"]:
                return await self._next()
            case "POST", ["invocation", request_id, "response"]:
                return self._settle(request_id, _answered(body))
            case "POST", ["invocation", request_id, "error"]:
                return self._settle(request_id, _failed(body, headers))
            case "POST", ["init", "error"]:
                if not self.initialised.done():
                    self.initialised.set_result(_failed(body, headers))
                return _ACCEPTED
            case _:
                return _error(404, "NotFound", f"{method} {path}")

    async def _next(self) -> _Reply:
        if not self.initialised.done():
            self.initialised.set_result(None)
        self._current = None
        if self._answer.done() and not self._idle.done():
            self._idle.set_result(None)
        dispatch = await self._dispatches.get()
        self._current = dispatch.invocation.request_id
        headers = (
            ("Content-Type", "application/json"),
            ("Lambda-Runtime-Aws-Request-Id", dispatch.invocation.request_id),
            ("Lambda-Runtime-Deadline-Ms", str(dispatch.deadline)),
            ("Lambda-Runtime-Invoked-Function-Arn", dispatch.function_arn),
            ("Lambda-Runtime-Trace-Id", dispatch.trace_header),
        )
        return _Reply(200, dispatch.invocation.payload, headers)

    def _settle(self, request_id: str, outcome: Outcome) -> _Reply:
        if request_id != self._current:
            return _error(400, "InvalidRequestID", "Invalid request ID")
        if self._answer.done():
            return _error(403, "InvalidStateTransition", "The invocation is answered already")
        self._answer.set_result(outcome)
        if outcome.error_type == "Function.ResponseSizeTooLarge":
            return _error(
                413, "RequestEntityTooLarge", f"Exceeded maximum allowed payload size ({PAYLOAD_LIMIT} bytes)."
            )
        return _ACCEPTED


def _answered(body: bytes) -> Outcome:
    if len(body) > PAYLOAD_LIMIT:
        return Outcome.error(
            "Function.ResponseSizeTooLarge",
            f"Response payload size exceeded maximum allowed payload size ({PAYLOAD_LIMIT} bytes).",
        )
    return Outcome(body)


def _failed(body: bytes, headers: dict[str, str]) -> Outcome:
    kind = headers.get(_ERROR_TYPE) or _kind(body)
    return Outcome(body, kind, headers.get(_ERROR_CAUSE) or None)


def _kind(body: bytes) -> str:
    try:
        return str(json.loads(body)["errorType"])
    except (ValueError, KeyError, TypeError):
        return "Runtime.Unknown"


def _error(status: int, kind: str, text: str) -> _Reply:
    return _Reply(status, json.dumps({"errorType": kind, "errorMessage": text}).encode())


async def _receive(
    connection: h11.Connection, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> tuple[h11.Request, bytes] | None:
    request: h11.Request | None = None
    body = bytearray()
    while True:
        match connection.next_event():
            case h11.Request() as request:
                pass
            case h11.Data(data=data):
                # What is beyond the limit is read to its end but not kept.
                body += data[: max(0, PAYLOAD_LIMIT + 1 - len(body))]
            case h11.EndOfMessage() if request is not None:
                return request, bytes(body)
            case h11.ConnectionClosed():
                return None
            case h11.NEED_DATA:
                if connection.they_are_waiting_for_100_continue:
                    writer.write(connection.send(h11.InformationalResponse(status_code=100, headers=[])) or b"")
                connection.receive_data(await reader.read(256 * 1024))


def _wire(connection: h11.Connection, reply: _Reply) -> bytes:
    headers = [*reply.headers, ("Content-Length", str(len(reply.body)))]
    parts = (
        connection.send(h11.Response(status_code=reply.status, headers=headers)),
        connection.send(h11.Data(data=reply.body)),
        connection.send(h11.EndOfMessage()),
    )
    return b"".join(part for part in parts if part)
