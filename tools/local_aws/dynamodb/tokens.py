"""Client request tokens: a transaction that is sent again with its token is applied once.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
"""

import json
import threading
import time
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

from moto.dynamodb.exceptions import ERROR_TYPE_PREFIX, DynamodbException

VALID_SECONDS = 600.0  # after the transaction has committed


class IdempotentParameterMismatch(DynamodbException):
    """The token was used for a transaction with another content."""

    def __init__(self) -> None:
        text = "The request uses the same client token as a previous, but non-identical request."
        super().__init__(f"{ERROR_TYPE_PREFIX}IdempotentParameterMismatchException", text)


class TransactionInProgress(DynamodbException):
    """The transaction with this token is still running."""

    def __init__(self) -> None:
        text = "The transaction with the given request token is already in progress."
        super().__init__(f"{ERROR_TYPE_PREFIX}TransactionInProgressException", text)


class _Used(NamedTuple):
    content: str
    until: float | None  # None while the transaction runs


class Tokens:
    """The tokens of running transactions, and of those that committed within 10 minutes; safe with threads.

    Args:
        clock: Returns a monotonic time in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._used: dict[Hashable, _Used] = {}

    @contextmanager
    def used(self, token: Hashable, request: Mapping[str, Any]) -> Iterator[bool]:
        """Run a transaction, and yield whether it has to be written. One that raises may be tried again.

        Raises:
            IdempotentParameterMismatch: The token was used for another request.
            TransactionInProgress: The first request with the token is still running.
        """
        content = json.dumps(request, sort_keys=True, default=str)
        if not self._begin(token, content):
            yield False
            return
        try:
            yield True
        except BaseException:
            with self._lock:
                del self._used[token]
            raise
        with self._lock:
            self._used[token] = _Used(content, self._clock() + VALID_SECONDS)

    def _begin(self, token: Hashable, content: str) -> bool:
        with self._lock:
            now = self._clock()
            self._used = {key: used for key, used in self._used.items() if used.until is None or used.until > now}
            used = self._used.get(token)
            if used is None:
                self._used[token] = _Used(content, None)
                return True
        if used.content != content:
            raise IdempotentParameterMismatch
        if used.until is None:
            raise TransactionInProgress
        return False
