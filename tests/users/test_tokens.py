from datetime import UTC, datetime, timedelta

import jwt
import pytest

from common.auth.principal import Principal, TokenRejected, verify
from tests.support.tokens import KEY, SETTINGS, FixedKeys
from users.accounts import narrowed
from users.tokens import LIFETIME_SECONDS, KeyRingTokenIssuer, in_words

SCOPES = frozenset({"users:admin", "films:admin"})


def issued(now: datetime) -> str:
    return KeyRingTokenIssuer(FixedKeys(), SETTINGS).signer().issue(42, SCOPES, now)


def test_a_token_is_accepted_for_15_minutes_and_the_clock_skew() -> None:
    now = datetime.now(UTC)
    assert verify(issued(now), FixedKeys(), SETTINGS) == Principal("42", SCOPES)
    still_good = issued(now - timedelta(seconds=LIFETIME_SECONDS))
    assert verify(still_good, FixedKeys(), SETTINGS) == Principal("42", SCOPES)
    with pytest.raises(TokenRejected, match="expired"):
        verify(issued(now - timedelta(seconds=LIFETIME_SECONDS + 31)), FixedKeys(), SETTINGS)


def test_a_token_says_who_when_and_what_for_and_nothing_else() -> None:
    token = issued(datetime(2026, 11, 21, 12, 0, 0, 999_999, tzinfo=UTC))
    assert jwt.get_unverified_header(token) == {"alg": "HS256", "typ": "JWT", "kid": KEY.kid}
    assert jwt.decode(token, options={"verify_signature": False}) == {
        "iss": SETTINGS.jwt_issuer,
        "aud": SETTINGS.jwt_audience,
        "sub": "42",
        "scope": "films:admin users:admin",
        "iat": 1_795_262_400,
        "exp": 1_795_263_300,
    }


def test_a_token_without_scopes_is_accepted_too() -> None:
    token = KeyRingTokenIssuer(FixedKeys(), SETTINGS).signer().issue(42, frozenset(), datetime.now(UTC))
    assert verify(token, FixedKeys(), SETTINGS) == Principal("42", frozenset())


@pytest.mark.parametrize(
    ("asked", "granted"),
    [
        ("", SCOPES),
        ("  ", SCOPES),
        ("users:admin", {"users:admin"}),
        (" users:admin  other ", {"users:admin"}),
        ("other", set()),
        ("films:admin users:admin", SCOPES),
    ],
)
def test_scopes_can_be_narrowed_down_and_never_widened(asked: str, granted: set[str]) -> None:
    assert narrowed(SCOPES, asked) == granted


def test_scopes_are_written_in_order() -> None:
    assert in_words({"b", "c", "a"}) == "a b c"
