from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Final

import pytest

from common.dynamodb.idempotency import record_key
from common.dynamodb.table import Table
from common.dynamodb.writes import Update
from common.idempotency import IdempotencyKeyReused, Replayed
from tests.support.eventually import eventually
from tests.support.racing import race
from tests.support.records import assert_added_once, record
from tests.support.tables import ENGINES, SHARDED, table_on
from tests.users.examples import user
from tests.users.repositories import IMPLEMENTATIONS, Repositories, repositories_on
from users.commands.scopes import change as grant
from users.domain import (
    EmailTaken,
    SubjectTaken,
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

LARGEST: Final = 2**53 - 1
NOW: Final = datetime(2026, 11, 21, 12, tzinfo=UTC)


# Tests of the list also run with its items under eight keys.
of_the_list = pytest.mark.parametrize("repositories", [*IMPLEMENTATIONS, *SHARDED], indirect=True)


@pytest.fixture(params=IMPLEMENTATIONS)
def repositories(request: pytest.FixtureRequest) -> Iterator[Repositories]:
    with repositories_on(request.param) as repositories:
        yield repositories


@pytest.fixture
def users(repositories: Repositories) -> UserRepository:
    return repositories.users


def ids(users: UserRepository, limit: int = 100, after: str | None = None) -> list[int]:
    return [user.id for user in users.page(limit=limit, after=after).items]


def test_added_user_is_read_unchanged(users: UserRepository) -> None:
    added = user(LARGEST, "Zoë@example.com", username="Zoë 📚", is_active=False, scopes=frozenset({"a", "b"}))
    users.add(added)
    assert users.get(added.id) == added


def test_unknown_user_is_not_found(users: UserRepository) -> None:
    with pytest.raises(UserNotFound):
        users.get(1)


def test_user_of_a_request_with_a_key_is_added_once(users: UserRepository) -> None:
    assert_added_once(
        lambda number, record: users.add(user(number, f"{number}@example.com", subject=f"{number}"), "hash", record)
    )


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


@pytest.mark.parametrize("second", ["ada@example.com", "ADA@Example.com", "aDa@example.COM"])
def test_email_is_unique_in_any_case(users: UserRepository, second: str) -> None:
    users.add(user(1))
    with pytest.raises(EmailTaken):
        users.add(user(2, second))


def test_user_is_found_by_its_subject(users: UserRepository) -> None:
    added = user(1, subject="auth0|Änna #1" + "x" * 240)
    users.add(added)
    users.add(user(2, "bob@example.com"))
    assert users.get(1) == added
    assert users.id_of_subject(str(added.subject)) == 1
    assert users.id_of_subject("auth0|anna #1") is None


def test_subject_has_one_user(users: UserRepository) -> None:
    users.add(user(1, subject="anna"))
    with pytest.raises(SubjectTaken):
        users.add(user(2, "other@example.com", subject="anna"))
    with pytest.raises(SubjectTaken):
        users.add(user(2, subject="anna"))
    assert ids(users) == [1]
    users.add(user(2, "other@example.com", subject="Anna"))


def test_change_keeps_the_subject_and_erasure_frees_it(users: UserRepository) -> None:
    known = user(1, subject="anna")
    users.add(known)
    assert users.replace(known, known.changed(username="countess"))
    assert users.get(1).subject == "anna"
    users.erase(1, NOW)
    assert users.id_of_subject("anna") is None
    users.add(user(2, subject="anna"))
    assert users.id_of_subject("anna") == 2


def test_composed_and_decomposed_letters_are_one_email(users: UserRepository) -> None:
    users.add(user(1, "zo\u00eb@example.com"))
    with pytest.raises(EmailTaken):
        users.add(user(2, "zoe\u0308@example.com"))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("\u017fam@example.com", "sam@example.com"),
        ("\uff53am@example.com", "sam@example.com"),
        ("\u0390@example.com", "\u03aa\u0301@example.com"),
        ("\ufb01@example.com", "FI@example.com"),
        ("sam@xn--bcher-kva.example", "sam@b\u00fccher.example"),
    ],
)
def test_look_alikes_are_one_email(users: UserRepository, first: str, second: str) -> None:
    users.add(user(1, first))
    with pytest.raises(EmailTaken):
        users.add(user(2, second))
    users.add(user(3, "other@example.com"))
    with pytest.raises(EmailTaken):
        change(users, 3, email=second)
    assert (users.id_of(first), users.id_of(second)) == (1, 1)
    assert change(users, 1, email=second)
    assert (users.id_of(first), users.get(1).email) == (1, second)
    users.erase(1, NOW)
    assert users.id_of(first) is None
    users.add(user(2, second))


def test_rejected_user_is_not_stored(repositories: Repositories) -> None:
    repositories.users.add(user(1))
    with pytest.raises(EmailTaken):
        repositories.users.add(user(2), "hash")
    with pytest.raises(UserNotFound):
        repositories.users.get(2)
    assert repositories.passwords.get(2) is None


def test_taken_id_is_rejected_and_the_email_stays_free(users: UserRepository) -> None:
    users.add(user(1, "first@example.com"))
    with pytest.raises(UserIdTaken):
        users.add(user(1, "second@example.com"))
    assert users.get(1).email == "first@example.com"
    users.add(user(2, "second@example.com"))


def test_one_of_concurrent_users_with_one_email_is_stored(users: UserRepository) -> None:
    results = race(*(partial(users.add, user(number)) for number in range(1, 9)))
    assert results.count(None) == 1
    assert sum(isinstance(result, EmailTaken) for result in results) == 7


def test_id_is_found_by_email_in_any_case(users: UserRepository) -> None:
    users.add(user(7))
    assert users.id_of("ADA@example.com") == 7
    assert users.id_of("ad@example.com") is None


def test_password_is_stored_with_the_user(repositories: Repositories) -> None:
    repositories.users.add(user(1), "hash")
    repositories.users.add(user(2, "b@example.com"))
    assert repositories.passwords.get(1) == "hash"
    assert repositories.passwords.get(2) is None


@of_the_list
def test_pages_list_every_user_once_newest_first(users: UserRepository) -> None:
    numbers = [1, 9, 10, 100, LARGEST]
    for number in numbers:
        users.add(user(number, f"{number}@example.com"))
    eventually(partial(ids, users), numbers[::-1])
    first = users.page(limit=2, after=None)
    assert [found.id for found in first.items] == [LARGEST, 100]
    second = users.page(limit=2, after=first.next)
    assert [found.id for found in second.items] == [10, 9]
    third = users.page(limit=2, after=second.next)
    assert ([found.id for found in third.items], third.next) == ([1], None)
    assert users.page(limit=5, after=None).next is None


@of_the_list
def test_list_without_users_is_empty(users: UserRepository) -> None:
    assert users.page(limit=1, after=None) == ([], None)


@of_the_list
def test_next_page_is_complete_after_users_were_added_and_erased(users: UserRepository) -> None:
    for number in range(1, 7):
        users.add(user(number, f"{number}@example.com"))
    eventually(partial(ids, users), [6, 5, 4, 3, 2, 1])
    first = users.page(limit=2, after=None)
    users.erase(5, NOW)  # the user after whom the next page begins
    users.add(user(7, "7@example.com"))
    eventually(partial(ids, users), [7, 6, 4, 3, 2, 1])
    assert ids(users, after=first.next) == [4, 3, 2, 1]


@of_the_list
def test_listed_user_has_all_fields(users: UserRepository) -> None:
    added = user(3, scopes=frozenset({"users:admin"}), is_active=False)
    users.add(added)
    eventually(lambda: users.page(limit=1, after=None).items, [added])


def change(users: UserRepository, user_id: int, **changes: str | bool) -> bool:
    known = users.get(user_id)
    return users.replace(known, known.changed(**changes))  # type: ignore[arg-type]


@of_the_list
def test_changed_user_is_read_and_listed(users: UserRepository) -> None:
    users.add(user(1, scopes=frozenset({"elsewhere:admin"})), "hash")
    assert change(users, 1, username="countess", is_active=False)
    expected = user(1, username="countess", is_active=False, version=2, scopes=frozenset({"elsewhere:admin"}))
    assert users.get(1) == expected
    eventually(lambda: users.page(limit=1, after=None).items, [expected])


def test_second_change_of_one_version_is_not_stored(users: UserRepository) -> None:
    users.add(user(1))
    known = users.get(1)
    assert users.replace(known, known.changed(username="first"))
    assert not users.replace(known, known.changed(username="second"))
    assert users.get(1).username == "first"


def test_unknown_user_is_not_changed(users: UserRepository) -> None:
    assert not users.replace(user(1), user(1).changed(email="b@example.com"))
    assert users.id_of("b@example.com") is None


def test_changed_email_is_taken_and_the_old_one_is_free(users: UserRepository) -> None:
    users.add(user(1))
    assert change(users, 1, email="countess@example.com")
    assert users.id_of("ada@example.com") is None
    assert users.id_of("countess@example.com") == 1
    users.add(user(2))
    with pytest.raises(EmailTaken):
        users.add(user(3, "countess@example.com"))


def test_email_can_be_changed_to_another_case(users: UserRepository) -> None:
    users.add(user(1))
    assert change(users, 1, email="Ada@Example.com")
    assert users.get(1).email == "Ada@Example.com"
    assert users.id_of("ada@example.com") == 1


def test_change_to_a_taken_email_is_rejected(users: UserRepository) -> None:
    users.add(user(1))
    users.add(user(2, "b@example.com"))
    with pytest.raises(EmailTaken):
        change(users, 2, email="ADA@example.com", username="other")
    assert users.get(2) == user(2, "b@example.com")
    assert (users.id_of("b@example.com"), users.id_of("ada@example.com")) == (2, 1)


def test_one_of_concurrent_changes_to_one_email_is_stored(users: UserRepository) -> None:
    for number in range(1, 9):
        users.add(user(number, f"{number}@example.com"))
    results = race(*(partial(change, users, number, email="one@example.com") for number in range(1, 9)))
    assert results.count(True) == 1
    assert sum(isinstance(result, EmailTaken) for result in results) == 7
    winner = results.index(True) + 1
    assert users.id_of("one@example.com") == winner
    assert [users.id_of(f"{number}@example.com") for number in range(1, 9)] == [
        None if number == winner else number for number in range(1, 9)
    ]


def test_one_of_concurrent_changes_of_one_user_is_stored(users: UserRepository) -> None:
    users.add(user(1))
    known = users.get(1)
    changed = [known.changed(email=f"{number}@example.com") for number in range(8)]
    results = race(*(partial(users.replace, known, one) for one in changed))
    assert sorted(results, key=str) == [False] * 7 + [True]
    assert users.get(1) == changed[results.index(True)]
    owners = [users.id_of(one.email) for one in changed]
    assert owners.count(1) == 1
    assert users.id_of("ada@example.com") is None


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


@pytest.mark.parametrize("engine", ENGINES)
def test_granted_scope_survives_concurrent_change(engine: str) -> None:
    with table_on(engine, "users") as table:
        users = DynamoUserRepository(table)
        users.add(user(1))
        grant(table._client, table._name, "ADA@example.com", frozenset({"users:admin"}).union)
        granted = user(1, version=2, scopes=frozenset({"users:admin"}))
        assert users.get(1) == granted
        # A change of the version before the grant is rejected, and a later change keeps the scopes.
        assert not users.replace(user(1), user(1).changed(username="other"))
        assert users.replace(replace(granted, scopes=frozenset()), granted.changed(username="other"))
        assert users.get(1).scopes == {"users:admin"}


@pytest.mark.parametrize("engine", ENGINES)
def test_item_without_scopes_is_read_as_a_user_without_scopes(engine: str) -> None:
    with table_on(engine, "users") as table:
        users = DynamoUserRepository(table)
        users.add(user(1))
        table.write(Update(key=user_item(1), remove=["scopes"]))
        assert users.get(1) == user(1)


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
