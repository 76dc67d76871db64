"""DynamoDB: the client, its timeouts, one table as plain items, and what its errors mean."""

import functools
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionError, HTTPClientError  # noqa: A004 - botocore's own name

from common.errors import Unavailable
from common.items import Plain, decode, encode

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

# When DynamoDB is silent, all attempts of a call and the pauses between them stay below the functions' timeout (15 s),
# and that one below API Gateway's 30 s, so that the caller gets our answer instead of a gateway's.
CONNECT_SECONDS: Final = 1.0
READ_SECONDS: Final = 3.0
ATTEMPTS: Final = 3
CONFIG: Final = Config(
    connect_timeout=CONNECT_SECONDS,
    read_timeout=READ_SECONDS,
    retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
    tcp_keepalive=True,
)

# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
TRANSIENT: Final = frozenset(
    {
        "InternalServerError",
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestTimeout",
        "ServiceUnavailable",
        "ThrottlingException",
        "TransactionInProgressException",
    }
)
TRANSIENT_REASONS: Final = frozenset({"ProvisionedThroughputExceeded", "ThrottlingError"})

AGAIN: Final = "Please try again."
WRITE_ATTEMPTS: Final = 4


class DatabaseUnavailable(Unavailable):
    """DynamoDB did not answer, or asked to be left alone for a moment."""

    code = "database-unavailable"
    title = "The database did not answer in time"


class TransactionCollided(DatabaseUnavailable):
    """Another transaction held one of the items at the same moment; nothing was stored."""


class ItemExists(Exception):  # noqa: N818 - an answer of `put_new`, which callers translate
    """At least one of the items was there already.

    Attributes:
        positions: Which of the items, counted as they were given.
    """

    def __init__(self, positions: frozenset[int]) -> None:
        super().__init__(f"items at {sorted(positions)} exist")
        self.positions = positions


@functools.cache
def client() -> "DynamoDBClient":
    """Return the process's client; the first call, in INIT, loads the service model while the CPU is not throttled."""
    made: DynamoDBClient = boto3.client("dynamodb", config=CONFIG)
    return made


class Table:
    """A table with keys `pk` and `sk`, read and written as plain items.

    Args:
        client: Where the table is.
        name: The table's name.
        pause: Waits that many seconds between two attempts.
    """

    def __init__(self, client: "DynamoDBClient", name: str, pause: Callable[[float], None] = time.sleep) -> None:
        self._client = client
        self._name = name
        self._pause = pause

    def get(self, pk: str, sk: str) -> dict[str, Any] | None:
        """Return the item with this key, or None; a finished write is always seen (a strongly consistent read).

        Raises:
            DatabaseUnavailable: Nothing can be said about the item.
        """
        with _translated():
            answer = self._client.get_item(TableName=self._name, Key=encode({"pk": pk, "sk": sk}), ConsistentRead=True)
        return decode(answer["Item"]) if "Item" in answer else None

    def put_new(self, *items: Mapping[str, Plain]) -> None:
        """Store all of the items or none of them; their keys must be new.

        A transaction that collides with another one on the same key is tried again: the other one decides which
        of the two answers this one gets.

        Raises:
            ItemExists: A key is taken; nothing was stored.
            DatabaseUnavailable: DynamoDB did not confirm; whether the items were stored is unknown.
        """
        for attempt in range(1, WRITE_ATTEMPTS):
            try:
                self._put_new_once(items)
            except TransactionCollided:
                self._pause(random.uniform(0.01, 0.05) * attempt)  # noqa: S311 - jitter, not cryptography
            else:
                return
        self._put_new_once(items)

    def _put_new_once(self, items: Sequence[Mapping[str, Plain]]) -> None:
        writes: list[TransactWriteItemTypeDef] = [
            {
                "Put": {
                    "TableName": self._name,
                    "Item": encode(item),
                    "ConditionExpression": "attribute_not_exists(pk)",
                }
            }
            for item in items
        ]
        with _translated():
            self._client.transact_write_items(TransactItems=writes)


@contextmanager
def _translated() -> Iterator[None]:
    """Turn botocore's transient errors into `DatabaseUnavailable`; mistakes of ours stay what they are: bugs."""
    try:
        yield
    except ClientError as error:
        reasons = [reason.get("Code", "None") for reason in error.response.get("CancellationReasons", [])]
        taken = frozenset(at for at, reason in enumerate(reasons) if reason == "ConditionalCheckFailed")
        if taken:
            raise ItemExists(taken) from error
        if "TransactionConflict" in reasons:
            raise TransactionCollided(AGAIN) from error
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        transient = error.response["Error"]["Code"] in TRANSIENT or TRANSIENT_REASONS.intersection(reasons)
        if transient or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise DatabaseUnavailable(AGAIN) from error
        raise
    except (ConnectionError, HTTPClientError) as error:
        raise DatabaseUnavailable(AGAIN) from error
