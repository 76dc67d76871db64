"""`make rekey-addresses` replaces guard items that an earlier version has stored."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from common.dynamodb.table import Table
from local_aws.session import Session, claimed
from tests.support.tables import ENGINES, control_plane, table_on
from tests.users.earlier_version import DOUBLE_S, FULLWIDTH, PLAIN, SHARP_S, added_before, guards
from tests.users.examples import user
from users.commands.rekey import main, rekey
from users.domain import EmailTaken
from users.repository import DynamoUserRepository


@pytest.fixture(params=ENGINES)
def table(request: pytest.FixtureRequest) -> Iterator[Table]:
    with table_on(request.param, "users") as table:
        yield table


@pytest.fixture
def users(table: Table) -> DynamoUserRepository:
    return DynamoUserRepository(table)


def test_guards_are_replaced_once(table: Table, users: DynamoUserRepository) -> None:
    added_before(table, 1, FULLWIDTH)
    users.add(user(2, "other@example.com"))
    assert list(rekey(table._client, table._name)) == [f"user 1, {FULLWIDTH!a}: replaced"]
    assert (guards(table, 1), users.get(1).version) == ([PLAIN], 3)
    assert list(rekey(table._client, table._name)) == []
    with pytest.raises(EmailTaken):
        users.add(user(3, PLAIN))


def test_colliding_addresses_are_named_and_kept(table: Table, users: DynamoUserRepository) -> None:
    added_before(table, 1, FULLWIDTH)
    users.add(user(2, PLAIN))
    [line] = rekey(table._client, table._name)
    assert line == f"user 1, {FULLWIDTH!a}: collides with user 2; change one of the addresses"
    assert (users.id_of(FULLWIDTH), users.id_of(PLAIN)) == (1, 2)


def test_address_whose_key_an_earlier_version_gave_to_another_domain_is_replaced(table: Table) -> None:
    added_before(table, 1, SHARP_S)
    added_before(table, 2, f"\uff53{DOUBLE_S[1:]}")
    lines = list(rekey(table._client, table._name))
    assert all(line.endswith(": replaced") for line in lines)
    assert (guards(table, 1), guards(table, 2)) == ([SHARP_S], [DOUBLE_S])


def test_command_without_a_running_embedded_aws_is_an_error_of_one_line(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"^rekey-addresses: .*start it in another terminal first"):
        main(["--work", str(tmp_path)])


def test_missing_table_is_an_error_of_one_line(tmp_path: Path) -> None:
    with claimed(tmp_path):
        Session(url="", admin_url="", control_plane=control_plane().environment).write(tmp_path)
        with pytest.raises(SystemExit, match=r"^rekey-addresses: .*ResourceNotFound"):
            main(["--work", str(tmp_path)])
