"""A proxy between functions and the control plane that fails calls on demand, before the SDKs of the functions."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import override
from urllib.parse import urlsplit

# The forms of https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
THROTTLED = "ProvisionedThroughputExceededException"
THROTTLING = "ThrottlingException"
# Not an AWS error: a malformed header line in a response, about which urllib3 logs a warning.
MALFORMED = "a header without a colon"
# Any operation of DynamoDB.
DYNAMODB = "DynamoDB"
HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length"}


class Faults:
    """The operations that fail next, and their faults. Each fault is used by one attempt."""

    def __init__(self) -> None:
        self._waiting: list[tuple[str, str]] = []
        self._lock = threading.Lock()

    def let(self, operation: str, fault: str, *, times: int = 1) -> None:
        """Add a fault for the next attempts of an operation such as `GetItem`, or of any operation of DYNAMODB."""
        with self._lock:
            self._waiting += [(operation, fault)] * times

    def take(self, target: str) -> str | None:
        """Return the fault of an attempt by its `X-Amz-Target`, such as `DynamoDB_20120810.GetItem`."""
        api, _, operation = target.partition(".")
        with self._lock:
            for number, (expected, fault) in enumerate(self._waiting):
                if expected in (operation, api.partition("_")[0]):
                    del self._waiting[number]
                    return fault
        return None

    def left(self) -> list[tuple[str, str]]:
        """Return the unused faults."""
        return list(self._waiting)


@contextmanager
def failing(endpoint: str, faults: Faults) -> Iterator[str]:
    """Yield the address of a proxy that forwards calls without a fault to the control plane at `endpoint`."""
    upstream = urlsplit(endpoint).netloc

    class Responder(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _respond(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            fault = faults.take(self.headers.get("x-amz-target", ""))
            if fault is None or fault == MALFORMED:
                self._pass_on(body, fault)
                return
            kind = f"com.amazonaws.dynamodb.v20120810#{fault}" if fault == THROTTLED else fault
            response = json.dumps({"__type": kind, "message": "Slow down."}).encode()
            self._send(400, [("Content-Type", "application/x-amz-json-1.0"), ("x-amzn-RequestId", "FAULT")], response)

        def _pass_on(self, body: bytes, fault: str | None) -> None:
            connection = HTTPConnection(upstream, timeout=60)
            try:
                forwarded = dict(self.headers.items()) | {"Host": upstream}
                connection.request(self.command, self.path, body, forwarded)
                response = connection.getresponse()
                headers = [pair for pair in response.getheaders() if pair[0].lower() not in HOP_BY_HOP]
                self._send(response.status, headers, response.read(), fault)
            finally:
                connection.close()

        def _send(self, status: int, headers: list[tuple[str, str]], body: bytes, fault: str | None = None) -> None:
            self.send_response_only(status)
            for name, value in headers:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            malformed = b"" if fault is None else fault.encode() + b"\r\n"
            self.wfile.write(b"".join(self._headers_buffer) + malformed + b"\r\n" + body)  # type: ignore[attr-defined]
            self._headers_buffer.clear()  # type: ignore[attr-defined]

        do_GET = do_POST = do_PUT = do_DELETE = _respond  # noqa: N815 - http.server's names

        @override
        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Responder) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
