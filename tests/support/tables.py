"""Tables with the keys of a service, on the embedded AWS's DynamoDB or on the endpoint that a developer names."""

import atexit
import functools
import json
import os
import uuid
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from botocore.config import Config

from common.dynamodb.shards import Shards
from common.dynamodb.table import Table
from local_aws.control_plane.server import ControlPlane
from tests.support.mocked_aws import new_session
from tests.support.moto_tables import moto_client

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ROOT = Path(__file__).parents[2]

# The environment before the tests hide the developer's credentials.
HOST = dict(os.environ)
# The variable with another DynamoDB endpoint for the contract suites.
ENDPOINT = "DYNAMODB_ENDPOINT_URL"
# The engines of the contract suites. The last one is used if the variable is set.
MOTO = "moto"
ENGINES = [MOTO, *([ENDPOINT] if os.environ.get(ENDPOINT) else [])]
# The same engines with each list on eight keys of its index, for the tests that read lists.
SHARDED = [f"{engine}/8" for engine in ENGINES]


# A busy machine must not fail the tests of an adapter.
PATIENT = Config(connect_timeout=30, read_timeout=30)


def key_schema(service: str) -> dict[str, Any]:
    """Return the service's `table.json` without its empty members."""
    schema: dict[str, Any] = json.loads((ROOT / "services" / service / "table.json").read_text())
    return {name: value for name, value in schema.items() if value}


@functools.cache
def control_plane() -> ControlPlane:
    """Return the embedded AWS's control plane, which starts once for a test run and ends with the process.

    It is for commands, which find AWS by the variables of its environment.
    """
    stack = ExitStack()
    atexit.register(stack.close)
    return stack.enter_context(ControlPlane())


@functools.cache
def client_of(engine: str) -> "DynamoDBClient":
    """Return the cached client of an engine, because creating one takes longer than most tests."""
    client: DynamoDBClient = moto_client() if engine == MOTO else _client_of_endpoint()
    atexit.register(client.close)
    return client


def _client_of_endpoint() -> Any:
    return new_session().client(
        "dynamodb",
        config=PATIENT,
        endpoint_url=HOST[ENDPOINT],
        region_name=HOST.get("AWS_REGION", "eu-central-1"),
        aws_access_key_id=HOST.get("AWS_ACCESS_KEY_ID", "any"),
        aws_secret_access_key=HOST.get("AWS_SECRET_ACCESS_KEY", "any"),
        aws_session_token=HOST.get("AWS_SESSION_TOKEN"),
    )


def table_on(engine: str, service: str) -> AbstractContextManager[Table]:
    """Yield a table with the service's keys and indexes, as `table_with` does.

    Args:
        engine: One of ENGINES or SHARDED.
        service: The service's name.
    """
    return table_with(engine, key_schema(service))


@contextmanager
def table_with(engine: str, schema: Mapping[str, Any]) -> Iterator[Table]:
    """Yield a table made from a CreateTable request without a name and without its expiry.

    A table of the developer's endpoint is deleted afterwards. Tables of moto end with the test run.
    """
    where, _, shards = engine.partition("/")
    client = client_of(where)
    name = make_table_of(client, schema)
    number = int(shards or 1)
    try:
        yield Table(client, name, shards=Shards(written=number, read=number))
    finally:
        if where == ENDPOINT:
            client.delete_table(TableName=name)


def make_table(client: "DynamoDBClient", service: str) -> str:
    """Make a table with the service's keys, indexes and expiry, and return its name."""
    name, schema = f"contract-{service}-{uuid.uuid4()}", key_schema(service)
    _create(client, name, schema)
    if expiry := schema.get("TimeToLiveSpecification"):
        client.update_time_to_live(TableName=name, TimeToLiveSpecification=expiry)
    return name


def make_table_of(client: "DynamoDBClient", schema: Mapping[str, Any]) -> str:
    """Make a table from a CreateTable request without a name and without its expiry, and return its name."""
    name = f"contract-{uuid.uuid4()}"
    _create(client, name, schema)
    return name


def _create(client: "DynamoDBClient", name: str, schema: Mapping[str, Any]) -> None:
    request = {member: value for member, value in schema.items() if member != "TimeToLiveSpecification"}
    made = client.create_table(TableName=name, BillingMode="PAY_PER_REQUEST", **cast("Any", request))
    if made["TableDescription"]["TableStatus"] != "ACTIVE":
        client.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1})
