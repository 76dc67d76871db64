"""A server with a certificate of a CA of its own."""

import datetime as dt
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any, override

from cryptography import x509  # pants: no-infer-dep
from cryptography.hazmat.primitives import (
    hashes,  # pants: no-infer-dep
    serialization,  # pants: no-infer-dep
)
from cryptography.hazmat.primitives.asymmetric import ec  # pants: no-infer-dep
from cryptography.x509.oid import NameOID  # pants: no-infer-dep


class Authority:
    """A CA and the certificate of a server that it signed, in a folder."""

    def __init__(self, folder: Path) -> None:
        self.roots, self.server = folder / "roots.pem", folder / "server.pem"
        key, server_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
        root = _certificate("Root", "Root", key, key, ca=True)
        server = _certificate("127.0.0.1", "Root", server_key, key, ca=False)
        self.roots.write_bytes(b"# Root\n" + root.public_bytes(serialization.Encoding.PEM))
        private = server_key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
        )
        self.server.write_bytes(server.public_bytes(serialization.Encoding.PEM) + private)


def _certificate(
    name: str, issuer: str, key: ec.EllipticCurvePrivateKey, signer: ec.EllipticCurvePrivateKey, *, ca: bool
) -> x509.Certificate:
    subject, issued_by = (x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, each)]) for each in (name, issuer))
    now = dt.datetime.now(dt.UTC)
    made = x509.CertificateBuilder().subject_name(subject).issuer_name(issued_by).public_key(key.public_key())
    made = made.serial_number(x509.random_serial_number()).not_valid_before(now - dt.timedelta(hours=1))
    made = made.not_valid_after(now + dt.timedelta(hours=1))
    made = made.add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    if not ca:
        made = made.add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address(name))]), critical=False)
    return made.sign(signer, hashes.SHA256())


class _Tables(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        body = b'{"TableNames": ["here"]}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Write nothing."""


class _Server(ThreadingHTTPServer):
    context: ssl.SSLContext

    @override
    def finish_request(self, request: Any, client_address: Any) -> None:
        with self.context.wrap_socket(request, server_side=True) as secured:
            super().finish_request(secured, client_address)

    @override
    def handle_error(self, request: object, client_address: object) -> None:
        """Write nothing: a client that does not trust the server ends the handshake."""


@contextmanager
def served(authority: Authority) -> Iterator[int]:
    """Serve the names of DynamoDB's tables over TLS on 127.0.0.1, and yield the port."""
    with _Server(("127.0.0.1", 0), _Tables) as server:
        server.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.context.load_cert_chain(authority.server)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()
