"""The secret is rotated while requests run: nobody is logged out, whichever environment knows which key."""

import json
import secrets
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import httpx2
import jwt
import pytest

from common.auth.keys import SigningKey
from local_aws.session import Session
from tests.e2e.people import Person, log_in, register
from tests.e2e.traffic import Traffic
from tests.support.moto_servers import aws_client

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

SECRET = "bookshelf-dev-jwt"
ME = "/api/v1/users/me"
LOANS = "/api/v1/books/loans"
AT_ONCE = 4  # as many environments as a function gets
SECONDS = 60.0


@pytest.fixture
def client(other: Session) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=other.url, timeout=30) as client:
        yield client


def rotate(session: Session) -> str:
    """Put a new key into the secret and return its id."""
    key = secrets.token_urlsafe(48)
    operator: SecretsManagerClient
    with aws_client("secretsmanager", session.control_plane) as operator:
        operator.put_secret_value(SecretId=SECRET, SecretString=json.dumps({"jwt_secret": key}))
    return SigningKey.of(key).kid


def kid(headers: dict[str, str]) -> str:
    found: str = jwt.get_unverified_header(headers["Authorization"].removeprefix("Bearer "))["kid"]
    return found


def test_a_rotation_under_load_fails_no_request(other: Session, client: httpx2.Client) -> None:
    people = [register(client) for _ in range(AT_ONCE)]
    early = log_in(client, people[0])

    def use(headers: dict[str, str]) -> list[int]:
        return [client.get(path, headers=headers).status_code for path in (ME, LOANS)]

    def log_in_and_use(person: Person) -> tuple[str, list[int]]:
        headers = log_in(client, person)
        return kid(headers), use(headers)

    assert use(early) == [200, 200]  # Both functions have an environment that knows the first key only.
    with ThreadPoolExecutor(AT_ONCE) as pool, Traffic(other.url, [ME, LOANS], headers=early) as traffic:
        new = rotate(other)
        signed: dict[str, list[list[int]]] = {}
        deadline = time.monotonic() + SECONDS
        while (
            len(signed) < 2
        ):  # Until environments have signed with the old key, and others, started since, with the new.
            assert time.monotonic() < deadline, signed
            for found, statuses in pool.map(log_in_and_use, people):
                signed.setdefault(found, []).append(statuses)
        began = time.monotonic()
        while min(len(answers) for answers in traffic.answers) < 20:
            assert time.monotonic() < began + SECONDS
            time.sleep(0.05)
    assert set(signed) == {kid(early), new}
    assert [status for each in signed.values() for statuses in each for status in statuses if status != 200] == []
    assert {answer.status for answers in traffic.answers for answer in answers} == {200}
    assert use(early) == [200, 200]
