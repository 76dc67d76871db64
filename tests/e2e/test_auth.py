"""Tokens through the packaged zips: both services take the same ones, and refuse every other."""

import time
from typing import Any

import httpx2
import pytest

from local_aws.session import Session
from tests.e2e.forgery import claims, deployed_key, signed
from tests.e2e.people import Person, log_in, register
from tests.support.problem import assert_problem

PATHS = ("/api/v1/users/me", "/api/v1/books/loans")
OTHER = "a key that the deployment has never had, long enough"
REALM = 'Bearer realm="bookshelf"'


@pytest.fixture(scope="module")
def key(session: Session) -> str:
    return deployed_key(session)


@pytest.fixture(scope="module")
def reader(api: httpx2.Client) -> Person:
    return register(api)


def refused(api: httpx2.Client, path: str, headers: Any) -> None:
    answer = api.get(path, headers=headers)
    assert_problem(answer, 401, "invalid-token")
    assert answer.headers["www-authenticate"] == f'{REALM}, error="invalid_token"'


@pytest.mark.parametrize("path", PATHS)
def test_both_services_take_a_token_of_the_users_service(api: httpx2.Client, reader: Person, path: str) -> None:
    assert api.get(path, headers=log_in(api, reader)).status_code == 200


@pytest.mark.parametrize("path", PATHS)
def test_a_token_is_what_its_key_and_its_claims_are(api: httpx2.Client, reader: Person, key: str, path: str) -> None:
    assert api.get(path, headers=signed(key, claims(reader.id))).status_code == 200


@pytest.mark.parametrize("path", PATHS)
def test_nobody_is_let_in_without_a_token(api: httpx2.Client, path: str) -> None:
    answer = api.get(path)
    assert_problem(answer, 401, "unauthenticated")
    assert answer.headers["www-authenticate"] == REALM


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "changed",
    [
        {"aud": "another-api"},
        {"aud": ["bookshelf-dev-api"]},
        {"iss": "another"},
        {"exp": -60},
        {"iat": 60},
        {"nbf": 60},
        {"sub": None},
        {"sub": ""},
        {"scope": None},
        {"exp": None},
    ],
)
def test_a_claim_that_is_missing_or_wrong_is_refused(
    api: httpx2.Client, reader: Person, key: str, changed: dict[str, Any], path: str
) -> None:
    now = int(time.time())
    absolute = {name: now + value if isinstance(value, int) else value for name, value in changed.items()}
    refused(api, path, signed(key, claims(reader.id, **absolute)))


@pytest.mark.parametrize("path", PATHS)
def test_every_other_algorithm_is_refused(api: httpx2.Client, reader: Person, key: str, path: str) -> None:
    for algorithm in ("none", "HS384", "HS512"):
        refused(api, path, signed(key, claims(reader.id), algorithm=algorithm))


@pytest.mark.parametrize("path", PATHS)
def test_an_unknown_key_is_refused_under_its_own_id_and_under_ours(
    api: httpx2.Client, reader: Person, key: str, path: str
) -> None:
    ours = signed(key, claims(reader.id))["Authorization"].partition(".")[0]
    theirs = signed(OTHER, claims(reader.id))
    refused(api, path, theirs)
    _, _, rest = theirs["Authorization"].partition(".")
    refused(api, path, {"Authorization": f"{ours}.{rest}"})


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("text", ["a.b.c", "nonsense", "a" * 5000])
def test_a_malformed_and_an_oversized_token_are_refused(api: httpx2.Client, path: str, text: str) -> None:
    refused(api, path, {"Authorization": f"Bearer {text}"})


@pytest.mark.parametrize("path", PATHS)
def test_two_tokens_are_refused(api: httpx2.Client, reader: Person, key: str, path: str) -> None:
    [header] = signed(key, claims(reader.id)).items()
    refused(api, path, [header, header])
