"""Lambda's Runtime API for one execution environment, on its own loopback port.

Rules: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html. It supports only the HTTP that AWS's runtime
client uses (bodies of known length, persistent connections), with its own parser: every invocation sends two requests
here, and a full parser took a third of the data plane's time.
"""

import asyncio
import http
import json
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from local_aws.awslambda.invocation import Invocation, Outcome
from local_aws.iam.credentials import SECONDS, Credentials
from local_aws.peers import Serves, is_own
from local_aws.same_origin import rejection

PAYLOAD_LIMIT = 6_291_556  # bytes, each way: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
_PREFIX = "/2018-06-01/runtime/"
CREDENTIALS_PATH = "/2021-04-23/credentials"
_CHUNK = 256 * 1024
_HEADERS_LIMIT = 2 * 1024 * 1024  # the runtime describes an exception for X-Ray in a header of up to 1 MB
_OF_A_BROWSER = ("host", "origin", "sec-fetch-site")
_REPEATED = "\n"  # between the values of a repeated header; no value contains it
_ERROR_TYPE = "lambda-runtime-function-error-type"
_ERROR_CAUSE = "lambda-runtime-function-xray-error-cause"


@dataclass(frozen=True, slots=True)
class Dispatch:
    """An invocation for the runtime, with the function's ARN, its trace header and its deadline (epoch ms)."""

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
    """Hands invocations to one runtime, one at a time, and receives its responses.

    With SnapStart, the runtime waits after its initialisation until `restore` is called, and gets its credentials here:
    https://docs.aws.amazon.com/lambda/latest/dg/snapstart-runtime-hooks.html.

    Args:
        credentials: Of the role.
        serves: Decides which connections are served: another user of the machine would get events and send responses.

    Attributes:
        initialised: Holds None once the runtime requests its first invocation or waits for a restore, or the error of
            its initialisation.
        token: Shown by the runtime for its role's credentials.
    """

    def __init__(self, credentials: Credentials, serves: Serves = is_own) -> None:
        self._serves = serves
        loop = asyncio.get_running_loop()
        self.initialised: asyncio.Future[Outcome | None] = loop.create_future()
        self._given = credentials
        self._expires = datetime.now(UTC) + timedelta(seconds=SECONDS)
        self.token = secrets.token_urlsafe(16)
        self._restoring = asyncio.Event()
        self._restored: asyncio.Future[Outcome | None] = loop.create_future()
        self._answer: asyncio.Future[Outcome] = loop.create_future()
        self._idle: asyncio.Future[None] = loop.create_future()
        self._dispatches: asyncio.Queue[Dispatch] = asyncio.Queue()
        self._current: str | None = None
        self._connections: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> str:
        """Listen; return the value of AWS_LAMBDA_RUNTIME_API."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=_HEADERS_LIMIT)
        host, self._port = self._server.sockets[0].getsockname()
        return f"{host}:{self._port}"

    async def close(self) -> None:
        """Stop listening and drop the runtime's connections."""
        if self._server is not None:
            self._server.close()
        for task in self._connections:
            task.cancel()
        if self._connections:
            await asyncio.wait(self._connections)

    def restore(self) -> asyncio.Future[Outcome | None]:
        """Let a runtime go on that waits for a restore; return a future of None, or of the error of its hooks."""
        self._restoring.set()
        return self._restored

    def dispatch(self, dispatch: Dispatch) -> tuple[asyncio.Future[Outcome], asyncio.Future[None]]:
        """Pass the next invocation to the runtime; return futures of its response and of its next request."""
        loop = asyncio.get_running_loop()
        self._answer, self._idle = loop.create_future(), loop.create_future()
        self._dispatches.put_nowait(dispatch)
        return self._answer, self._idle

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._connections.add(task)
            task.add_done_callback(self._connections.discard)
        try:
            if not self._serves(writer.get_extra_info("peername"), writer.get_extra_info("sockname")):
                return
            while True:
                method, path, headers = _head(await reader.readuntil(b"\r\n\r\n"))
                if "expect" in headers:
                    writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
                body = await _body(headers, reader)
                reply = self._rejected(headers) or await self._reply(method, path, headers, body)
                # One write, because two packets would be 40 ms apart (Nagle, delayed ACK).
                writer.write(_wire(reply))
                await writer.drain()
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError, ValueError):
            pass  # The runtime closed the connection, or sent HTTP that is not supported here.
        finally:
            writer.close()

    def _rejected(self, headers: dict[str, str]) -> _Reply | None:
        """Return the response to a web page, which could take invocations and send responses to them."""
        sent = (headers[name].split(_REPEATED) if name in headers else [] for name in _OF_A_BROWSER)
        rejected = rejection(self._port, *sent)
        return None if rejected is None else _error(rejected.status, "Forbidden", rejected.message)

    async def _reply(self, method: str, path: str, headers: dict[str, str], body: bytes) -> _Reply:
        match method, path.removeprefix(_PREFIX).split("/"):
            case "GET", ["invocation", "next"]:
                return await self._next()
            case "POST", ["invocation", request_id, "response" | "error" as kind]:
                outcome = _answered(body) if kind == "response" else _failed(body, headers)
                return self._settle(request_id, outcome)
            case "POST", ["init" | "restore" as phase, "error"]:
                _settle(self.initialised if phase == "init" else self._restored, _failed(body, headers))
                return _ACCEPTED
            case "GET", ["restore", "next"]:
                _settle(self.initialised, None)
                await self._restoring.wait()
                return _Reply(200, b"")
        if method == "GET" and path == CREDENTIALS_PATH and headers.get("authorization") == self.token:
            return self._credentials()
        return _error(404, "NotFound", f"{method} {path}")

    def _credentials(self) -> _Reply:
        document = {
            "AccessKeyId": self._given.access_key_id,
            "SecretAccessKey": self._given.secret_access_key,
            "Token": self._given.session_token,
            "Expiration": f"{self._expires:%Y-%m-%dT%H:%M:%SZ}",
        }
        return _Reply(200, json.dumps(document).encode(), (("Content-Type", "application/json"),))

    async def _next(self) -> _Reply:
        _settle(self.initialised, None)
        if self._restoring.is_set():
            _settle(self._restored, None)
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


def _settle(future: asyncio.Future[Outcome | None], outcome: Outcome | None) -> None:
    if not future.done():
        future.set_result(outcome)


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


def _head(data: bytes) -> tuple[str, str, dict[str, str]]:
    """Return a request's method, path and headers (names in lower case); raise ValueError when it is malformed."""
    first, *lines = data.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
    method, path, _ = first.split(" ")
    headers: dict[str, str] = {}
    for line in lines:
        name, value = line.split(":", 1)
        if name != name.strip():  # A folded line, or a name that is Content-Length for others only.
            raise ValueError(f"the name of a header is {name!r}")
        name, value = name.lower(), value.strip()
        # AWS's client repeats none. The last of two would hide the other from the check of hosts and origins.
        headers[name] = f"{headers[name]}{_REPEATED}{value}" if name in headers else value
    return method, path, headers


async def _body(headers: dict[str, str], reader: asyncio.StreamReader) -> bytes:
    """Return a body up to the limit; the rest is read and dropped."""
    if "transfer-encoding" in headers:
        raise ValueError("the runtime client always sends Content-Length")
    length = headers.get("content-length", "0")
    if not (length.isascii() and length.isdigit()):  # `int` accepts more.
        raise ValueError(f"Content-Length is {length!r}")
    left = int(length)
    body = bytearray()
    while left > 0:
        data = await reader.read(min(left, _CHUNK))
        if not data:
            raise asyncio.IncompleteReadError(bytes(body), left)
        left -= len(data)
        body += data[: max(0, PAYLOAD_LIMIT + 1 - len(body))]
    return bytes(body)


def _wire(reply: _Reply) -> bytes:
    headers = "".join(f"{name}: {value}\r\n" for name, value in reply.headers)
    head = (
        f"HTTP/1.1 {reply.status} {http.HTTPStatus(reply.status).phrase}\r\n{headers}Content-Length: {len(reply.body)}"
    )
    return head.encode() + b"\r\n\r\n" + reply.body
