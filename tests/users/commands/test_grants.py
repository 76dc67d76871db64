"""`make grant` and `make revoke`: on the embedded AWS by default, and in the caller's own account with ENV=."""

import json
import os
import shlex
import subprocess
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import boto3
import pytest

from common.dynamodb.table import Table
from local_aws.session import Session, claimed
from monorepo.product import product
from monorepo.services import services
from tests.support.tables import control_plane, key_schema
from users.commands.grants import main, parsed
from users.commands.scopes import ATTEMPTS, GrantError, change
from users.domain import User
from users.repository import DynamoUserRepository

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ROOT = Path(__file__).parents[3]
SCOPES = sorted(scope for service in services() for scope in service.scopes)
TABLE = f"{product().name}-dev-users"
CTO = User(
    id=1,
    email="CTO@example.com",
    username="chief-tech",
    is_active=True,
    created_at=datetime(2026, 1, 1, tzinfo=UTC),
)
ADMIN = ("--scope", "users:admin", "--email", CTO.email)


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


def stored(dynamodb: "DynamoDBClient", table: str = TABLE) -> tuple[list[str], int]:
    """Return the stored scopes and version of the CTO."""
    item = dynamodb.get_item(TableName=table, Key={"pk": {"S": "USER#1"}, "sk": {"S": "USER"}})["Item"]
    return [value["S"] for value in item["scopes"]["L"]], int(item["version"]["N"])


@pytest.mark.usefixtures("users")
def test_grant_and_revoke_print_what_is_stored(
    dynamodb: "DynamoDBClient", work: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for command, scopes, version in (
        ("grant", ["users:admin"], 2),
        ("grant", ["users:admin"], 2),
        ("revoke", [], 3),
    ):
        main([command, "--scope", "users:admin", "--email", "cto@EXAMPLE.com", "--work", work])
        expected = ", ".join(scopes) or "none"
        assert capsys.readouterr().out.startswith(f"{TABLE}: user 1, CTO@example.com, scopes: {expected}. ")
        assert stored(dynamodb) == (scopes, version)


@pytest.mark.usefixtures("users")
def test_other_scopes_are_kept(dynamodb: "DynamoDBClient", work: str) -> None:
    change(dynamodb, TABLE, CTO.email, lambda _: frozenset({"a:admin", "z:admin"}))
    main(["grant", *ADMIN, "--work", work])
    assert stored(dynamodb)[0] == ["a:admin", "users:admin", "z:admin"]
    main(["revoke", *ADMIN, "--work", work])
    assert stored(dynamodb)[0] == ["a:admin", "z:admin"]


@pytest.mark.usefixtures("users")
def test_scope_of_a_removed_service_is_revoked(dynamodb: "DynamoDBClient", work: str) -> None:
    change(dynamodb, TABLE, CTO.email, lambda _: frozenset({"removed2:admin", "users:admin"}))
    main(["revoke", "--scope", "removed2:admin", "--email", CTO.email, "--work", work])
    assert stored(dynamodb)[0] == ["users:admin"]


@pytest.mark.usefixtures("users")
@pytest.mark.parametrize(
    ("held", "shown"), [(frozenset[str](), "none"), (frozenset({"z:admin", "a:admin"}), "a:admin, z:admin")]
)
def test_revoking_a_scope_that_the_user_does_not_have_is_an_error(
    dynamodb: "DynamoDBClient", work: str, held: frozenset[str], shown: str
) -> None:
    change(dynamodb, TABLE, CTO.email, lambda _: held)
    before = stored(dynamodb)
    message = f"^revoke: the user does not have the scope users:admin; the user has: {shown}$"
    with pytest.raises(SystemExit, match=message):
        main(["revoke", *ADMIN, "--work", work])
    assert stored(dynamodb) == before


def test_repository_reads_granted_user(users: DynamoUserRepository, dynamodb: "DynamoDBClient") -> None:
    change(dynamodb, TABLE, CTO.email, frozenset({"users:admin"}).union)
    found = users.get(1)
    assert (found.email, found.username, found.version) == (CTO.email, CTO.username, 2)


@pytest.mark.parametrize(
    ("users", "arguments"),
    [
        (f"{product().name}-prod-users", ("--env", "prod", "--name", "")),
        ("acme-prod-users", ("--env", "prod", "--name", "acme")),
    ],
    indirect=["users"],
)
@pytest.mark.usefixtures("users", "own_account")
def test_environment_and_name_choose_the_table(
    dynamodb: "DynamoDBClient", arguments: tuple[str, ...], request: pytest.FixtureRequest
) -> None:
    main(["grant", *ADMIN, *arguments])
    assert stored(dynamodb, request.node.callspec.params["users"]) == (["users:admin"], 2)


@pytest.mark.parametrize("users", ["shop-test-users"], indirect=True)
@pytest.mark.usefixtures("users")
def test_name_and_environment_of_the_embedded_aws_choose_the_table(dynamodb: "DynamoDBClient", tmp_path: Path) -> None:
    with claimed(tmp_path):
        named = {"name": "shop", "environment": "test"}
        Session(url="", admin_url="", control_plane=control_plane().environment, variables=named).write(tmp_path)
        main(["grant", *ADMIN, "--env", "", "--work", str(tmp_path)])
    assert stored(dynamodb, "shop-test-users") == (["users:admin"], 2)


@pytest.mark.usefixtures("users")
def test_unknown_email_is_rejected(dynamodb: "DynamoDBClient", work: str) -> None:
    arguments = ("grant", "--scope", "users:admin", "--work", work)
    rejection = f"^grant: no user in the table {TABLE} has the e-mail address unknown@example.com$"
    with pytest.raises(SystemExit, match=rejection):
        main([*arguments, "--email", "unknown@example.com"])
    # The item of an erased user, as the command sees it if the erasure happens between its two reads.
    dynamodb.update_item(
        TableName=TABLE, Key={"pk": {"S": "USER#1"}, "sk": {"S": "USER"}}, UpdateExpression="REMOVE email"
    )
    with pytest.raises(SystemExit, match=r"^grant: no user in the table"):
        main([*arguments, "--email", CTO.email])
    assert stored(dynamodb) == ([], 1)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (
            ("grant", "--scope", "users:owner", "--email", "a@b.c"),
            f"SCOPE=users:owner is not defined by a service. Use one of: {', '.join(SCOPES)}",
        ),
        (("grant", "--scope", "", "--email", "a@b.c"), "SCOPE= is not valid: give SERVICE:SCOPE, such as"),
        (("revoke", "--scope", "", "--email", "a@b.c"), "SCOPE= is not valid: give SERVICE:SCOPE, such as"),
        (("revoke", "--scope", "admin", "--email", "a@b.c"), "SCOPE=admin is not valid: give SERVICE:SCOPE"),
        (("revoke", "--scope", "Users:admin", "--email", "a@b.c"), "SCOPE=Users:admin is not valid"),
        (("grant", "--scope", "users:admin", "--email", ""), "EMAIL= is not an e-mail address"),
        (("grant", *ADMIN, "--env", "Prod!"), "ENV=Prod! is not valid: give 2 to 8"),
        (("grant", *ADMIN, "--env", "prod", "--name", "Acme"), "NAME=Acme is not valid: give 2 to 12"),
        (("grant", *ADMIN, "--name", "acme"), "NAME=acme needs ENV="),
        (("grant", "--scope", "users:admin"), "--email"),
        (("give", *ADMIN), "invalid choice"),
    ],
)
def test_invalid_arguments_are_rejected(
    arguments: tuple[str, ...], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(arguments)
    output = capsys.readouterr()
    assert (exit_.value.code, output.out) == (2, "")
    assert reason in output.err.splitlines()[-1]


@pytest.mark.parametrize("command", ["grant", "revoke"])
def test_make_passes_every_argument(command: str) -> None:
    arguments = ["SCOPE=users:admin", "EMAIL=a@b.c", "ENV=prod", "NAME=acme"]
    # Without these variables, make behaves as in a shell even if make runs the tests.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    finished = subprocess.run(
        ["make", "-n", command, *arguments],  # noqa: S607 - the one on PATH
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    words = shlex.split(finished.stdout.splitlines()[-1])
    read = vars(parsed(words[words.index("users.commands.grants") + 1 :]))
    assert (
        read.items()
        >= {
            "command": command,
            "scope": "users:admin",
            "email": "a@b.c",
            "env": "prod",
            "name": "acme",
        }.items()
    )


def test_error_without_a_running_embedded_aws_says_how_to_start_one(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="start it in another terminal first"):
        main(["grant", *ADMIN, "--work", str(tmp_path)])


def test_missing_table_is_named(work: str) -> None:
    with pytest.raises(SystemExit, match=f"^grant: there is no table {TABLE}; check ENV= and NAME=$"):
        main(["grant", *ADMIN, "--work", work])


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
def test_unreachable_account_is_an_error_of_one_line(
    variables: dict[str, str | None], reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        if value is None:
            monkeypatch.delenv(name)
        else:
            monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit) as exit_:
        main(["grant", *ADMIN, "--env", "prod"])
    assert reason in str(exit_.value.code)
    assert len(str(exit_.value.code).splitlines()) == 1


class ConcurrentChanges:
    """Changes the user before each write arrives, for the first `times` writes."""

    def __init__(self, client: "DynamoDBClient", times: int) -> None:
        self._client = client
        self._left = times
        client.meta.events.register("before-call.dynamodb.UpdateItem", self._change)

    def _change(self, params: dict[str, Any], **_: object) -> None:
        if self._left and ":next" in json.loads(params["body"])["ExpressionAttributeValues"]:
            self._left -= 1
            self._client.update_item(
                TableName=TABLE,
                Key={"pk": {"S": "USER#1"}, "sk": {"S": "USER"}},
                UpdateExpression="SET username = :name, version = version + :one",
                ExpressionAttributeValues={":name": {"S": "renamed"}, ":one": {"N": "1"}},
            )


def test_concurrent_change_is_kept(users: DynamoUserRepository, dynamodb: "DynamoDBClient") -> None:
    ConcurrentChanges(dynamodb, ATTEMPTS - 1)
    assert change(dynamodb, TABLE, CTO.email, frozenset({"users:admin"}).union) == (1, CTO.email, ["users:admin"])
    assert stored(dynamodb) == (["users:admin"], 1 + ATTEMPTS)
    assert users.get(1).username == "renamed"


@pytest.mark.usefixtures("users")
def test_too_many_concurrent_changes_are_an_error(dynamodb: "DynamoDBClient") -> None:
    ConcurrentChanges(dynamodb, ATTEMPTS)
    with pytest.raises(GrantError, match="try again"):
        change(dynamodb, TABLE, CTO.email, frozenset({"users:admin"}).union)
    assert stored(dynamodb)[0] == []
