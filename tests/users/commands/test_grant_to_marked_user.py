"""`make grant` to a user whose password another user has set: it asks, and `make revoke` does not."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Final, NamedTuple, cast

import boto3
import pytest

from common.dynamodb.table import Table
from local_aws.session import Session, claimed
from monorepo.product import product
from tests.support.tables import control_plane, key_schema
from tests.users.examples import user
from users.commands.grants import main
from users.login_repository import DynamoPasswordRepository
from users.repository import DynamoUserRepository

TABLE: Final = f"{product().name}-dev-users"
SCOPE: Final = "users:admin"


class Running(NamedTuple):
    """An embedded AWS with user 1, whose password user 9 has set."""

    users: DynamoUserRepository
    arguments: tuple[str, ...]


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    aws = control_plane().environment
    client = boto3.client(
        "dynamodb",
        endpoint_url=aws["AWS_ENDPOINT_URL"],
        region_name="eu-central-1",
        aws_access_key_id=aws["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=aws["AWS_SECRET_ACCESS_KEY"],
    )
    schema = {name: value for name, value in key_schema("users").items() if name != "TimeToLiveSpecification"}
    with closing(client), claimed(tmp_path):
        Session(url="", admin_url="", control_plane=aws).write(tmp_path)
        client.create_table(TableName=TABLE, BillingMode="PAY_PER_REQUEST", **cast("Any", schema))
        table = Table(client, TABLE)
        users = DynamoUserRepository(table)
        users.add(user(1))
        assert DynamoPasswordRepository(table).set(users.get(1), "hash", by=9, at=1_790_000_000)
        yield Running(users, ("--scope", SCOPE, "--user=1", "--work", str(tmp_path)))
        client.delete_table(TableName=TABLE)


def test_grant_without_a_terminal_needs_yes_once(running: Running) -> None:
    doubt = (
        "user 9 has set the password or the address of this user, whose password was last set at 2026-09-21 14:13 UTC"
    )
    with pytest.raises(SystemExit) as exit_:
        main(["grant", *running.arguments])
    assert exit_.value.code == f"grant: {doubt}: give YES=1"
    assert running.users.get(1).scopes == frozenset()
    main(["grant", *running.arguments, "--yes"])
    main(["grant", *running.arguments])
    assert running.users.get(1) == user(1, version=3, scopes=frozenset({SCOPE}), password_set_at=1_790_000_000)


def test_revocation_asks_nothing(running: Running) -> None:
    main(["grant", *running.arguments, "--yes"])
    known = running.users.get(1)
    assert running.users.replace(known, known.changed(email="moved@example.com", by=9))
    main(["revoke", *running.arguments])
    assert running.users.get(1).scopes == frozenset()
