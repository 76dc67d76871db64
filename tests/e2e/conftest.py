"""One embedded AWS for all end-to-end tests, started by the very command that people use."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import httpx2
import pytest

from local_aws.session import Session
from tests.e2e.command import Up

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@pytest.fixture(scope="session")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    with Up(tmp_path_factory.mktemp("up")) as running:
        running.wait_for("Serving on")
        yield running
        assert running.end() == 0
        assert running.left_behind() == []


@pytest.fixture(scope="session")
def session(up: Up) -> Session:
    return Session.read(up.work)


@pytest.fixture(scope="session")
def api(session: Session) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=session.url, timeout=30) as client:
        yield client


@pytest.fixture(scope="session")
def dynamodb(session: Session) -> "DynamoDBClient":
    client: DynamoDBClient = boto3.client(
        "dynamodb",
        endpoint_url=session.control_plane["AWS_ENDPOINT_URL"],
        region_name=session.control_plane["AWS_REGION"],
        aws_access_key_id=session.control_plane["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=session.control_plane["AWS_SECRET_ACCESS_KEY"],
    )
    return client


@pytest.fixture(scope="session")
def logs(up: Up) -> Path:
    return up.work / "logs"


@pytest.fixture(autouse=True, scope="session")
def _linux_only() -> None:
    assert sys.platform == "linux", "the embedded AWS needs Linux"
