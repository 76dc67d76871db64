import pytest

from common.failures import Forbidden
from tests.users.people import user
from users.accounts import Account, AccountInactive, user_id_of

ADMIN = frozenset({"users:admin"})


def test_scopes_are_what_both_token_and_user_have() -> None:
    stored = user(1, scopes=frozenset({"a", "b"}))
    assert Account.of(stored, frozenset({"b", "c"})).scopes == {"b"}


def test_a_deactivated_user_has_no_account() -> None:
    with pytest.raises(AccountInactive):
        Account.of(user(1, is_active=False), frozenset())


@pytest.mark.parametrize(("stored", "shown"), [(ADMIN, frozenset()), (frozenset(), ADMIN)], ids=["token", "user"])
def test_who_lacks_the_scope_administers_nobody_else(stored: frozenset[str], shown: frozenset[str]) -> None:
    account = Account.of(user(1, scopes=stored), shown)
    account.require_owner(1)
    with pytest.raises(Forbidden) as refusal:
        account.require_owner(2)
    assert refusal.value.scope == "users:admin"
    with pytest.raises(Forbidden):
        account.require_administration()


def test_an_administrator_administers_everyone() -> None:
    account = Account.of(user(1, scopes=ADMIN), ADMIN)
    account.require_owner(2)
    account.require_administration()


def test_a_subject_is_a_user_id() -> None:
    assert user_id_of("9007199254740991") == 2**53 - 1


@pytest.mark.parametrize("subject", ["", "-1", "1.5", "one", "\u0661", "\u00b2", "1" * 17, " 1"])
def test_a_subject_that_is_no_user_id_has_no_account(subject: str) -> None:
    with pytest.raises(AccountInactive):
        user_id_of(subject)
