"""Every way in which a token is refused: with 401, a challenge, and a problem that says why."""

import hashlib
import hmac
import json
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from common.auth import principal as auth
from common.auth.keys import SigningKey
from common.http.application import create_app
from tests.common.protected_routes import HEADER, OTHER_KEY, asked, assert_rejected, claims, encoded, router, signed
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
def test_a_header_that_names_another_algorithm_is_refused_however_it_is_signed(api: TestClient, alg: object) -> None:
    header = HEADER | {"alg": alg}
    assert_rejected(asked(api, signed(header, claims())))
    assert_rejected(asked(api, signed(header, claims()).rpartition(".")[0] + "."))


def test_no_key_is_looked_for_when_another_algorithm_is_named() -> None:
    class Unasked:
        def current(self) -> SigningKey:
            raise AssertionError

        def find(self, kid: str) -> SigningKey | None:
            raise AssertionError(kid)

    for alg in ("none", "HS512", "RS256"):
        with pytest.raises(auth.TokenRejected):
            auth.verify(signed(HEADER | {"alg": alg}, claims()), Unasked(), SETTINGS)


@pytest.mark.parametrize(("alg", "digest"), [("HS384", hashlib.sha384), ("HS512", hashlib.sha512)])
def test_a_longer_hash_with_our_key_is_refused(api: TestClient, alg: str, digest: Any) -> None:
    assert_rejected(asked(api, signed(HEADER | {"alg": alg}, claims(), digest=digest().name)))
    assert_rejected(asked(api, signed(HEADER, claims(), digest=digest().name)))


def test_a_public_key_is_not_taken_for_a_shared_one(api: TestClient) -> None:
    public = SigningKey.of(PEM)
    for header in (HEADER, HEADER | {"kid": public.kid}):
        assert_rejected(asked(api, signed(header, claims(), key=PEM.encode())))


def test_a_token_without_a_header_for_its_algorithm_or_key_is_refused(api: TestClient) -> None:
    for name in ("alg", "kid"):
        assert_rejected(asked(api, signed({key: value for key, value in HEADER.items() if key != name}, claims())))


@pytest.mark.parametrize("kid", [1, None, [KEY.kid], {"kid": KEY.kid}, True, "", "x" * 1000, "é"])
def test_an_id_of_a_key_that_is_none_of_ours_is_refused(api: TestClient, kid: object) -> None:
    assert_rejected(asked(api, signed(HEADER | {"kid": kid}, claims())))


@pytest.mark.parametrize("changed", [{"crit": ["exp"]}, {"crit": []}, {"b64": False}, {"crit": ["b64"], "b64": False}])
def test_extensions_that_must_be_understood_are_refused(api: TestClient, changed: dict[str, object]) -> None:
    assert_rejected(asked(api, signed(HEADER | changed, claims())))


def test_a_key_that_nobody_here_knows_is_refused_under_its_own_id_and_under_ours(api: TestClient) -> None:
    assert_rejected(asked(api, token(7, key=OTHER_KEY)))
    assert_rejected(asked(api, token(7, key=SigningKey(KEY.kid, OTHER_KEY.value))))


@pytest.mark.parametrize("part", [0, 1, 2])
def test_a_token_with_any_part_changed_is_refused(api: TestClient, part: int) -> None:
    parts = token(7).split(".")
    place = len(parts[part]) // 2
    letter = "A" if parts[part][place] != "A" else "B"
    parts[part] = parts[part][:place] + letter + parts[part][place + 1 :]
    assert_rejected(asked(api, ".".join(parts)))


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
def test_a_claim_of_another_value_or_kind_is_refused(api: TestClient, claim: str, value: object) -> None:
    assert_rejected(asked(api, signed(HEADER, claims(**{claim: value}))))


@pytest.mark.parametrize("claim", auth.CLAIMS)
def test_each_claim_is_required(api: TestClient, claim: str) -> None:
    left = {name: value for name, value in claims().items() if name != claim}
    assert_rejected(asked(api, signed(HEADER, left)))
    assert_rejected(asked(api, signed(HEADER, claims(**{claim: None}))))


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
def test_a_malformed_token_is_refused(api: TestClient, text: str) -> None:
    assert_rejected(api.get("/me", headers={b"Authorization": f"Bearer {text}".encode("latin-1")}))


@pytest.mark.parametrize("inner", ["[" * 2000, '{"a":' * 500, "9" * 2000])
def test_a_signed_payload_that_no_parser_likes_is_refused(api: TestClient, inner: str) -> None:
    head = f"{encoded(json.dumps(HEADER).encode())}.{encoded(inner.encode())}"
    signature = encoded(hmac.digest(KEY.value.encode(), head.encode(), "sha256"))
    assert_rejected(asked(api, f"{head}.{signature}"))
