"""Erasures of users, by the fake and by the adapter."""

from functools import partial

import pytest

from common.dynamodb.idempotency import record_key
from common.dynamodb.table import Table
from common.idempotency import IdempotencyKeyReused, Replayed
from tests.support.eventually import eventually
from tests.support.racing import race
from tests.support.records import record
from tests.support.tables import ENGINES, table_on
from tests.users.examples import user
from tests.users.repositories import NOW, Repositories, change, ids, of_the_list
from users.domain import (
    User,
    UserBusy,
    UserIdTaken,
    UserNotFound,
    UserRepository,
    account_key,
)
from users.failed_logins import Failures
from users.item_repository import user_item
from users.repository import DynamoUserRepository


@pytest.fixture
def users(repositories: Repositories) -> UserRepository:
    return repositories.users


def test_key_of_a_registration_is_refused_after_the_erasure_of_its_user(users: UserRepository) -> None:
    """Otherwise an attempt that arrives late, or is sent again, would register the erased person again."""
    first = record("first")
    users.add(user(1), record=first)
    users.erase(1, NOW)
    for number, again in ((1, first), (2, first), (2, first._replace(fingerprint="another body"))):
        with pytest.raises(IdempotencyKeyReused, match="erased"):
            users.add(user(number), record=again)
    assert users.id_of("ada@example.com") is None
    users.add(user(2), record=first._replace(made_at=first.expires_at))


def test_erased_user_leaves_the_record_of_another_one_whose_registration_used_the_key_later(
    users: UserRepository,
) -> None:
    first = record("first")
    users.add(user(1), record=first)
    later = first._replace(made_at=first.expires_at)
    users.add(user(2, "second@example.com"), record=later)
    users.erase(1, NOW)
    with pytest.raises(Replayed):
        users.add(user(2, "second@example.com"), record=later)


def test_change_keeps_the_subject_and_erasure_frees_it(users: UserRepository) -> None:
    known = user(1, subject="anna")
    users.add(known)
    assert users.replace(known, known.changed(username="countess"))
    assert users.get(1).subject == "anna"
    users.erase(1, NOW)
    assert users.id_of_subject("anna") is None
    users.add(user(2, subject="anna"))
    assert users.id_of_subject("anna") == 2


@of_the_list
def test_erasure_removes_everything_but_the_id(repositories: Repositories) -> None:
    repositories.users.add(user(1, scopes=frozenset({"elsewhere:admin"})), "hash")
    for key in (account_key(1), "ada@example.com"):
        repositories.failures.replace(key, None, Failures({"network0": 1}))
    eventually(partial(ids, repositories.users), [1])
    repositories.users.erase(1, NOW)
    with pytest.raises(UserNotFound):
        repositories.users.get(1)
    assert repositories.users.id_of("ada@example.com") is None
    assert repositories.passwords.get(1) is None
    assert [repositories.failures.get(key) for key in (account_key(1), "ada@example.com")] == [None, None]
    eventually(lambda: len(ids(repositories.users)), 0)
    with pytest.raises(UserIdTaken):
        repositories.users.add(user(1, "other@example.com"))
    repositories.users.add(user(2))


def test_erasing_again_changes_nothing(users: UserRepository) -> None:
    users.add(user(1))
    users.erase(1, NOW)
    users.add(user(2))
    users.erase(1, NOW)
    assert users.get(2) == user(2)
    assert users.id_of("ada@example.com") == 2


def test_unknown_user_cannot_be_erased(users: UserRepository) -> None:
    with pytest.raises(UserNotFound):
        users.erase(1, NOW)


def test_erased_user_is_not_changed(users: UserRepository) -> None:
    users.add(user(1))
    known = users.get(1)
    users.erase(1, NOW)
    assert not users.replace(known, known.changed(email="b@example.com"))
    assert users.id_of("b@example.com") is None


def test_concurrent_change_and_erasure_leave_no_email(users: UserRepository) -> None:
    for round_ in range(1, 6):
        users.add(user(round_))
        known = users.get(round_)
        moved = known.changed(email="moved@example.com")
        change_, erased = race(partial(users.replace, known, moved), partial(users.erase, round_, NOW))
        assert (change_ in (True, False), erased) == (True, None)
        assert (users.id_of("ada@example.com"), users.id_of("moved@example.com")) == (None, None)


@pytest.mark.parametrize("engine", ENGINES)
def test_item_of_erased_user_has_no_personal_data(engine: str) -> None:
    with table_on(engine, "users") as table:
        users = DynamoUserRepository(table)
        users.add(user(1, username="Lovelace", scopes=frozenset({"elsewhere:admin"})), "hash", record("first"))
        users.erase(1, NOW)
        assert table.get(user_item(1)) == {
            "pk": "USER#1",
            "sk": "USER",
            "id": 1,
            "is_active": False,
            "created_at": "2026-01-02T03:04:05.678000+00:00",
            "version": 2,
            "erased_at": "2026-11-21T12:00:00+00:00",
        }
        left = table._client.scan(TableName=table._name)["Items"]
        assert sorted(item["pk"]["S"] for item in left) == ["ONCE#first", "USER#1"]
        emptied = table.get(record_key("first"))
        assert emptied is not None
        assert {name: emptied[name] for name in ("fingerprint", "body", "location", "etag", "status")} == {
            "fingerprint": "",
            "body": "",
            "location": "",
            "etag": None,
            "status": 0,
        }


class Busy(Table):
    """A table whose user is changed concurrently after each read."""

    def get(self, key: object) -> dict[str, object] | None:
        item = super().get(key)  # type: ignore[arg-type]
        known = DynamoUserRepository(Table(self._client, self._name))
        change(known, 1, username=f"{known.get(1).username}x")
        return item


@pytest.mark.parametrize("engine", ENGINES)
def test_five_concurrent_changes_end_erasure_in_busy(engine: str) -> None:
    with table_on(engine, "users") as table:
        DynamoUserRepository(table).add(user(1))
        with pytest.raises(UserBusy):
            DynamoUserRepository(Busy(table._client, table._name)).erase(1, NOW)
        changed: User = DynamoUserRepository(table).get(1)
        assert (changed.email, changed.version) == ("ada@example.com", 6)
