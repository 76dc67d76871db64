"""The table that `make grant` and `make revoke` change."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from local_aws.session import Session, claimed
from monorepo.product import product
from tests.support.tables import control_plane
from tests.users.commands.granted import ADMIN, TABLE, stored
from users.commands.grants import main

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


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
