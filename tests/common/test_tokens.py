"""Tokens as they are issued, and what verifying them accepts."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest

from common.auth.principal import Principal
from common.auth.tokens import LONGEST_TOKEN, Claims, TokenRejected, in_words, issue, verify
from tests.common.protected_routes import HEADER, claims, signed
from tests.support.tokens import KEY, SETTINGS, FixedKeys, token

PRINCIPAL = Principal("42", frozenset({"films:admin", "things:admin"}))
LIFETIME = timedelta(minutes=5)


def issued(now: datetime, principal: Principal = PRINCIPAL) -> str:
    return issue(KEY, SETTINGS, principal, now, LIFETIME)


def verified(text: str) -> Principal:
    return verify(text, FixedKeys(), SETTINGS)


def test_issued_token_names_its_key_and_has_exactly_the_claims() -> None:
    text = issued(datetime(2026, 11, 21, 12, 0, 0, 999_999, tzinfo=UTC))
    assert jwt.get_unverified_header(text) == {"alg": "HS256", "typ": "JWT", "kid": KEY.kid}
    payload = jwt.decode(text, options={"verify_signature": False})
    assert payload == {
        "iss": SETTINGS.jwt_issuer,
        "aud": SETTINGS.jwt_audience,
        "sub": "42",
        "scope": "films:admin things:admin",
        "iat": 1_795_262_400,
        "exp": 1_795_262_700,
        "auth_time": 1_795_262_400,
    }
    assert tuple(payload) == Claims._fields


@pytest.mark.parametrize("principal", [PRINCIPAL, Principal("42")])
def test_issued_token_is_accepted_until_its_lifetime_and_the_clock_skew_have_passed(principal: Principal) -> None:
    now = datetime.now(UTC)
    for issued_at in (now, now - LIFETIME):
        known = principal._replace(authenticated_at=int(issued_at.timestamp()))
        assert verified(issued(issued_at, principal)) == known
    with pytest.raises(TokenRejected, match="expired"):
        verified(issued(now - LIFETIME - timedelta(seconds=31), principal))


def test_token_signed_by_hand_is_accepted() -> None:
    assert verified(signed(HEADER, claims(auth_time=1.5))) == Principal("7", authenticated_at=1.5)


@pytest.mark.parametrize(
    ("auth_time", "known"),
    [("1795262400", 1_795_262_400), (None, None), ("now", None), ([], None), ({}, None), (True, None), (10**400, None)],
)
def test_time_of_login_that_is_not_a_number_is_unknown(auth_time: object, known: int | None) -> None:
    assert verified(signed(HEADER, claims(auth_time=auth_time))).authenticated_at == known


def test_token_of_an_earlier_version_has_no_time_of_login() -> None:
    assert verified(token(7, auth_time=None)) == Principal("7")


def test_token_that_is_valid_for_more_than_fifteen_minutes_is_rejected() -> None:
    now = int(time.time())
    assert verified(token(7, iat=now, exp=now + 900)).subject == "7"
    assert verified(token(7, iat=str(now), exp=str(now + 900))).subject == "7"
    for lifetime in (901, 315_360_000):
        with pytest.raises(TokenRejected, match="too long"):
            verified(token(7, iat=now, exp=now + lifetime))


def test_scopes_are_written_in_order() -> None:
    assert in_words({"b", "c", "a"}) == "a b c"


def test_clock_skew_of_thirty_seconds_is_tolerated() -> None:
    now = int(time.time())
    near, far = 20, 40
    tolerated: list[dict[str, Any]] = [{"exp": now - near}, {"iat": now + near}, {"nbf": now + near}]
    for times in tolerated:
        assert verified(token(7, **times)).subject == "7"
    rejected: list[tuple[dict[str, Any], str]] = [
        ({"exp": now - far}, "expired"),
        ({"iat": now + far}, "yet"),
        ({"nbf": now + far}, "yet"),
    ]
    for times, reason in rejected:
        with pytest.raises(TokenRejected, match=reason):
            verified(token(7, **times))


def test_token_of_more_than_4096_characters_is_rejected() -> None:
    scopes = [f"scope-{number:04}" for number in range(400)]
    while len(token(7, *scopes)) > LONGEST_TOKEN:
        scopes.pop()
    assert verified(token(7, *scopes)).subject == "7"
    with pytest.raises(TokenRejected, match="too long"):
        verified(token(7, *scopes, *scopes[:5]))
