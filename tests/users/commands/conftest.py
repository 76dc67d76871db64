"""A table with one user, on the embedded AWS."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import boto3
import pytest

from common.dynamodb.table import Table
from local_aws.session import Session, claimed
from tests.support.tables import control_plane, key_schema
from tests.users.commands.granted import CTO, TABLE
from users.repository import DynamoUserRepository

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@pytest.fixture
def dynamodb() -> Iterator["DynamoDBClient"]:
    environment = control_plane().environment
    client: DynamoDBClient = boto3.client(
        "dynamodb",
        endpoint_url=environment["AWS_ENDPOINT_URL"],
        region_name="eu-central-1",
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
    )
    with closing(client):
        yield client


@pytest.fixture(params=[TABLE])
def users(request: pytest.FixtureRequest, dynamodb: "DynamoDBClient") -> Iterator[DynamoUserRepository]:
    """The repository on a table of that name, which holds the CTO."""
    schema = {name: value for name, value in key_schema("users").items() if name != "TimeToLiveSpecification"}
    dynamodb.create_table(TableName=request.param, BillingMode="PAY_PER_REQUEST", **cast("Any", schema))
    made = DynamoUserRepository(Table(dynamodb, request.param))
    made.add(CTO)
    yield made
    dynamodb.delete_table(TableName=request.param)


@pytest.fixture
def own_account(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the caller's credentials be those of the embedded AWS."""
    for name, value in control_plane().environment.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def work(tmp_path: Path) -> Iterator[str]:
    """The folder of a running embedded AWS."""
    with claimed(tmp_path):
        Session(url="", admin_url="", control_plane=control_plane().environment).write(tmp_path)
        yield str(tmp_path)
