"""Tokens that are rejected: with 401, a challenge, and a problem that says why."""

import hashlib
import hmac
import json
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from common.auth.keys import SigningKey
from common.auth.tokens import REQUIRED, TokenRejected, verify
from common.http.application import create_app
from tests.common.protected_routes import (
    HEADER,
    OTHER_KEY,
    assert_rejected,
    claims,
    encoded,
    request_with,
    router,
    signed,
)
from tests.support.tokens import KEY, SETTINGS, accepting_tokens, token


@pytest.fixture
def api(function_environment: dict[str, str]) -> Iterator[TestClient]:
    assert function_environment
    app = create_app("things", description="Things.", routers=[router])
    with accepting_tokens(app), TestClient(app) as client:
        yield client


# A public key: what an attacker knows where signatures are asymmetric.
PEM = """\
-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAqI6yHtERBwqmbvo4vFrk
uFAeg17iuIm0CGtWMGmYLVHrGpp1xDPq4JnK+n0W7r0cgtygW03J5j7KK7uPvgtj
6+sDOpKkN7dyWe2csNiADvuzDC3e8xlkwDAwIRiuwctw8CRfa4/4w1TfAUduVINB
WYHhC7UvWuC0TJVJB297lOxODEjilibVgZUMRuvRAUFdoW0iJud/F5toKnfOYNKe
nO1n+VqP9lw7TOHom0B+oFU6jAQ57qEq5kH5QKihWzqtXCSS94W6iLOh2l0WMGmR
xIgq7PBmLOysVYz6CJ8USBnA6m4KsHbZlxmZ1VtVbcYOAR4r/SZOIqGPRALSdq93
swIDAQAB
-----END PUBLIC KEY-----
"""


@pytest.mark.parametrize("alg", ["none", "None", "NONE", "", None, "HS384", "HS512", "hs256", "RS256", "ES256", 1])
def test_other_algorithm_in_the_header_is_rejected(api: TestClient, alg: object) -> None:
    header = HEADER | {"alg": alg}
    assert_rejected(request_with(api, signed(header, claims())))
    assert_rejected(request_with(api, signed(header, claims()).rpartition(".")[0] + "."))


def test_no_key_is_read_for_another_algorithm() -> None:
    class UnusedKeys:
        def current(self) -> SigningKey:
            raise AssertionError

        def find(self, kid: str) -> SigningKey | None:
            raise AssertionError(kid)

        def forget(self) -> None:
            raise AssertionError

    for alg in ("none", "HS512", "RS256"):
        with pytest.raises(TokenRejected):
            verify(signed(HEADER | {"alg": alg}, claims()), UnusedKeys(), SETTINGS)


@pytest.mark.parametrize(("alg", "digest"), [("HS384", hashlib.sha384), ("HS512", hashlib.sha512)])
def test_longer_hash_with_the_right_key_is_rejected(api: TestClient, alg: str, digest: Any) -> None:
    assert_rejected(request_with(api, signed(HEADER | {"alg": alg}, claims(), digest=digest().name)))
    assert_rejected(request_with(api, signed(HEADER, claims(), digest=digest().name)))


def test_public_key_is_rejected_as_shared_secret(api: TestClient) -> None:
    public = SigningKey.of(PEM)
    for header in (HEADER, HEADER | {"kid": public.kid}):
        assert_rejected(request_with(api, signed(header, claims(), key=PEM.encode())))


def test_missing_algorithm_or_key_id_is_rejected(api: TestClient) -> None:
    for name in ("alg", "kid"):
        assert_rejected(
            request_with(api, signed({key: value for key, value in HEADER.items() if key != name}, claims()))
        )


@pytest.mark.parametrize("kid", [1, None, [KEY.kid], {"kid": KEY.kid}, True, "", "x" * 1000, "é"])
def test_unknown_or_malformed_key_id_is_rejected(api: TestClient, kid: object) -> None:
    assert_rejected(request_with(api, signed(HEADER | {"kid": kid}, claims())))


@pytest.mark.parametrize("changed", [{"crit": ["exp"]}, {"crit": []}, {"b64": False}, {"crit": ["b64"], "b64": False}])
def test_critical_extensions_are_rejected(api: TestClient, changed: dict[str, object]) -> None:
    assert_rejected(request_with(api, signed(HEADER | changed, claims())))


def test_unknown_key_is_rejected_under_its_own_and_a_known_id(api: TestClient) -> None:
    assert_rejected(request_with(api, token(7, key=OTHER_KEY)))
    assert_rejected(request_with(api, token(7, key=SigningKey(KEY.kid, OTHER_KEY.value))))


@pytest.mark.parametrize("part", [0, 1, 2])
def test_changed_part_is_rejected(api: TestClient, part: int) -> None:
    parts = token(7).split(".")
    place = len(parts[part]) // 2
    letter = "A" if parts[part][place] != "A" else "B"
    parts[part] = parts[part][:place] + letter + parts[part][place + 1 :]
    assert_rejected(request_with(api, ".".join(parts)))


@pytest.mark.parametrize(
    ("claim", "value"),
    [
        ("aud", "another-api"),
        ("aud", [SETTINGS.jwt_audience]),
        ("aud", [SETTINGS.jwt_audience, "another-api"]),
        ("aud", ""),
        ("aud", 1),
        ("iss", "another"),
        ("iss", ""),
        ("iss", [SETTINGS.jwt_issuer]),
        ("iss", SETTINGS.jwt_issuer.upper()),
        ("sub", ""),
        ("sub", 7),
        ("sub", ["7"]),
        ("scope", ["things:admin"]),
        ("scope", 1),
        ("exp", "soon"),
        ("exp", float("inf")),
        ("exp", []),
        ("iat", "now"),
        ("iat", float("nan")),
        ("nbf", "now"),
    ],
)
def test_claim_with_wrong_value_or_type_is_rejected(api: TestClient, claim: str, value: object) -> None:
    assert_rejected(request_with(api, signed(HEADER, claims(**{claim: value}))))


@pytest.mark.parametrize("claim", REQUIRED)
def test_missing_or_null_claim_is_rejected(api: TestClient, claim: str) -> None:
    left = {name: value for name, value in claims().items() if name != claim}
    assert_rejected(request_with(api, signed(HEADER, left)))
    assert_rejected(request_with(api, signed(HEADER, claims(**{claim: None}))))


DEEP = encoded(b"[" * 2900)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        ".",
        "..",
        "...",
        "a.b",
        "a.b.c",
        "a.b.c.d",
        "null",
        "Bearer",
        DEEP,
        f"{DEEP}..",
        f"{encoded(b'[]')}.e30.e30",
        f"{encoded(b'1')}.e30.e30",
        f"{encoded(json.dumps(HEADER).encode())}.{encoded(b'[1]')}.e30",
        f"{encoded(json.dumps(HEADER).encode())}.{encoded(bytes([255, 254]))}.e30",
        "%00",
        "é.è.ê",
        "\x7f\x01",
    ],
)
def test_malformed_token_is_rejected(api: TestClient, text: str) -> None:
    assert_rejected(api.get("/me", headers={b"Authorization": f"Bearer {text}".encode("latin-1")}))


@pytest.mark.parametrize("inner", ["[" * 2000, '{"a":' * 500, "9" * 2000])
def test_signed_payload_that_does_not_parse_is_rejected(api: TestClient, inner: str) -> None:
    head = f"{encoded(json.dumps(HEADER).encode())}.{encoded(inner.encode())}"
    signature = encoded(hmac.digest(KEY.value.encode(), head.encode(), "sha256"))
    assert_rejected(request_with(api, f"{head}.{signature}"))
