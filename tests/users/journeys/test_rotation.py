"""A rotation of the signing key invalidates no token, whichever keys an environment has cached."""

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
from tests.support.deployed.data_plane import data_plane
from tests.support.deployed.traffic import Traffic
from tests.support.moto_servers import aws_client
from tests.support.services import deployed_name
from tests.users.journeys.accounts import ME, Person, log_in, register

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

SECRET = deployed_name("jwt")
AT_ONCE = 4  # as many environments as a function gets
SECONDS = 60.0


@pytest.fixture
def client(session: Session, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx2.Client]:
    """Return a client of a data plane of its own, whose environments have not read the secret yet."""
    work = tmp_path_factory.mktemp("rotation")
    with data_plane(session.control_plane, work) as served, httpx2.Client(base_url=served.url, timeout=30) as client:
        yield client


def rotate(session: Session) -> str:
    """Put a new key into the secret and return its id."""
    key = secrets.token_urlsafe(48)
    operator: SecretsManagerClient
    with aws_client("secretsmanager", session.control_plane) as operator:
        operator.put_secret_value(SecretId=SECRET, SecretString=json.dumps({"jwt_secret": key}))
    return SigningKey.of(key).kid


def kid(headers: dict[str, str]) -> str:
    """Return the id of the key that signed the token in these headers."""
    found: str = jwt.get_unverified_header(headers["Authorization"].removeprefix("Bearer "))["kid"]
    return found


def test_rotation_under_load_fails_no_request(session: Session, client: httpx2.Client) -> None:
    people = [register(client) for _ in range(AT_ONCE)]
    early = log_in(client, people[0])

    def log_in_and_use(person: Person) -> tuple[str, int]:
        headers = log_in(client, person)
        return kid(headers), client.get(ME, headers=headers).status_code

    assert client.get(ME, headers=early).status_code == 200  # this environment knows the first key only
    with ThreadPoolExecutor(AT_ONCE) as pool, Traffic(str(client.base_url), [ME], headers=early) as traffic:
        new = rotate(session)
        signed: dict[str, list[int]] = {}
        deadline = time.monotonic() + SECONDS
        # Environments that know the old key sign with it; those that start after the rotation sign with the new one.
        while len(signed) < 2:
            assert time.monotonic() < deadline, signed
            for found, status in pool.map(log_in_and_use, people):
                signed.setdefault(found, []).append(status)
        began = time.monotonic()
        while len(traffic.responses[0]) < 20:
            assert time.monotonic() < began + SECONDS
            time.sleep(0.05)
    assert set(signed) == {kid(early), new}
    assert {status for statuses in signed.values() for status in statuses} == {200}
    assert {response.status for response in traffic.responses[0]} == {200}
    assert client.get(ME, headers=early).status_code == 200
