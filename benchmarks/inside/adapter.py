"""Plays the Lambda Web Adapter for a web server in Python.

https://github.com/awslabs/aws-lambda-web-adapter: it starts the server, asks for a path every 10 ms until the server
responds, and sends each event to it as HTTP. The adapter's own start and its work in Rust are left out, so that only
the server counts.
"""

import http.client
import json
import time
from typing import Any, Final

from benchmarks.inside.child import LIMIT, Child, Ended

PORT: Final = "PORT"  # the variable that tells the server where to listen
_POLL: Final = 0.010  # seconds


class WebServer:
    """A server that is used like a `Function`."""

    def __init__(self, command: list[str], variables: dict[str, str], output: str) -> None:
        self._port = int(variables[PORT])
        self._connection: http.client.HTTPConnection | None = None
        self.process = Child(command, variables, output)

    def initialise(self) -> None:
        """Return when the server responds."""
        end = time.monotonic() + LIMIT
        while True:
            probe = http.client.HTTPConnection("127.0.0.1", self._port, timeout=LIMIT)
            try:
                probe.request("GET", "/")
                probe.getresponse().read()
            except ConnectionError as error:
                if time.monotonic() > end or self.process.ended():
                    raise Ended("it does not listen") from error
                time.sleep(_POLL)
            else:
                self._connection = probe
                return

    def invoke(self, event: bytes, trace: str) -> tuple[float, float, bytes]:
        """Return the seconds and CPU seconds of the request that the event describes, and the response."""
        assert self._connection is not None  # noqa: S101 - `initialise` was called
        given = json.loads(event)
        headers = {**given["headers"], "x-amzn-trace-id": trace}
        cpu, began = self.process.cpu(), time.perf_counter()
        self._connection.request(given["requestContext"]["http"]["method"], given["rawPath"], headers=headers)
        response = self._connection.getresponse()
        body = response.read()
        took = time.perf_counter() - began
        answer = {"statusCode": response.status, "headers": dict(response.getheaders()), "body": body.decode()}
        return took, self.process.cpu() - cpu, json.dumps(answer).encode()

    def end(self) -> dict[str, Any]:
        """Kill the process; return what it used."""
        if self._connection:
            self._connection.close()
        used: dict[str, Any] = self.process.end()
        return used
