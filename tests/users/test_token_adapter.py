"""Tokens of the users service."""

from datetime import UTC, datetime, timedelta

import pytest

from common.auth.principal import Principal
from common.auth.tokens import TokenRejected, verify
from tests.support.tokens import SETTINGS, FixedKeys
from users.accounts import narrowed
from users.token_adapter import KeyRingTokenIssuer

SCOPES = frozenset({"users:admin", "elsewhere:admin"})


def test_token_is_accepted_for_15_minutes_and_the_clock_skew() -> None:
    signer = KeyRingTokenIssuer(FixedKeys(), SETTINGS).signer()
    principal, now = Principal("42", SCOPES), datetime.now(UTC)
    issued_at = now - timedelta(minutes=15)
    known = principal._replace(authenticated_at=int(issued_at.timestamp()))
    assert verify(signer.issue(principal, issued_at), FixedKeys(), SETTINGS) == known
    with pytest.raises(TokenRejected, match="expired"):
        verify(signer.issue(principal, now - timedelta(minutes=15, seconds=31)), FixedKeys(), SETTINGS)


@pytest.mark.parametrize(
    ("requested", "granted"),
    [
        ("", SCOPES),
        ("  ", SCOPES),
        ("users:admin", {"users:admin"}),
        (" users:admin  other ", {"users:admin"}),
        ("other", set()),
        ("elsewhere:admin users:admin", SCOPES),
    ],
)
def test_scopes_can_be_narrowed_but_not_widened(requested: str, granted: set[str]) -> None:
    assert narrowed(SCOPES, requested) == granted
