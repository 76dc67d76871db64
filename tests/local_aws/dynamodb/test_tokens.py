"""Tokens of transactions: repeated, running, cancelled and expired."""

import pytest

from local_aws.dynamodb.tokens import VALID_SECONDS, IdempotentParameterMismatch, Tokens, TransactionInProgress

REQUEST = {"TransactItems": [1, 2]}


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def use(tokens: Tokens, request: dict[str, list[int]] = REQUEST) -> bool:
    with tokens.used("token", request) as is_new:
        return is_new


def test_committed_transaction_is_not_written_again() -> None:
    tokens = Tokens()
    assert [use(tokens) for _ in range(3)] == [True, False, False]


def test_token_expires_10_minutes_after_the_commit() -> None:
    clock = Clock()
    tokens = Tokens(clock)
    with tokens.used("token", REQUEST):
        clock.now = 100
    clock.now += VALID_SECONDS - 1
    assert not use(tokens)
    clock.now += 1
    assert use(tokens)


def test_running_transaction_is_rejected() -> None:
    tokens = Tokens()
    with tokens.used("token", REQUEST):
        with pytest.raises(TransactionInProgress, match="already in progress"):
            use(tokens)
        with pytest.raises(IdempotentParameterMismatch):
            use(tokens, {"TransactItems": [2, 1]})
    assert not use(tokens)


def test_failed_transaction_is_tried_again() -> None:
    tokens = Tokens()
    with pytest.raises(ZeroDivisionError), tokens.used("token", REQUEST):
        raise ZeroDivisionError
    assert use(tokens)


def test_order_of_members_does_not_matter() -> None:
    tokens = Tokens()
    assert use(tokens, {"a": [1], "b": [2]})
    assert not use(tokens, {"b": [2], "a": [1]})
