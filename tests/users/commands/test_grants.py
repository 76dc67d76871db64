"""`make grant` and `make revoke`: on the embedded AWS by default, and in the caller's own account with ENV=."""

import io
import os
import shlex
import subprocess
from collections.abc import Iterator
from contextlib import closing, nullcontext
from dataclasses import replace
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
from tests.users.earlier_version import DOUBLE_S, SHARP_S, added_before
from users.commands.grants import main, parsed, shown
from users.commands.scopes import ATTEMPTS, GrantError, administrators, change, find
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
    before = "none"
    for command, scopes, version in (
        ("grant", ["users:admin"], 2),
        ("grant", ["users:admin"], 2),
        ("revoke", [], 3),
    ):
        main([command, *ADMIN, "--work", work])
        shown, changed, *warnings = capsys.readouterr().out.splitlines()
        expected = ", ".join(scopes) or "none"
        user = "user 1, CTO@example.com, 'chief-tech', registered 2026-01-01"
        assert shown == f"{TABLE}: {user}, scopes: {before}."
        assert changed.startswith(f"Scopes now: {expected}. ")
        assert stored(dynamodb) == (scopes, version)
        assert (administrators(dynamodb, TABLE), bool(warnings)) == (([1], False) if scopes else ([], True))
        before = expected


@pytest.mark.usefixtures("users")
def test_revoking_the_last_administrator_says_so(
    dynamodb: "DynamoDBClient", work: str, capsys: pytest.CaptureFixture[str]
) -> None:
    change(dynamodb, TABLE, 1, frozenset({"users:admin"}).union)
    main(["revoke", *ADMIN, "--work", work])
    assert (
        capsys.readouterr().out.splitlines()[-1].startswith("No administrator of users is registered now: make grant")
    )


def test_scope_that_an_administrator_of_an_earlier_version_has_is_registered(
    users: DynamoUserRepository, dynamodb: "DynamoDBClient", work: str
) -> None:
    users.add(replace(CTO, id=2, email="two@example.com", scopes=frozenset({"users:admin"})))
    assert administrators(dynamodb, TABLE) == []
    main(["grant", "--scope", "users:admin", "--user", "2", "--work", work])
    assert (administrators(dynamodb, TABLE), users.get(2).version) == ([2], 1)


@pytest.mark.usefixtures("users")
def test_user_is_found_by_id(dynamodb: "DynamoDBClient", work: str) -> None:
    main(["grant", "--scope", "users:admin", "--user", "1", "--work", work])
    assert stored(dynamodb) == (["users:admin"], 2)
    with pytest.raises(SystemExit, match=f"^grant: no user in the table {TABLE} has the id 2$"):
        main(["grant", "--scope", "users:admin", "--user", "2", "--work", work])


LOOK_ALIKE = "CTO@\uff45xample.com"
OTHERS = ("cto@example.com", LOOK_ALIKE)


@pytest.mark.usefixtures("users")
@pytest.mark.parametrize("typed", OTHERS, ids=ascii)
def test_other_address_than_the_stored_one_is_refused_without_a_terminal(
    dynamodb: "DynamoDBClient", work: str, typed: str
) -> None:
    arguments = ["grant", "--scope", "users:admin", "--email", typed, "--work", work]
    with pytest.raises(SystemExit) as exit_:
        main(arguments)
    reason = f"grant: the stored address is CTO@example.com, not {typed}: give the stored address, USER=1, or YES=1"
    assert exit_.value.code == reason
    assert stored(dynamodb) == ([], 1)
    main([*arguments, "--yes"])
    assert stored(dynamodb) == (["users:admin"], 2)


class Terminal(io.StringIO):
    """A terminal on which somebody has typed."""

    def isatty(self) -> bool:
        return True


@pytest.mark.usefixtures("users")
@pytest.mark.parametrize(("answer", "scopes"), [("y\n", ["users:admin"]), ("n\n", []), ("\n", []), ("", [])])
def test_other_address_than_the_stored_one_is_asked_about(
    dynamodb: "DynamoDBClient",
    work: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    answer: str,
    scopes: list[str],
) -> None:
    monkeypatch.setattr("sys.stdin", Terminal(answer))
    with nullcontext() if scopes else pytest.raises(SystemExit, match=r"^grant: nothing was changed$"):
        main(["grant", "--scope", "users:admin", "--email", LOOK_ALIKE, "--work", work])
    assert f"the stored address is CTO@example.com, not {LOOK_ALIKE}. Continue? [y/N]" in capsys.readouterr().out
    assert stored(dynamodb)[0] == scopes


def test_letters_of_other_scripts_are_shown_escaped() -> None:
    user = replace(CTO, email="\u0441to@example.com", is_active=False)
    assert shown(user) == (
        "user 1, \u0441to@example.com (\\u0441to@example.com), 'chief-tech', registered 2026-01-01, deactivated"
    )


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
        TableName=TABLE,
        Key={"pk": {"S": "USER#1"}, "sk": {"S": "USER"}},
        UpdateExpression="SET erased_at = :at REMOVE email",
        ExpressionAttributeValues={":at": {"S": "2026-01-01"}},
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
        (("grant", "--scope", "users:admin", "--email", "ada"), "EMAIL=ada is not an e-mail address"),
        (("grant", "--scope", "users:admin", "--email", "", "--user", ""), "by either USER=<id> or EMAIL=<address>"),
        (("grant", *ADMIN, "--user", "1"), "by either USER=<id> or EMAIL=<address>"),
        (("grant", "--scope", "users:admin", "--user", "root"), "USER=root is not valid"),
        (("grant", "--scope", "users:admin", "--user", "0"), "USER=0 is not valid"),
        (("grant", *ADMIN, "--env", "Prod!"), "ENV=Prod! is not valid: give 2 to 8"),
        (("grant", *ADMIN, "--env", "prod", "--name", "Acme"), "NAME=Acme is not valid: give 2 to 12"),
        (("grant", *ADMIN, "--name", "acme"), "NAME=acme needs ENV="),
        (("grant", "--scope", "users:admin"), "by either USER=<id> or EMAIL=<address>"),
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


# An address that a shell would execute, and that make would expand.
EXECUTABLE = "`id`$USER'x@b.c"


@pytest.mark.parametrize("command", ["grant", "revoke"])
@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (("EMAIL=a@b.c", "YES=1"), {"email": "a@b.c", "user": None, "yes": True}),
        ((f"EMAIL={EXECUTABLE}",), {"email": EXECUTABLE, "user": None, "yes": False}),
        (("USER=5",), {"email": "", "user": 5, "yes": False}),
    ],
)
def test_make_passes_every_argument(command: str, given: tuple[str, ...], expected: dict[str, object]) -> None:
    # Without these variables, make behaves as in a shell even if make runs the tests.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    finished = subprocess.run(
        ["make", "-n", command, "SCOPE=users:admin", *given, "ENV=prod", "NAME=acme"],  # noqa: S607 - the one on PATH
        cwd=ROOT,
        env=environment | {"USER": "root"},  # a login name, which is nobody's id
        capture_output=True,
        text=True,
        check=True,
    )
    words = shlex.split(finished.stdout.splitlines()[-1])
    read = vars(parsed(words[words.index("users.commands.grants") + 1 :]))
    others: dict[str, object] = {"command": command, "scope": "users:admin", "env": "prod", "name": "acme"}
    assert read.items() >= (others | expected).items()


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
        client.meta.events.register("before-call.dynamodb.TransactWriteItems", self._change)

    def _change(self, **_: object) -> None:
        if self._left:
            self._left -= 1
            self._client.update_item(
                TableName=TABLE,
                Key={"pk": {"S": "USER#1"}, "sk": {"S": "USER"}},
                UpdateExpression="SET username = :name, version = version + :one",
                ExpressionAttributeValues={":name": {"S": "renamed"}, ":one": {"N": "1"}},
            )


def test_concurrent_change_is_kept(users: DynamoUserRepository, dynamodb: "DynamoDBClient") -> None:
    ConcurrentChanges(dynamodb, ATTEMPTS - 1)
    granted = change(dynamodb, TABLE, CTO.email, frozenset({"users:admin"}).union)
    assert (granted.username, granted.scopes) == ("renamed", frozenset({"users:admin"}))
    assert stored(dynamodb) == (["users:admin"], 1 + ATTEMPTS)
    assert users.get(1).username == "renamed"


@pytest.mark.usefixtures("users")
def test_too_many_concurrent_changes_are_an_error(dynamodb: "DynamoDBClient") -> None:
    ConcurrentChanges(dynamodb, ATTEMPTS)
    with pytest.raises(GrantError, match="try again"):
        change(dynamodb, TABLE, CTO.email, frozenset({"users:admin"}).union)
    assert stored(dynamodb)[0] == []


def test_address_that_an_earlier_version_reserved_for_another_address_is_not_found(
    users: DynamoUserRepository, dynamodb: "DynamoDBClient"
) -> None:
    added_before(users._table, 2, SHARP_S)
    assert find(dynamodb, TABLE, SHARP_S).id == 2
    with pytest.raises(GrantError, match="no user in the table"):
        find(dynamodb, TABLE, DOUBLE_S)
