"""Tokens that the packaged functions refuse, users and books alike."""

import base64
import json
import time
from collections.abc import Callable

import httpx2
import jwt
import pytest

from common.auth.keys import SigningKey
from tests.e2e.signing import Signer
from tests.support import tokens
from tests.support.problem import assert_problem

PATHS = ("/api/v1/users/me", "/api/v1/books/loans")
SUBJECT = 1  # who is in the demo data

TIMES = {"exp", "iat", "nbf"}  # given in seconds from now on
WRONG_CLAIMS: dict[str, dict[str, object]] = {
    "another audience": {"aud": "bookshelf-prod-api"},
    "several audiences": {"aud": ["bookshelf-dev-api", "bookshelf-prod-api"]},
    "another issuer": {"iss": "bookshelf-prod"},
    "expired": {"exp": -31},
    "not issued yet": {"iat": 600, "exp": 900},
    "not valid yet": {"nbf": 600},
    "nobody": {"sub": None},
    "an empty subject": {"sub": ""},
    "no scope": {"scope": None},
    "no end": {"exp": None},
    "oversized": {"padding": "x" * 4096},
}
CHANGED: dict[str, Callable[[str], str]] = {
    "another algorithm": lambda token: signed_anew(token, "HS384"),
    "no algorithm": lambda token: signed_anew(token, "none"),
    "a header that names none": lambda token: renamed(token, None),
    "a damaged signature": lambda token: token[:-4] + ("AAAA" if token[-4:] != "AAAA" else "BBBB"),
    "a missing signature": lambda token: token.rpartition(".")[0] + ".",
    "no token at all": lambda _: "no-token",
}


# All that JSON Web Algorithms (RFC 7518 section 3.1, RFC 8037) has for signatures, and spellings of ours and of none.
ALGORITHMS = [
    *("HS384", "HS512", "RS256", "RS384", "RS512", "ES256", "ES384", "ES512", "PS256", "PS384", "PS512"),
    *("EdDSA", "ES256K", "none", "None", "NONE", "hs256", ""),
]


def signed_anew(token: str, algorithm: str) -> str:
    header, claims = jwt.get_unverified_header(token), jwt.decode(token, options={"verify_signature": False})
    key = "" if algorithm == "none" else "a key of the attacker's, long enough for every algorithm, 64 bytes and more"
    return jwt.encode(claims, key, algorithm=algorithm, headers={"kid": header["kid"]})


def renamed(token: str, algorithm: str | None) -> str:
    """The token with a header that names another algorithm, or none at all; its signature stays."""
    header = jwt.get_unverified_header(token) | {"alg": algorithm}
    text = json.dumps({name: value for name, value in header.items() if value is not None})
    return f"{base64.urlsafe_b64encode(text.encode()).decode().rstrip('=')}.{token.partition('.')[2]}"


def dated(claims: dict[str, object]) -> dict[str, object]:
    return {
        name: int(time.time()) + value if name in TIMES and isinstance(value, int) else value
        for name, value in claims.items()
    }


def assert_refused(answer: httpx2.Response) -> None:
    assert_problem(answer, 401, "invalid-token")
    assert answer.headers["www-authenticate"] == 'Bearer realm="bookshelf", error="invalid_token"'


@pytest.mark.parametrize("path", PATHS)
def test_a_token_opens_and_none_does_not(api: httpx2.Client, signer: Signer, path: str) -> None:
    assert api.get(path, headers=signer.bearer(SUBJECT)).status_code == 200
    without = api.get(path)
    assert_problem(without, 401, "unauthenticated")
    assert without.headers["www-authenticate"] == 'Bearer realm="bookshelf"'


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("claims", WRONG_CLAIMS.values(), ids=WRONG_CLAIMS.keys())
def test_a_token_with_wrong_claims_is_refused(
    api: httpx2.Client, signer: Signer, path: str, claims: dict[str, object]
) -> None:
    assert_refused(api.get(path, headers=signer.bearer(SUBJECT, **dated(claims))))


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("change", CHANGED.values(), ids=CHANGED.keys())
def test_a_token_that_is_not_signed_as_ours_is_refused(
    api: httpx2.Client, signer: Signer, path: str, change: Callable[[str], str]
) -> None:
    token = signer.bearer(SUBJECT)["Authorization"].removeprefix("Bearer ")
    assert_refused(api.get(path, headers={"Authorization": f"Bearer {change(token)}"}))


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_token_that_names_another_algorithm_is_refused(
    api: httpx2.Client, signer: Signer, path: str, algorithm: str
) -> None:
    token = renamed(signer.bearer(SUBJECT)["Authorization"].removeprefix("Bearer "), algorithm)
    for text in (token, token.rpartition(".")[0] + "."):
        assert_refused(api.get(path, headers={"Authorization": f"Bearer {text}"}))


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
def test_a_longer_hash_by_our_own_key_is_refused(api: httpx2.Client, signer: Signer, path: str, algorithm: str) -> None:
    assert_refused(api.get(path, headers=signer.bearer(SUBJECT, algorithm=algorithm)))


@pytest.mark.parametrize("path", PATHS)
def test_a_token_of_an_unknown_key_is_refused(api: httpx2.Client, path: str) -> None:
    key = SigningKey.of("a key that the deployment has never had, of 32 bytes at least")
    claims = {"iss": "bookshelf-dev", "aud": "bookshelf-dev-api"}
    assert_refused(api.get(path, headers=tokens.bearer(SUBJECT, key=key, **claims)))


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("moved", [{"exp": -15}, {"iat": 15, "exp": 900}], ids=["past", "future"])
def test_clocks_may_differ_a_little(api: httpx2.Client, signer: Signer, path: str, moved: dict[str, object]) -> None:
    assert api.get(path, headers=signer.bearer(SUBJECT, **dated(moved))).status_code == 200
