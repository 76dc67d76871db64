"""Lambda's Runtime API for one function (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html).

Each response is one send on a socket without Nagle's algorithm: two sends would add 44 ms to each invocation.
"""

import select
import socket
import time
from typing import Any, Final

from benchmarks.inside.child import LIMIT, Child, Ended

_ACCEPTED: Final = b'HTTP/1.1 202 Accepted\r\nContent-Length: 15\r\n\r\n{"status":"OK"}'
_CHUNK: Final = 262_144


class Connection:
    """A connection of the runtime, from which whole requests are read."""

    def __init__(self, accepted: socket.socket) -> None:
        accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket = accepted
        self._read = b""

    def request(self) -> tuple[str, bytes] | None:
        """Return the path and the body of the next request, or None at the end of the connection."""
        head = self._until(b"\r\n\r\n")
        if head is None:
            return None
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        if "expect" in headers:
            self.socket.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        if headers.get("transfer-encoding", "").lower() == "chunked":
            body = b""
            while size := int(self._until(b"\r\n") or b"0", 16):
                body += self._exactly(size + 2)[:-2]
            self._exactly(2)
        else:
            body = self._exactly(int(headers.get("content-length", "0")))
        return first.split()[1], body

    def _until(self, end: bytes) -> bytes | None:
        while end not in self._read:
            received = self.socket.recv(_CHUNK)
            if not received:
                return None
            self._read += received
        before, _, self._read = self._read.partition(end)
        return before

    def _exactly(self, size: int) -> bytes:
        while len(self._read) < size:
            self._read += self.socket.recv(_CHUNK)
        taken, self._read = self._read[:size], self._read[size:]
        return taken


class Function:
    """A function under AWS's runtime client, which asks this process for its invocations."""

    def __init__(self, command: list[str], variables: dict[str, str], output: str) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        host, port = self._server.getsockname()
        self._poll = select.poll()
        self._poll.register(self._server, select.POLLIN)
        self._connections: dict[int, Connection] = {}
        self._waiting: Connection | None = None
        self._number = 0
        self.process = Child(command, variables | {"AWS_LAMBDA_RUNTIME_API": f"{host}:{port}"}, output)

    def initialise(self) -> None:
        """Return when the runtime asks for its first invocation."""
        self._serve_until_next()

    def invoke(self, event: bytes, trace: str) -> tuple[float, float, bytes]:
        """Return the seconds until the response, the seconds of CPU time until the next request, and the response."""
        if self._waiting is None:
            raise Ended("it was not initialised")
        self._number += 1
        head = (
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
            f"Lambda-Runtime-Aws-Request-Id: 00000000-0000-4000-8000-{self._number:012}\r\n"
            f"Lambda-Runtime-Deadline-Ms: {int(time.time() * 1000) + 15_000}\r\n"
            "Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:eu-central-1:123456789012:function:bench:live\r\n"
            f"Lambda-Runtime-Trace-Id: {trace.replace('#', f'{self._number:024x}')}\r\n"
            f"Content-Length: {len(event)}\r\n\r\n"
        )
        cpu, began = self.process.cpu(), time.perf_counter()
        self._waiting.socket.sendall(head.encode() + event)
        response, at = self._serve_until_next()
        return at - began, self.process.cpu() - cpu, response

    def _serve_until_next(self) -> tuple[bytes, float]:
        response, at = b"", 0.0
        while True:
            ready = self._poll.poll(LIMIT * 1000)
            if not ready:
                raise Ended("it takes too long")
            for descriptor, _ in ready:
                if descriptor == self._server.fileno():
                    self._accept()
                    continue
                connection = self._connections[descriptor]
                request = connection.request()
                now = time.perf_counter()
                if request is None:
                    self._poll.unregister(descriptor)
                    connection.socket.close()
                    if self.process.ended():
                        raise Ended("it ended")
                    continue
                path, body = request
                if path.endswith("/invocation/next"):
                    self._waiting = connection
                    return response, at
                connection.socket.sendall(_ACCEPTED)
                if not path.endswith("/response"):
                    raise Ended(f"{path}: {body[:2000].decode(errors='replace')}")
                response, at = body, now

    def _accept(self) -> None:
        accepted, _ = self._server.accept()
        self._connections[accepted.fileno()] = Connection(accepted)
        self._poll.register(accepted, select.POLLIN)

    def end(self) -> dict[str, Any]:
        """Kill the process; return what it used."""
        used = self.process.end()
        for connection in self._connections.values():
            connection.socket.close()
        self._server.close()
        return used
