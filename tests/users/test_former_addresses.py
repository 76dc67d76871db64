"""Guard items that an earlier version has stored: they count for the address of their user, and for no other one."""

from collections.abc import Iterator

import pytest

from common.dynamodb.table import Table
from common.dynamodb.writes import Check, ConditionsFailed, Delete, Put
from tests.support.tables import ENGINES, table_on
from tests.users.earlier_version import DOUBLE_S, FULLWIDTH, PLAIN, SHARP_S, added_before, guards
from tests.users.examples import user
from tests.users.repositories import NOW, change
from users.address_repository import moved
from users.commands.rekey import rekey
from users.domain import EmailTaken
from users.item_repository import email_item, still, user_item
from users.repository import DynamoUserRepository

# The former key of each is the present key of the one after it.
NEIGHBOURS = [
    (SHARP_S, DOUBLE_S),
    ("sam@fa\u1e9e.example", DOUBLE_S),
    ("sam@\u03c2.example", "sam@\u03c3.example"),
    ("sam@ss\u00df.example", "sam@ssss.example"),
]
neighbours = pytest.mark.parametrize(("sharp", "double"), NEIGHBOURS, ids=ascii)


@pytest.fixture(params=ENGINES)
def table(request: pytest.FixtureRequest) -> Iterator[Table]:
    with table_on(request.param, "users") as table:
        yield table


@pytest.fixture
def users(table: Table) -> DynamoUserRepository:
    return DynamoUserRepository(table)


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


@neighbours
@pytest.mark.parametrize("sharp_first", [True, False])
def test_neither_of_two_domains_takes_the_address_of_the_other(
    table: Table, users: DynamoUserRepository, sharp: str, double: str, *, sharp_first: bool
) -> None:
    first, second = (sharp, double) if sharp_first else (double, sharp)
    users.add(user(1, first))
    users.add(user(2, second))
    assert (users.id_of(first), users.id_of(second)) == (1, 2)
    users.add(user(3, "other@example.com"))
    for taken in (sharp, double):
        with pytest.raises(EmailTaken):
            users.add(user(4, taken))
        with pytest.raises(EmailTaken):
            change(users, 3, email=taken)
    users.erase(1, NOW)
    assert (users.id_of(first), users.id_of(second)) == (None, 2)
    assert change(users, 3, email=first)
    assert (users.id_of(first), users.id_of(second)) == (3, 2)
    assert change(users, 3, email="other@example.com")
    assert (guards(table, 2), guards(table, 3)) == (
        [email_item(second).pk.removeprefix("EMAIL#")],
        ["other@example.com"],
    )


@neighbours
@pytest.mark.parametrize("by_change", [True, False])
def test_guard_of_an_earlier_version_makes_way_for_the_other_domain(
    table: Table, users: DynamoUserRepository, sharp: str, double: str, *, by_change: bool
) -> None:
    added_before(table, 1, sharp)
    users.add(user(2, "other@example.com" if by_change else double))
    assert not by_change or change(users, 2, email=double)
    assert (users.id_of(sharp), users.id_of(double)) == (1, 2)
    assert (len(guards(table, 1)), len(guards(table, 2))) == (1, 1)
    users.erase(1, NOW)
    assert (users.id_of(sharp), users.id_of(double)) == (None, 2)


def test_two_users_whose_former_key_is_the_same_do_not_disturb_each_other(
    table: Table, users: DynamoUserRepository
) -> None:
    one, other = "sam@\u00df\u03c2.example", "sam@ss\u03c2.example"
    added_before(table, 1, one)
    users.add(user(2, other))
    assert (users.id_of(one), users.id_of(other)) == (1, 2)


def test_erased_user_and_one_without_an_item_reserve_nothing(table: Table, users: DynamoUserRepository) -> None:
    users.add(user(1, "other@example.com"))
    users.erase(1, NOW)
    for nobody in (1, 9):
        table.write(Put(item={**email_item(DOUBLE_S)._asdict(), "user_id": nobody}))
        assert users.id_of(SHARP_S) is None
        users.add(user(2 + nobody, SHARP_S))
        assert users.id_of(SHARP_S) == 2 + nobody
        users.erase(2 + nobody, NOW)


@pytest.mark.parametrize("by_command", [True, False], ids=["rekey-addresses", "registration of the other domain"])
def test_replaced_guard_fails_writes_that_began_before(
    table: Table, users: DynamoUserRepository, *, by_command: bool
) -> None:
    added_before(table, 1, SHARP_S)
    known = users.get(1)
    late = moved(table, known, user(1, PLAIN))
    if by_command:
        assert len(list(rekey(table._client, table._name))) == 1
    else:
        users.add(user(2, DOUBLE_S))
    with pytest.raises(ConditionsFailed):
        table.write(Check(key=user_item(1), condition=still(known.version)), *late)
    users.erase(1, NOW)
    assert (guards(table, 1), users.id_of(SHARP_S)) == ([], None)
