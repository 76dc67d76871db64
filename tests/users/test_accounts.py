import pytest

from common.auth.principal import Principal
from common.failures import Forbidden
from tests.users.examples import user
from users.accounts import Account, AccountInactive, user_id_of
from users.policies import ADMINISTRATOR, SELF

ADMIN = frozenset({"users:admin"})


def test_scopes_are_those_of_both_token_and_user() -> None:
    stored = user(1, scopes=frozenset({"a", "b"}))
    assert Account.of(stored, frozenset({"b", "c"})).scopes == {"b"}


def test_deactivated_user_has_no_account() -> None:
    with pytest.raises(AccountInactive):
        Account.of(user(1, is_active=False), frozenset())


@pytest.mark.parametrize(("stored", "granted"), [(ADMIN, frozenset()), (frozenset(), ADMIN)], ids=["token", "user"])
def test_scope_needs_both_token_and_user(stored: frozenset[str], granted: frozenset[str]) -> None:
    account = Account.of(user(1, scopes=stored), granted)
    assert account.principal == Principal("1")
    with pytest.raises(Forbidden, match="users:admin"):
        ADMINISTRATOR.permission(account.principal)


def test_administrator_is_the_principal_of_its_account() -> None:
    account = Account.of(user(1, scopes=ADMIN), ADMIN)
    assert account.principal == Principal("1", ADMIN)
    SELF.permission(account.principal).check_owner("2")


def test_subject_is_a_user_id() -> None:
    assert user_id_of("9007199254740991") == 2**53 - 1


@pytest.mark.parametrize("subject", ["", "-1", "1.5", "one", "\u0661", "\u00b2", "1" * 17, " 1"])
def test_subject_that_is_not_a_user_id_has_no_account(subject: str) -> None:
    with pytest.raises(AccountInactive):
        user_id_of(subject)
