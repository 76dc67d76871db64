"""`make grant` and `make revoke`: on the embedded AWS by default, and on the caller's own account when asked."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import boto3
import pytest

from common.dynamodb.table import Table
from grants.scopes import ATTEMPTS, GrantError, change, email_key
from local_aws.session import Session, claimed
from tests.support.tables import control_plane, key_schema
from users import domain
from users.domain import User
from users.repository import DynamoUserRepository

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ROOT = Path(__file__).parents[2]
CTO = User(
    id=1,
    email="CTO@example.com",
    username="chief-tech",
    is_active=True,
    created_at=datetime(2026, 1, 1, tzinfo=UTC),
)


@pytest.fixture
def dynamodb() -> Iterator["DynamoDBClient"]:
    environment = control_plane().environment
    client: DynamoDBClient = boto3.client(
        "dynamodb",
        endpoint_url=environment["AWS_ENDPOINT_URL"],
        region_name="eu-central-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )
    with closing(client):
        yield client


@pytest.fixture(params=["bookshelf-dev-users"])
def users(request: pytest.FixtureRequest, dynamodb: "DynamoDBClient") -> Iterator[DynamoUserRepository]:
    """The users of a table of that name, one of them the CTO."""
    schema = {name: value for name, value in key_schema("users").items() if name != "TimeToLiveSpecification"}
    dynamodb.create_table(TableName=request.param, BillingMode="PAY_PER_REQUEST", **cast("Any", schema))
    made = DynamoUserRepository(Table(dynamodb, request.param))
    made.add(CTO)
    yield made
    dynamodb.delete_table(TableName=request.param)


def stored(dynamodb: "DynamoDBClient", table: str = "bookshelf-dev-users") -> tuple[list[str], int]:
    """The scopes and the version of the CTO as they are in the table."""
    item = dynamodb.get_item(TableName=table, Key={"pk": {"S": "USER#1"}, "sk": {"S": "USER"}})["Item"]
    return [value["S"] for value in item["scopes"]["L"]], int(item["version"]["N"])


def run(*arguments: str, **variables: str | None) -> subprocess.CompletedProcess[str]:
    """Run the command with changed variables of the environment; None removes one."""
    environment = os.environ | {"PYTHONPATH": str(ROOT / "tools")} | variables
    return subprocess.run(
        [sys.executable, "-m", "grants", *arguments],
        env={name: value for name, value in environment.items() if value is not None},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def work(tmp_path: Path) -> Iterator[str]:
    """The folder of a running embedded AWS."""
    with claimed(tmp_path):
        Session(url="", admin_url="", control_plane=control_plane().environment).write(tmp_path)
        yield str(tmp_path)


@pytest.mark.usefixtures("users")
def test_a_scope_is_given_and_taken_away(dynamodb: "DynamoDBClient", work: str) -> None:
    for arguments, scopes, version in (
        (("grant", "--scope", "users:admin"), ["users:admin"], 2),
        (("grant", "--scope", "books:admin"), ["books:admin", "users:admin"], 3),
        (("grant", "--scope", "books:admin"), ["books:admin", "users:admin"], 3),
        (("revoke", "--scope", "users:admin"), ["books:admin"], 4),
        (("revoke", "--scope", "users:admin"), ["books:admin"], 4),
        (("revoke", "--scope", "books:admin"), [], 5),
    ):
        finished = run(*arguments, "--email", "cto@EXAMPLE.com", "--work", work)
        assert (finished.returncode, finished.stderr) == (0, "")
        said = ", ".join(scopes) or "no scopes"
        assert finished.stdout.startswith(f"cto@EXAMPLE.com (user 1) has: {said}.")
        assert stored(dynamodb) == (scopes, version)


def test_the_service_reads_what_was_granted(users: DynamoUserRepository, dynamodb: "DynamoDBClient") -> None:
    change(dynamodb, "bookshelf-dev-users", CTO.email, frozenset({"users:admin"}).union)
    found = users.get(1)
    assert (found.email, found.username, found.version) == (CTO.email, CTO.username, 2)


@pytest.mark.parametrize("users", ["bookshelf-prod-users"], indirect=True)
@pytest.mark.usefixtures("users")
def test_another_environment_is_the_one_that_the_callers_credentials_open(dynamodb: "DynamoDBClient") -> None:
    arguments = ("grant", "--scope", "users:admin", "--email", CTO.email, "--env", "prod")
    assert run(*arguments, **control_plane().environment).returncode == 0
    assert stored(dynamodb, "bookshelf-prod-users") == (["users:admin"], 2)


@pytest.mark.parametrize("users", ["shop-test-users"], indirect=True)
@pytest.mark.usefixtures("users")
def test_the_embedded_aws_may_have_another_name_and_environment(dynamodb: "DynamoDBClient", tmp_path: Path) -> None:
    with claimed(tmp_path):
        named = {"name": "shop", "environment": "test"}
        Session(url="", admin_url="", control_plane=control_plane().environment, variables=named).write(tmp_path)
        arguments = ("--scope", "users:admin", "--email", CTO.email, "--env", "", "--work", str(tmp_path))
        assert run("grant", *arguments).returncode == 0
    assert stored(dynamodb, "shop-test-users") == (["users:admin"], 2)


def assert_refused(finished: subprocess.CompletedProcess[str], reason: str, *, code: int = 1) -> None:
    assert finished.returncode == code
    assert finished.stdout == ""
    lines = finished.stderr.splitlines()
    assert reason in lines[-1]
    assert len([line for line in lines if not line.startswith((" ", "usage:"))]) == 1


@pytest.mark.usefixtures("users")
def test_an_address_that_nobody_has_is_refused(dynamodb: "DynamoDBClient", work: str) -> None:
    arguments = ("grant", "--scope", "users:admin", "--work", work)
    refusal = "nobody in the table bookshelf-dev-users has the e-mail address nobody@example.com"
    assert_refused(run(*arguments, "--email", "nobody@example.com"), refusal)
    # What an erased user leaves behind, seen between two of the tool's reads.
    dynamodb.update_item(
        TableName="bookshelf-dev-users",
        Key={"pk": {"S": "USER#1"}, "sk": {"S": "USER"}},
        UpdateExpression="REMOVE email",
    )
    assert_refused(run(*arguments, "--email", CTO.email), "nobody in the table")
    assert stored(dynamodb) == ([], 1)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("grant", "--scope", "users:owner", "--email", "a@b.c"), "none of books:admin, users:admin"),
        (("grant", "--scope", "loans:admin", "--email", "a@b.c"), "none of books:admin, users:admin"),
        (("grant", "--scope", "", "--email", "a@b.c"), "none of books:admin, users:admin"),
        (("grant", "--scope", "users:admin", "--email", ""), "EMAIL= is no e-mail address"),
        (("grant", "--scope", "users:admin", "--email", "a@b.c", "--env", "Prod!"), "ENV=Prod!"),
        (("grant", "--scope", "users:admin"), "--email"),
        (("give", "--scope", "users:admin", "--email", "a@b.c"), "invalid choice"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_anything_is_asked(arguments: tuple[str, ...], reason: str) -> None:
    assert_refused(run(*arguments), reason, code=2)


def test_without_a_running_embedded_aws_it_says_how_to_start_one(tmp_path: Path) -> None:
    arguments = ("grant", "--scope", "users:admin", "--email", CTO.email, "--work", str(tmp_path))
    assert_refused(run(*arguments), "start `make up` in another terminal first")


def test_a_table_that_is_not_there_is_named(work: str) -> None:
    arguments = ("grant", "--scope", "users:admin", "--email", CTO.email, "--work", work)
    assert_refused(run(*arguments), "there is no table bookshelf-dev-users")


@pytest.mark.parametrize(
    ("variables", "reason"),
    [
        (
            {"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None, "AWS_EC2_METADATA_DISABLED": "true"},
            "credentials",
        ),
        ({"AWS_DEFAULT_REGION": None}, "region"),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_MAX_ATTEMPTS": "1"}, "http://127.0.0.1:1"),
    ],
)
def test_an_account_that_does_not_answer_is_one_line(variables: dict[str, str | None], reason: str) -> None:
    arguments = ("grant", "--scope", "users:admin", "--email", CTO.email, "--env", "prod")
    assert_refused(run(*arguments, **variables), reason)


class Meddling:
    """Changes the user each time before a write arrives, at most so often."""

    def __init__(self, client: "DynamoDBClient", times: int) -> None:
        self._client = client
        self._left = times
        client.meta.events.register("before-call.dynamodb.UpdateItem", self._meddle)

    def _meddle(self, params: dict[str, Any], **_: object) -> None:
        if self._left and ":next" in json.loads(params["body"])["ExpressionAttributeValues"]:
            self._left -= 1
            self._client.update_item(
                TableName="bookshelf-dev-users",
                Key={"pk": {"S": "USER#1"}, "sk": {"S": "USER"}},
                UpdateExpression="SET username = :name, version = version + :one",
                ExpressionAttributeValues={":name": {"S": "renamed"}, ":one": {"N": "1"}},
            )


def test_what_others_change_at_the_same_time_is_kept(users: DynamoUserRepository, dynamodb: "DynamoDBClient") -> None:
    Meddling(dynamodb, ATTEMPTS - 1)
    number, scopes = change(dynamodb, "bookshelf-dev-users", CTO.email, frozenset({"users:admin"}).union)
    assert (number, scopes) == (1, ["users:admin"])
    assert stored(dynamodb) == (["users:admin"], 1 + ATTEMPTS)
    assert users.get(1).username == "renamed"


@pytest.mark.usefixtures("users")
def test_who_never_gets_a_turn_gives_up(dynamodb: "DynamoDBClient") -> None:
    Meddling(dynamodb, ATTEMPTS)
    with pytest.raises(GrantError, match="try again"):
        change(dynamodb, "bookshelf-dev-users", CTO.email, frozenset({"users:admin"}).union)
    assert stored(dynamodb)[0] == []


@pytest.mark.parametrize("email", ["CTO@Example.com", "Zo\u00eb@example.com", "Zoe\u0308@example.com", "STRASSE@x.de"])
def test_an_address_is_looked_up_as_the_service_does(email: str) -> None:
    assert email_key(email) == domain.email_key(email)
