"""An OpenID Connect issuer on loopback, whose keys sign tokens for tests."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, override

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa  # pants: no-infer-dep
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

AUDIENCE: Final = "test-client"
RSA_KEY: Final = "rsa"
EC_KEY: Final = "ec"


class Issuer:
    """The issuer at `url`; `requests` are the paths that were requested."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.requests: list[str] = []
        self._rsa = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._ec = ec.generate_private_key(ec.SECP256R1())

    def token(self, subject: str = "anna", *, algorithm: str = "RS256", kid: str | None = None, **claims: Any) -> str:
        """Return a token that is valid for five minutes; a claim of None is left out."""
        now = int(time.time())
        every = {"iss": self.url, "aud": AUDIENCE, "sub": subject, "iat": now, "exp": now + 300, **claims}
        given = {name: value for name, value in every.items() if value is not None}
        rsa_signed = algorithm.startswith("RS")
        headers = {"kid": kid or (RSA_KEY if rsa_signed else EC_KEY)}
        return jwt.encode(given, self._rsa if rsa_signed else self._ec, algorithm=algorithm, headers=headers)

    def document(self, path: str) -> dict[str, Any] | None:
        """Return the document at a path, or None."""
        self.requests.append(path)
        public = {
            "use": "sig",
            "alg": "RS256",
            "kid": RSA_KEY,
            **RSAAlgorithm.to_jwk(self._rsa.public_key(), as_dict=True),
        }
        curve = {"use": "sig", "alg": "ES256", "kid": EC_KEY, **ECAlgorithm.to_jwk(self._ec.public_key(), as_dict=True)}
        documents: dict[str, dict[str, Any]] = {
            "/.well-known/openid-configuration": {"issuer": self.url, "jwks_uri": f"{self.url}/keys"},
            "/keys": {"keys": [public, curve]},
        }
        return documents.get(path)


@contextmanager
def serving_issuer() -> Iterator[Issuer]:
    """Serve an issuer on loopback while the block runs."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            document = issuer.document(self.path)
            self.send_response(404 if document is None else 200)
            self.end_headers()
            self.wfile.write(json.dumps(document).encode())

        @override
        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        issuer = Issuer(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield issuer
        finally:
            server.shutdown()
            thread.join()
