"""Requests that stand for an operation of the API, and the calls of DynamoDB that each of them makes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from common.dynamodb.table import Table

NOW: Final = datetime(2026, 11, 21, 8, 30, 15, 123456, UTC)


def nothing(_: Table) -> None:
    """The table is as each case finds it."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """A request, and what it makes of the table.

    Attributes:
        operation: Method and path as the OpenAPI document has them.
        said: What is the matter, in words.
        path: The path that is asked for, when it is not the operation's.
        sent: Further arguments of the test client's request.
        before: What happens to the table before.
        settings: What of the service's settings is different.
        status: Of the answer.
        calls: As `Call` tells them.
    """

    operation: tuple[str, str]
    said: str
    status: int
    calls: tuple[str, ...]
    path: str | None = None
    sent: Mapping[str, Any] = field(default_factory=dict)
    before: Callable[[Table], None] = nothing
    settings: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        method, path = self.operation
        return f"{method.upper()} {path}: {self.said}"


def get(kind: str) -> str:
    """The text of the only way in which an item is read."""
    return f"GetItem {kind}, ConsistentRead True"


def page(index: str, limit: int, *others: str) -> str:
    """The text of the only way in which a page is read: the newest first, and one more than the page holds."""
    return ", ".join([f"Query {index}", *others, f"Limit {limit + 1}", "ScanIndexForward False"])


def together(*writes: str) -> str:
    """The text of a transaction."""
    return f"TransactWriteItems: {'; '.join(writes)}"
