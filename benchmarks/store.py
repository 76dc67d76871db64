"""AWS as the subjects see it: moto's response to each different call, recorded once and replayed at once.

Every subject reads from it over HTTP, and over HTTPS with a certificate of the bench's own authority. A response is one
send. Only calls that do not write may be sent, because the second one gets the response of the first.
"""

import base64
import json
import socket
import ssl
import threading
import urllib.request
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Final

_CHUNK: Final = 65_536


@dataclass
class Store:
    """The stand-in for AWS.

    Attributes:
        upstream: Address of moto.
        http: Its address over HTTP.
        https: Its address over HTTPS, with any name of a certificate that `certificates.py` made.
        xray_daemon: Where X-Ray's segments are received.
        datagrams: The latest segments, in order of arrival.
    """

    upstream: str
    http: str = ""
    https: str = ""
    xray_daemon: str = ""
    datagrams: list[bytes] = field(default_factory=list)
    _recorded: dict[tuple[bytes, str], bytes] = field(default_factory=dict)

    def response(self, head: bytes, body: bytes) -> bytes:
        """Return the whole HTTP response to a request."""
        headers = {
            name.lower(): value.strip() for name, _, value in (line.partition(b":") for line in head.split(b"\r\n"))
        }
        key = headers[b"x-amz-target"], json.dumps(json.loads(body), sort_keys=True)
        if key not in self._recorded:
            self._recorded[key] = self._record(headers, body)
        return self._recorded[key]

    def _record(self, headers: dict[bytes, bytes], body: bytes) -> bytes:
        passed = ("x-amz-target", "content-type", "authorization", "x-amz-date")
        sent = {name: headers[name.encode()].decode() for name in passed if name.encode() in headers}
        request = urllib.request.Request(self.upstream, data=body, headers=sent)  # noqa: S310 - http, on loopback
        with urllib.request.urlopen(request, timeout=60) as response:  # noqa: S310 - http, on loopback
            content: bytes = response.read()
        # Headers as DynamoDB's: botocore checks the sum.
        return (
            b"HTTP/1.1 200 OK\r\nServer: Server\r\nContent-Type: %s\r\nConnection: keep-alive\r\n"
            b"x-amzn-RequestId: 0123456789ABCDEFGHIJKLMNOPQRSTUVVV4KQNSO5AEMVJF66Q9ASUAAJG\r\n"
            b"x-amz-crc32: %d\r\nContent-Length: %d\r\n\r\n"
            % (headers.get(b"content-type", b"application/x-amz-json-1.0"), zlib.crc32(content), len(content))
        ) + content

    def serve(self, accepted: socket.socket, tls: ssl.SSLContext | None) -> None:
        """Respond to the requests of a connection until it ends."""
        with suppress(OSError):
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with tls.wrap_socket(accepted, server_side=True) if tls else accepted as connection:
                read = b""
                while True:
                    while b"\r\n\r\n" not in read:
                        if not (received := connection.recv(_CHUNK)):
                            return
                        read += received
                    head, _, read = read.partition(b"\r\n\r\n")
                    [length] = [
                        line[15:] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")
                    ]
                    while len(read) < int(length):
                        read += connection.recv(_CHUNK)
                    body, read = read[: int(length)], read[int(length) :]
                    connection.sendall(self.response(head, body))

    def received(self, name: bytes) -> bool:
        """Return whether one of the latest datagrams has a span of this name, as a segment document or as OTLP."""
        return any(name in _content(datagram) for datagram in self.datagrams)

    def receive(self, daemon: socket.socket) -> None:
        """Receive segments until the socket is closed."""
        while datagram := daemon.recv(_CHUNK):
            self.datagrams = [*self.datagrams[-9:], datagram]


def _content(datagram: bytes) -> bytes:
    """Return the document of a datagram (https://docs.aws.amazon.com/xray/latest/devguide/xray-api-daemon.html)."""
    _, _, document = datagram.partition(b"\n")
    return base64.b64decode(document[3:]) if document.startswith((b"T1S", b"T1U")) else document


def _accept(server: socket.socket, store: Store, tls: ssl.SSLContext | None) -> None:
    with suppress(OSError):  # It was shut down.
        while True:
            accepted, _ = server.accept()
            threading.Thread(target=store.serve, args=(accepted, tls), daemon=True).start()


@contextmanager
def serving(upstream: str, tls: ssl.SSLContext) -> Iterator[Store]:
    """Serve what moto at the address `upstream` responds."""
    store = Store(upstream)
    with (
        socket.create_server(("127.0.0.1", 0), backlog=64) as plain,
        socket.create_server(("127.0.0.1", 0), backlog=64) as secure,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as daemon,
    ):
        daemon.bind(("127.0.0.1", 0))
        store.http = f"http://127.0.0.1:{plain.getsockname()[1]}"
        store.https = f"https://localhost:{secure.getsockname()[1]}"
        store.xray_daemon = f"127.0.0.1:{daemon.getsockname()[1]}"
        threads = [
            threading.Thread(target=_accept, args=(plain, store, None)),
            threading.Thread(target=_accept, args=(secure, store, tls)),
            threading.Thread(target=store.receive, args=(daemon,)),
        ]
        for thread in threads:
            thread.start()
        try:
            yield store
        finally:
            for server in (plain, secure):
                server.shutdown(socket.SHUT_RDWR)
            daemon.sendto(b"", daemon.getsockname())  # Its thread ends with an empty datagram.
            for thread in threads:
                thread.join()
