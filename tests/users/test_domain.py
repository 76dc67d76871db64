from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.users.examples import user
from users.domain import RANDOM_BITS, new_user_id

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
LARGEST = (1 << RANDOM_BITS) - 1


def test_ids_sort_by_time() -> None:
    assert new_user_id(NOW, LARGEST) < new_user_id(NOW + timedelta(milliseconds=1), 0)


def test_ids_stay_exact_in_javascript_until_2095() -> None:
    assert new_user_id(datetime(2095, 1, 1, tzinfo=UTC), LARGEST) < 2**53


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, True),
        ({"is_active": False}, False),
        ({"scopes": frozenset({"elsewhere:admin"})}, False),
        ({"subject": "auth0|ada"}, False),
    ],
    ids=["administrator", "deactivated", "another scope", "profile of an issuer's user"],
)
def test_active_user_with_the_scope_and_without_an_issuer_is_an_administrator(
    changes: dict[str, Any], *, expected: bool
) -> None:
    assert user(1, **({"scopes": frozenset({"users:admin"})} | changes)).is_administrator == expected
