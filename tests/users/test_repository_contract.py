from functools import partial
from typing import Final

import pytest

from tests.support.racing import race
from tests.support.records import assert_added_once
from tests.users.examples import user
from tests.users.repositories import NOW, Repositories, change, ids
from users.domain import (
    EmailTaken,
    SubjectTaken,
    UserIdTaken,
    UserNotFound,
    UserRepository,
)

LARGEST: Final = 2**53 - 1


@pytest.fixture
def users(repositories: Repositories) -> UserRepository:
    return repositories.users


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
