"""Guard items that an earlier version has stored: they still count, and `make rekey-addresses` replaces them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from common.dynamodb.table import Delete, Put, Table
from local_aws.session import Session, claimed
from tests.support.tables import ENGINES, control_plane, table_on
from tests.users.examples import user
from tests.users.test_repository_contract import NOW, change
from users.address_repository import email_item, former_email_item
from users.commands.rekey import main, rekey
from users.domain import EmailTaken
from users.repository import DynamoUserRepository

FULLWIDTH = "\uff53am@example.com"
SHARP_S = "sam@fa\u00df.example"
PLAIN = "sam@example.com"


@pytest.fixture(params=ENGINES)
def table(request: pytest.FixtureRequest) -> Iterator[Table]:
    with table_on(request.param, "users") as table:
        yield table


@pytest.fixture
def users(table: Table) -> DynamoUserRepository:
    return DynamoUserRepository(table)


def added_before(table: Table, user_id: int, email: str) -> None:
    """Store a user as an earlier version did."""
    DynamoUserRepository(table).add(user(user_id, f"{user_id}@example.com"))
    assert change(DynamoUserRepository(table), user_id, email=email)
    table.write(Delete(key=email_item(email)), Put(item={**former_email_item(email)._asdict(), "user_id": user_id}))


def guards(table: Table, user_id: int) -> list[str]:
    """Return the keys of the guard items of a user."""
    items = table._client.scan(TableName=table._name)["Items"]
    return sorted(
        item["pk"]["S"].removeprefix("EMAIL#")
        for item in items
        if item["sk"]["S"] == "EMAIL" and item["user_id"]["N"] == str(user_id)
    )


@pytest.mark.parametrize("email", [FULLWIDTH, SHARP_S])
def test_user_of_an_earlier_version_is_found_and_its_address_is_taken(
    table: Table, users: DynamoUserRepository, email: str
) -> None:
    added_before(table, 1, email)
    assert users.id_of(email) == 1
    with pytest.raises(EmailTaken):
        users.add(user(2, email))


def test_two_users_of_an_earlier_version_each_find_their_own(table: Table, users: DynamoUserRepository) -> None:
    users.add(user(2, PLAIN))
    table.write(Delete(key=email_item(PLAIN)))
    added_before(table, 1, FULLWIDTH)
    table.write(Put(item={**email_item(PLAIN)._asdict(), "user_id": 2}))
    assert (users.id_of(FULLWIDTH), users.id_of(PLAIN)) == (1, 2)
    users.erase(1, NOW)
    assert (guards(table, 1), guards(table, 2)) == ([], [PLAIN])


@pytest.mark.parametrize("email", [FULLWIDTH, SHARP_S])
def test_erasure_and_change_delete_the_guard_that_exists(table: Table, users: DynamoUserRepository, email: str) -> None:
    added_before(table, 1, email)
    assert change(users, 1, email="other@example.com")
    assert guards(table, 1) == ["other@example.com"]
    added_before(table, 2, email)
    users.erase(2, NOW)
    assert guards(table, 2) == []


def test_change_of_the_letters_replaces_the_guard(table: Table, users: DynamoUserRepository) -> None:
    added_before(table, 1, FULLWIDTH)
    assert change(users, 1, email=PLAIN)
    assert guards(table, 1) == [PLAIN]


def test_guards_are_replaced_once(table: Table, users: DynamoUserRepository) -> None:
    added_before(table, 1, FULLWIDTH)
    users.add(user(2, "other@example.com"))
    assert list(rekey(table._client, table._name)) == [f"user 1, {FULLWIDTH!a}: replaced"]
    assert (guards(table, 1), users.get(1).version) == ([PLAIN], 2)
    assert list(rekey(table._client, table._name)) == []
    with pytest.raises(EmailTaken):
        users.add(user(3, PLAIN))


def test_colliding_addresses_are_named_and_kept(table: Table, users: DynamoUserRepository) -> None:
    added_before(table, 1, FULLWIDTH)
    users.add(user(2, PLAIN))
    [line] = rekey(table._client, table._name)
    assert line == f"user 1, {FULLWIDTH!a}: collides with user 2; change one of the addresses"
    assert (users.id_of(FULLWIDTH), users.id_of(PLAIN)) == (1, 2)


def test_command_without_a_running_embedded_aws_is_an_error_of_one_line(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"^rekey-addresses: .*start it in another terminal first"):
        main(["--work", str(tmp_path)])


def test_missing_table_is_an_error_of_one_line(tmp_path: Path) -> None:
    with claimed(tmp_path):
        Session(url="", admin_url="", control_plane=control_plane().environment).write(tmp_path)
        with pytest.raises(SystemExit, match=r"^rekey-addresses: .*ResourceNotFound"):
            main(["--work", str(tmp_path)])
